using Espresso.Minions.Tests.Fakes;
using Espresso.TestKit;

namespace Espresso.Minions.Tests.Api;

/// <summary>Starts that cannot succeed end with a sentence, not with a stack.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task Help_Asked_TellsTheOptions()
    {
        var (code, output) = await MinionProcess.Run("--help");

        code.ShouldBe(0);
        output.ShouldContain("--max-pending");
        output.ShouldContain("--simulated");
    }

    [Theory]
    [InlineData(2, "one model package is served, but 0 were named")]
    [InlineData(2, "one model package is served, but 2 were named", "a", "b")]
    [InlineData(2, "--max-batch: ", "a", "--max-batch", "5000")]
    [InlineData(1, "no such file; a model package is a folder with a manifest.yaml", "/nowhere")]
    public async Task Start_WrongArguments_SaysSo(int code, string says, params string[] arguments)
    {
        var run = await MinionProcess.Run(arguments);

        run.Code.ShouldBe(code);
        run.Output.ShouldContain(says);
        run.Output.ShouldNotContain("   at ");
    }

    [Theory]
    [InlineData("width: 8", "width: 0", "width: 0 is out of range", "--simulated", "1,1")]
    [InlineData("width: 8", "width: 8", "the network ", "--standalone")]
    [InlineData("width: 8", "width: 8", "two numbers of milliseconds", "--simulated", "fast")]
    public async Task Start_WrongPackage_SaysSo(string right, string wrong, string says, params string[] arguments)
    {
        var run = await MinionProcess.Run([Packages.Write(Packages.Echo.Replace(right, wrong)), .. arguments]);

        run.Code.ShouldBe(1);
        run.Output.ShouldContain(says);
        run.Output.ShouldNotContain("   at ");
    }

    [Theory]
    [InlineData("labels: [red, green, blue]", "labels: [red, green]", "output 'labels': the manifest declares 2 labels, the network gives [-1,3]")]
    [InlineData("size: 3", "size: 4", "output 'vector': the manifest declares 4 numbers, the network gives [-1,3]")]
    [InlineData("kind: text, length: 32", "kind: embedding, size: 32", "output 'words': the network gives strings; declare it with kind: text and length:")]
    [InlineData("kind: embedding, size: 3", "kind: text, length: 3", "output 'vector': a text of a network that gives FP32; UINT8 is served: end the graph in a Cast")]
    [InlineData("kind: embedding, size: 3", "kind: map", "output 'vector': a map, but the network gives [-1,3], which is no picture")]
    public async Task Start_KindThatTheNetworkDoesNotGive_SaysSo(string right, string wrong, string says)
    {
        var run = await MinionProcess.Run(Packages.Write(Packages.Kinds.Replace(right, wrong), Networks.Kinds), "--standalone");

        run.Code.ShouldBe(1);
        run.Output.ShouldContain(says);
        run.Output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Start_NetworkFixesItsBatchInside_NamesTheSizeAndTheMend()
    {
        var folder = Packages.Write(Packages.Tiny, Networks.FixedInside);

        var run = await MinionProcess.Run(folder, "--standalone");

        run.Code.ShouldBe(1);
        run.Output.ShouldContain("tiny/1.0: tiny.onnx fails on a batch of 2; if it fixes its batch inside, set batching.max to 1");
        run.Output.ShouldNotContain("   at ");
        await using var minion = await MinionProcess.Start(folder, "--max-batch", "1");
        float[] values = [.. Enumerable.Range(0, 24).Select(i => (float)i)];
        (await minion.Client.ModelInferAsync(Requests.Raw("tiny", [1, 3, 2, 4], values))).Output<float>().ShouldBe(values);
    }

    [Fact]
    public async Task Start_Warm_HasCalledItself()
    {
        await using var minion = await MinionProcess.Start(Packages.Write(Packages.Kinds, Networks.Kinds)); // every kind of output is asked for

        (await minion.Metric("espresso_minion_received_total")).ShouldBe(MinionProcess.OwnCalls);
        minion.Output.ShouldNotContain("a first call");
    }

    [Fact]
    public async Task Start_OnAllAddresses_CallsItselfAllTheSame() // as in every container
    {
        await using var minion = await MinionProcess.Start(Packages.Write(Packages.Kinds, Networks.Kinds), "--bind", "0.0.0.0");

        minion.Output.ShouldNotContain("a first call");
    }

    [Fact]
    public async Task Start_Cold_HasRunNothingAndServes()
    {
        // A batch of two would fail, as warm-up would find out.
        await using var minion = await MinionProcess.Start(Packages.Write(Packages.Tiny, Networks.FixedInside), "--cold");
        (await minion.Metric("espresso_minion_received_total")).ShouldBe(0);
        float[] values = [.. Enumerable.Range(0, 24).Select(i => (float)i)];

        (await minion.Client.ModelInferAsync(Requests.Raw("tiny", [1, 3, 2, 4], values))).Output<float>().ShouldBe(values);
    }

    [Fact]
    public async Task Start_NetworkIsAPipe_IsNotWaitedFor()
    {
        var folder = Packages.Write(Packages.Tiny);
        Pipe.Make(Path.Combine(folder, "tiny.onnx"));

        var run = await MinionProcess.Run(folder);

        run.Code.ShouldBe(1);
        run.Output.ShouldContain("tiny.onnx is a pipe, a socket or a device");
    }

    [Fact]
    public async Task Start_NetworkWasChanged_IsNotServed()
    {
        var folder = Packages.Write(await File.ReadAllTextAsync(Path.Combine(Packages.Depth, "manifest.yaml")));
        await File.WriteAllTextAsync(Path.Combine(folder, "depth.onnx"), "something else");

        var run = await MinionProcess.Run(folder);

        run.Code.ShouldBe(1);
        run.Output.ShouldContain("but the manifest's provenance says");
    }
}
