using Espresso.Errors;
using Espresso.Minions.Tests.Fakes;
using Google.Protobuf;
using Grpc.Core;
using Inference;

namespace Espresso.Minions.Tests.Api;

/// <summary>A network that leaves all its sides open, so that the request decides: see <see cref="Networks.Open"/>.</summary>
public sealed class OpenShapeTests : IAsyncLifetime
{
    private MinionProcess _minion = null!;

    public async ValueTask InitializeAsync() => _minion = await MinionProcess.Start(Packages.Write(Packages.Tiny, Networks.Open));

    public ValueTask DisposeAsync() => _minion.DisposeAsync();

    [Fact]
    public async Task Infer_ShapesOfAllKinds_AreServedEachForItself()
    {
        for (var height = 1; height <= 5; height++)
        {
            float[] values = [.. Enumerable.Range(0, 2 * height * 4).Select(i => (float)i)];

            var reply = await _minion.Client.ModelInferAsync(Requests.Raw("tiny", [1, 2, height, 4], values));

            reply.Outputs[0].Shape.ShouldBe([1, 2, height, 2]);
            reply.Output<float>().ShouldBe(values.Where((_, i) => i % 4 is 0 or 3));
        }
    }

    [Fact]
    public async Task Infer_PictureOfOtherChannels_IsRefused() =>
        await ShouldBeRefused("UINT8", [1, 2, 4, 4], 32, "pictures of 3 channels are taken, this has 4");

    [Fact]
    public async Task Infer_ShapeThatTheNetworkFailsOn_IsRefusedAndTheRestServed()
    {
        await ShouldBeRefused("FP32", [1, 3, 2, 9], 216, "the network does not take these shapes");

        (await _minion.Client.ModelInferAsync(Requests.Raw("tiny", [1, 1, 1, 4], [1, 2, 3, 4]))).Output<float>().ShouldBe([1, 4]);
    }

    private async Task ShouldBeRefused(string datatype, long[] shape, int bytes, string why)
    {
        var request = new ModelInferRequest
        {
            ModelName = "tiny",
            Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "image", Datatype = datatype, Shape = { shape } } },
            RawInputContents = { ByteString.CopyFrom(new byte[bytes]) },
        };

        var error = await Should.ThrowAsync<RpcException>(async () => await _minion.Client.ModelInferAsync(request));

        (error.StatusCode, error.ToFailure().Reason).ShouldBe((StatusCode.InvalidArgument, Reasons.InvalidTensor));
        error.Status.Detail.ShouldContain(why);
    }
}
