using Espresso.Mesh.Tests.Pictures;
using Espresso.Protos.Coordinator;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Espresso.Mesh.Tests.Grpc;

/// <summary>The coordinator over gRPC, through .NET's client.</summary>
[Collection(MeshCollection.Name)]
public sealed class GrpcTests(SharedMesh mesh) : IDisposable
{
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(mesh.Mesh.Grpc, new GrpcChannelOptions { MaxReceiveMessageSize = 64 << 20 });

    private Coordinator.CoordinatorClient Client => new(_channel);

    public void Dispose() => _channel.Dispose();

    [Fact]
    public async Task Infer_Photo_GivesWhatHttpGives()
    {
        var reply = await Client.InferAsync(Request("depth", "inpainting"), deadline: NoHurry());
        var http = (await mesh.Client.Infer(Scene.Picture, "depth,inpainting")).ShouldBeOk();

        (reply.Id, reply.Picture.Format, reply.Picture.Width, reply.Picture.Height).ShouldBe(("grpc-1", "png", (uint)Scene.Width, (uint)Scene.Height));
        reply.Results.ShouldAllBe(result => result.Status == "ok");
        reply.Results.Select(result => (result.Model, result.Requested)).ShouldBe([("depth", true), ("segmentation", false), ("inpainting", true)], ignoreOrder: true);
        foreach (var (model, output) in new[] { ("depth", "depth"), ("inpainting", "background") })
        {
            var told = reply.Results.Single(result => result.Model == model).Outputs.ShouldHaveSingleItem();
            (told.Name, told.MediaType, told.Width, told.Height).ShouldBe((output, "image/png", (uint)Scene.Width, (uint)Scene.Height));
            told.Data.ToByteArray().ShouldBe(http.Data(model, output));
        }

        reply.Results.Single(result => result.Model == "segmentation").Outputs.ShouldBeEmpty();
    }

    [Fact]
    public async Task Infer_OwnMask_IsTaken()
    {
        var request = Request("inpainting");
        request.Mask = ByteString.CopyFrom(Scene.Mask);

        var reply = await Client.InferAsync(request, deadline: NoHurry());

        Png.Read(reply.Results.ShouldHaveSingleItem().Outputs.Single().Data.ToByteArray()).Farthest(Scene.Raster, Scene.IsFarFromBall).ShouldBe(0);
    }

    [Fact]
    public async Task InferStream_ModelThatTakesLong_DelaysOnlyItsOwnResult()
    {
        var late = await mesh.Mesh.StartMinion(mesh.Mesh.Folders.CopyOf("depth/0.1", "late", "1.0"), "--simulated", "1,1");
        late.Freeze();
        try
        {
            using var call = Client.InferStream(Request("late", "inpainting", "segmentation", "depth"), deadline: NoHurry());
            List<ModelResult> early = [(await Next(call)).Result, (await Next(call)).Result, (await Next(call)).Result];
            late.Thaw(); // not before the others are here
            var (last, summary) = ((await Next(call)).Result, (await Next(call)).Summary);

            var models = early.ConvertAll(result => result.Model);
            models.ShouldBe(["segmentation", "inpainting", "depth"], ignoreOrder: true);
            models.IndexOf("segmentation").ShouldBeLessThan(models.IndexOf("inpainting"), "the second wave comes second");
            last.Model.ShouldBe("late");
            early.Append(last).ShouldAllBe(result => result.Status == "ok" && result.Outputs.Count == 1);
            summary.Results.ShouldBeEmpty("they were sent");
            (await call.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeFalse();
        }
        finally
        {
            late.Thaw();
            await mesh.Mesh.Dismiss(late);
        }

        static async Task<InferEvent> Next(AsyncServerStreamingCall<InferEvent> call)
        {
            (await call.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
            return call.ResponseStream.Current;
        }
    }

    [Fact]
    public async Task ListModels_Mesh_TellsVersionsAndDefaults()
    {
        var list = await Client.ListModelsAsync(new ListModelsRequest(), deadline: NoHurry());

        var models = list.Models.ToDictionary(model => $"{model.Model}/{model.Version}");
        foreach (var package in SharedMesh.Packages)
        {
            models.ShouldContainKey(package);
            models[package].IsDefault.ShouldBe(package != "inpainting/0.1", package);
            models[package].Replicas.ShouldHaveSingleItem().Draining.ShouldBeFalse();
        }

        list.Preprocessors.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Infer_DeadlineOfAMillisecond_Passes() =>
        (await Failure(Request("depth"), TimeProvider.System.GetUtcNow().UtcDateTime + TimeSpan.FromMilliseconds(1)))
            .StatusCode.ShouldBe(StatusCode.DeadlineExceeded);

    [Theory]
    [InlineData("colour", StatusCode.NotFound, "unknown_model")]
    [InlineData("depth@9.9", StatusCode.NotFound, "unknown_version")]
    [InlineData("depth@", StatusCode.InvalidArgument, "invalid_request")]
    public async Task Infer_WrongModel_SaysWhy(string model, StatusCode status, string reason)
    {
        var error = await Failure(Request(model), NoHurry());

        (error.StatusCode, error.Trailers.GetValue("espresso-reason")).ShouldBe((status, reason));
        error.Status.Detail.ShouldContain("depth");
    }

    [Fact]
    public async Task Infer_BadPictures_SayWhy()
    {
        var (empty, text, wrongMask) = (Request("depth"), Request("depth"), Request("inpainting"));
        empty.Image = ByteString.Empty;
        text.Image = ByteString.CopyFromUtf8(new string('x', 1000));
        wrongMask.Mask = ByteString.CopyFrom(Png.Write(Raster.Of(10, 10, 1, (_, _, _) => 255)));
        foreach (var (request, reason) in new[] { (empty, "empty_body"), (text, "not_a_picture"), (wrongMask, "wrong_mask_size") })
        {
            var error = await Failure(request, NoHurry());
            (error.StatusCode, error.Trailers.GetValue("espresso-reason")).ShouldBe((StatusCode.InvalidArgument, reason));
        }
    }

    private static DateTime NoHurry() => TimeProvider.System.GetUtcNow().UtcDateTime + TimeSpan.FromMinutes(2);

    private static InferRequest Request(params string[] models) => new() { Id = "grpc-1", Models = { models }, Image = ByteString.CopyFrom(Scene.Picture) };

    private async Task<RpcException> Failure(InferRequest request, DateTime deadline) =>
        await Should.ThrowAsync<RpcException>(async () => await Client.InferAsync(request, deadline: deadline));
}
