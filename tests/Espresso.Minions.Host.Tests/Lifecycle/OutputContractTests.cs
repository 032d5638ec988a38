using Espresso.Manifests;
using Espresso.Minions.Execution;
using Espresso.Minions.Lifecycle;

namespace Espresso.Minions.Tests.Lifecycle;

public sealed class OutputContractTests
{
    private static readonly OutputSpec Map = new() { Kind = OutputKind.Map };
    private static readonly OutputSpec Labels = new() { Kind = OutputKind.Labels, Labels = ["day", "night"] };

    [Theory]
    [InlineData("Fp32", -1, 1, 2, 4)]
    [InlineData("Fp32", -1, 3, 2, 4)]
    [InlineData("Fp32", -1, -1, -1, -1)]
    [InlineData("Fp32", -1, 2, 4)]
    [InlineData("Fp32")]
    public void Fault_OfPicturesThatAreServed_IsNone(string datatype, params int[] shape) => Fault(Map, datatype, shape).ShouldBeNull();

    [Theory]
    [InlineData("Fp16", "a map of a network that gives FP16; FP32 is served: end the graph in a Cast", -1, 1, 2, 4)]
    [InlineData("Uint8", "a map of a network that gives UINT8", -1, 1, 2, 4)]
    [InlineData("Fp32", "which is no picture", -1, 8)]
    [InlineData("Fp32", "a map has one channel or three, but the network gives [-1,4,2,1] with 4 in layout nchw", -1, 4, 2, 1)]
    public void Fault_OfOtherPictures_SaysWhatIsServed(string datatype, string says, params int[] shape) => Fault(Map, datatype, shape)!.ShouldContain(says);

    [Fact]
    public void Fault_OfPixelsThatTheNetworkHasQuantised_IsNoneInTheLayoutThatIsSent()
    {
        Fault(Map with { Layout = TensorLayout.Nhwc }, "Uint8", -1, 2, 4, 3).ShouldBeNull();
        Fault(Map with { Layout = TensorLayout.Nhwc, Media = MediaKind.Png16 }, "Uint16", -1, 2, 4, 1).ShouldBeNull();
        Fault(Map with { Layout = TensorLayout.Nhwc, Media = MediaKind.Png16 }, "Uint8", -1, 2, 4, 1).ShouldNotBeNull();
    }

    [Fact]
    public void Fault_OfAMaskWithThreeChannels_SaysSo() =>
        Fault(Map with { Kind = OutputKind.Mask }, "Fp32", -1, 3, 2, 4).ShouldBe("a mask has one channel, but the network gives [-1,3,2,4] with 3 in layout nchw");

    [Theory]
    [InlineData(-1, 2)]
    [InlineData(-1, 2, 1, 1)]
    [InlineData(-1, -1)]
    public void Fault_OfLabelsOfTheirCount_IsNone(params int[] shape) => Fault(Labels, "Fp32", shape).ShouldBeNull();

    [Fact]
    public void Fault_OfLabelsOfAnotherCount_SaysBoth() =>
        Fault(Labels, "Fp32", -1, 1000).ShouldBe("the manifest declares 2 labels, the network gives [-1,1000]");

    private static string? Fault(OutputSpec output, string datatype, params int[] shape) =>
        OutputContract.Fault(output, new TensorInfo("out", Enum.Parse<Datatype>(datatype), Array.ConvertAll(shape, side => (long)side)));
}
