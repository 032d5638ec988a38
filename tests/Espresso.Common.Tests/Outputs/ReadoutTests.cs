using System.Runtime.InteropServices;
using System.Text;
using Espresso.Manifests;
using Espresso.Outputs;

namespace Espresso.Common.Tests.Outputs;

public sealed class ReadoutTests
{
    private static readonly OutputSpec Labels = new() { Kind = OutputKind.Labels, Labels = ["day", "night", "dusk"], Top = 2 };
    private static readonly OutputSpec Scores = new()
    {
        Kind = OutputKind.Scores,
        Scores = [new("sharpness", new(0, 1), "0 blurred, 1 crisp"), new("exposure", new(-1, 1), "-1 dark, 1 bright")],
    };

    private static readonly OutputSpec Text = new() { Kind = OutputKind.Text, Length = 8 };

    [Fact]
    public void TryRead_Labels_AreTheBestFirst() =>
        Read<LabelsValue>(Labels, [0.2f, 0.5f, 0.3f]).Labels.ShouldBe([new NamedScore("night", 0.5f), new NamedScore("dusk", 0.3f)]);

    [Fact]
    public void TryRead_EqualLabels_StandInTheManifestsOrder() =>
        Read<LabelsValue>(Labels, [0.2f, 0.5f, 0.5f]).Labels.Select(label => label.Name).ShouldBe(["night", "dusk"]);

    [Fact]
    public void TryRead_LabelsBelowTheLeast_AreLeftOut() =>
        Read<LabelsValue>(Labels with { Least = 0.4f }, [0.2f, 0.5f, 0.3f]).Labels.ShouldBe([new NamedScore("night", 0.5f)]);

    [Fact]
    public void TryRead_SoftmaxOfHugeLogits_IsADistribution()
    {
        var labels = Read<LabelsValue>(Labels with { Activation = Activation.Softmax, Top = 3 }, [1000, 1000, 0]).Labels;

        labels.ShouldBe([new NamedScore("day", 0.5f), new NamedScore("night", 0.5f), new NamedScore("dusk", 0)]);
    }

    [Fact]
    public void TryRead_SigmoidOfLogits_IsEachForItself()
    {
        var labels = Read<LabelsValue>(Labels with { Activation = Activation.Sigmoid, Top = 3 }, [0, -100, MathF.Log(3)]).Labels;

        labels.Select(label => label.Name).ShouldBe(["dusk", "day", "night"]);
        labels[0].Score.ShouldBe(0.75f, 1e-6f);
        labels[1].Score.ShouldBe(0.5f);
    }

    [Fact]
    public void TryRead_Scores_KeepTheirOrderAndTheirValues() =>
        Read<ScoresValue>(Scores, [0.25f, 1.5f]).Scores.ShouldBe([new NamedScore("sharpness", 0.25f), new NamedScore("exposure", 1.5f)]);

    [Fact]
    public void TryRead_Embedding_IsItsNumbers() =>
        Read<EmbeddingValue>(new OutputSpec { Kind = OutputKind.Embedding, Size = 3 }, [1, -2, 3]).Vector.ShouldBe([1, -2, 3]);

    [Theory]
    [InlineData("grün\0\0\0", "grün")]
    [InlineData("all full", "all full")]
    [InlineData("\0after", "")]
    [InlineData("", "")]
    public void TryRead_Text_EndsAtTheFirstZero(string bytes, string text)
    {
        Readout.TryRead(Text, Encoding.UTF8.GetBytes(bytes), out var value, out _).ShouldBeTrue();

        value.ShouldBe(new TextValue(text));
    }

    [Fact]
    public void TryRead_BytesThatAreNoText_SayNothing()
    {
        Readout.TryRead(Text, [0x67, 0xC3, 0, 0], out _, out var fault).ShouldBeFalse();

        fault.ShouldBe("its bytes are no UTF-8");
    }

    [Theory]
    [InlineData(float.NaN, "it has NaN for 'night'")]
    [InlineData(float.NegativeInfinity, "it has -Infinity for 'night'")]
    public void TryRead_ANumberThatIsNone_NamesTheLabel(float number, string says)
    {
        Readout.TryRead(Labels, Bytes([0, number, 0]), out _, out var fault).ShouldBeFalse();

        fault.ShouldBe(says);
    }

    [Fact]
    public void TryRead_AnotherCount_IsAFault()
    {
        Readout.TryRead(Labels, Bytes([0, 1]), out _, out var fault).ShouldBeFalse();

        fault.ShouldBe("it has 2 numbers where 3 are declared");
    }

    private static T Read<T>(OutputSpec output, float[] numbers)
        where T : OutputValue
    {
        Readout.TryRead(output, Bytes(numbers), out var value, out var fault).ShouldBeTrue(fault);
        return value.ShouldBeOfType<T>();
    }

    private static byte[] Bytes(float[] numbers) => MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();
}
