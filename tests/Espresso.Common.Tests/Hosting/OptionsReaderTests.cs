using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Espresso.Hosting;
using Microsoft.Extensions.Logging;

namespace Espresso.Common.Tests.Hosting;

public sealed class OptionsReaderTests
{
    [Fact]
    public void Read_Nothing_IsTheDefaults()
    {
        var options = Read([]);

        (options.Name, options.WarmSeconds, options.Quiet, options.LogLevel).ShouldBe(("x", 7, false, LogLevel.Information));
    }

    [Theory]
    [InlineData("--warm-seconds", "9")]
    [InlineData("--warm-seconds=9")]
    public void Read_Switch_IsSet(params string[] args) => Read(args).WarmSeconds.ShouldBe(9);

    [Fact]
    public void Read_Variable_IsSet() => Read([], ("ESPRESSO_WARM_SECONDS", "9")).WarmSeconds.ShouldBe(9);

    [Fact]
    public void Read_SwitchAndVariable_TheSwitchWins() => Read(["--warm-seconds", "8"], ("ESPRESSO_WARM_SECONDS", "9")).WarmSeconds.ShouldBe(8);

    [Fact]
    public void Read_EmptyVariable_IsNone() => Read([], ("ESPRESSO_WARM_SECONDS", "")).WarmSeconds.ShouldBe(7);

    [Theory]
    [InlineData(true, "--quiet")]
    [InlineData(true, "--quiet", "true")]
    [InlineData(true, "--quiet=true")]
    [InlineData(false, "--quiet", "false")]
    [InlineData(true, "--quiet", "--warm-seconds", "3")]
    [InlineData(true, "--quiet", "operand")]
    public void Read_Flag_NeedsNoValue(bool expected, params string[] args) => Read(args).Quiet.ShouldBe(expected);

    [Fact]
    public void Read_WhatIsNoSwitch_IsAnOperand()
    {
        OptionsReader.Read<Options>(["first", "--quiet", "second", "--name", "n", "-3"], out var operands, _ => null);

        operands.ShouldBe(["first", "second", "-3"]);
    }

    [Theory]
    [InlineData("--warm-seconds: '1x' is no Int32", "--warm-seconds", "1x")]
    [InlineData("--warm-seconds: '' is no Int32", "--warm-seconds=")]
    [InlineData("--warm-seconds: '99999999999' is no Int32", "--warm-seconds", "99999999999")]
    [InlineData("--warm-seconds: a value is missing", "--warm-seconds")]
    [InlineData("--warm-seconds: a value is missing", "--warm-seconds", "--quiet")]
    [InlineData("--quiet: 'maybe' is no Boolean", "--quiet=maybe")]
    [InlineData("--log-level: 'Loud' is no LogLevel", "--log-level", "Loud")]
    [InlineData("--log-level: '99' is no LogLevel", "--log-level", "99")]
    [InlineData("--warm-secs: no such option; --help lists them", "--warm-secs", "3")]
    [InlineData("--: no such option; --help lists them", "--")]
    [InlineData("--Name: no such option; --help lists them", "--Name", "y")]
    public void Read_Fault_SaysWhere(string fault, params string[] args) =>
        Should.Throw<OptionsException>(() => Read(args)).Faults.ShouldHaveSingleItem().ShouldBe(fault);

    [Theory]
    [InlineData("--warm-seconds: must be between ", "--warm-seconds", "101")]
    [InlineData("--warm-seconds: ", "--warm-seconds", "-1")]
    [InlineData("--name: ", "--name=")]
    public void Read_OutOfRange_SaysWhere(string fault, params string[] args) =>
        Should.Throw<OptionsException>(() => Read(args)).Faults.ShouldHaveSingleItem().ShouldStartWith(fault);

    [Fact]
    public void Read_FaultyVariable_NamesTheVariable() =>
        Should.Throw<OptionsException>(() => Read([], ("ESPRESSO_WARM_SECONDS", "soon")))
            .Faults.ShouldBe(["ESPRESSO_WARM_SECONDS: 'soon' is no Int32"]);

    [Fact]
    public void Read_ManyFaults_TellsAllAtOnce() =>
        Should.Throw<OptionsException>(() => Read(["--nothing", "3", "--quiet=maybe", "--name="], ("ESPRESSO_WARM_SECONDS", "200")))
            .Faults.Count.ShouldBe(4);

    [Fact]
    public void Help_Options_TellsDefaultRangeAndMeaning()
    {
        var help = OptionsReader.Help<Options>("usage: x");

        help.ShouldStartWith("usage: x");
        help.ShouldContain("--warm-seconds");
        help.ShouldContain("how long to warm up (default 7, 0 to 100)");
        help.ShouldContain("ESPRESSO_");
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("folder", "--help")]
    public async Task Run_Help_EndsWell(params string[] args) =>
        (await EspressoProcess.Run<TestOptions>("usage", args, (_, _) => throw new InvalidOperationException("ran"))).ShouldBe(0);

    [Fact]
    public async Task Run_WrongOptions_IsTwo() =>
        (await EspressoProcess.Run<TestOptions>("usage", ["--nothing"], (_, _) => Task.CompletedTask)).ShouldBe(2);

    [Fact]
    public async Task Run_FailedStart_IsOne() =>
        (await EspressoProcess.Run<TestOptions>("usage", [], (_, _) => throw new StartupException("no"))).ShouldBe(1);

    private static Options Read(string[] args, params (string Name, string Value)[] variables) =>
        OptionsReader.Read<Options>(args, out _, name => variables.FirstOrDefault(variable => variable.Name == name).Value);

    private sealed class Options
    {
        [Required]
        public string Name { get; set; } = "x";

        [Description("how long to warm up")]
        [Range(0, 100)]
        public int WarmSeconds { get; set; } = 7;

        public bool Quiet { get; set; }

        public LogLevel LogLevel { get; set; } = LogLevel.Information;

        public string Fixed { get; } = "not an option";
    }
}
