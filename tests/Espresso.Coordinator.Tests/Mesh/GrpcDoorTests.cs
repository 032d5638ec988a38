using System.Buffers.Binary;
using System.Net;
using Espresso.Errors;
using Espresso.Protos.Coordinator;
using Espresso.TestKit;
using Google.Protobuf;
using Grpc.Core;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>What comes over gRPC is counted before any handler sees it.</summary>
public sealed class GrpcDoorTests
{
    private static readonly byte[] Ten = FakePictures.File(40, 30, 10);

    [Fact]
    public async Task Message_ThatStalls_HoldsItsBytesAndEndsInTime()
    {
        var time = new FakeTime(TimeProvider.System.GetUtcNow());
        await using var mesh = await TestMesh.Start(time, options => (options.MaxMebibytes, options.TransferSeconds) = (1, 30), Packages.Depth());
        using var http = new HttpClient();
        using var stalled = new Message(announced: 900_000, sent: 800_000);
        var call = Send(http, mesh, stalled);
        while (mesh.Gate.Bytes < 800_000)
            await Task.Yield();

        var refused = await Should.ThrowAsync<RpcException>(Infer(mesh, new byte[400_000]));
        (refused.StatusCode, refused.ToFailure().Reason).ShouldBe((StatusCode.ResourceExhausted, Reasons.QueueFull));
        await Infer(mesh, Ten);

        time.Advance(TimeSpan.FromSeconds(30));
        var (status, reason) = await Ended(call);
        (status, reason).ShouldBe((StatusCode.InvalidArgument, Reasons.InvalidRequest));
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Call_AboveTheGatesNumber_IsRefusedBeforeItsMessageIsThere()
    {
        await using var mesh = await TestMesh.Start(TimeProvider.System, options => options.MaxRequests = 1, Packages.Depth());
        using var http = new HttpClient();
        using var first = new Message(announced: 100, sent: 50);
        using var second = new Message(announced: 100, sent: 50);
        using var stop = new CancellationTokenSource();
        var inside = Send(http, mesh, first, stop: stop.Token);
        while (mesh.Gate.Bytes == 0)
            await Task.Yield();

        (await Ended(Send(http, mesh, second))).ShouldBe((StatusCode.ResourceExhausted, Reasons.QueueFull));

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(inside);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Message_AnnouncedTooLarge_IsRefusedBeforeItComes()
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        using var http = new HttpClient();
        using var large = new Message(announced: 60 << 20, sent: 0);

        (await Ended(Send(http, mesh, large))).ShouldBe((StatusCode.InvalidArgument, Reasons.BodyTooLarge));
        await mesh.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("espresso.coordinator.v1.Coordinator/ListModels", StatusCode.InvalidArgument)]
    [InlineData("grpc.health.v1.Health/Check", StatusCode.ResourceExhausted)] // gRPC's own words
    [InlineData("espresso.registry.v1.Registry/Lease", StatusCode.ResourceExhausted)]
    public async Task Question_AsLargeAsAPicture_IsRefusedByItsLength(string method, StatusCode status)
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        using var http = new HttpClient();
        using var large = new Message(announced: 20 << 20, sent: 0);

        using var response = await Send(http, mesh, large, method: method);

        ((StatusCode)int.Parse(response.Headers.GetValues("grpc-status").Single())).ShouldBe(status);
    }

    [Fact]
    public async Task Question_WhoseRestNeverComes_EndsWithItsTime()
    {
        var time = new FakeTime(TimeProvider.System.GetUtcNow());
        await using var mesh = await TestMesh.Start(time, options => options.TransferSeconds = 3, Packages.Depth());
        using var http = new HttpClient();
        using var stalled = new Message(announced: 100, sent: 50);
        var call = Send(http, mesh, stalled, method: "espresso.coordinator.v1.Coordinator/ListModels");

        Patience.Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1)); // it may not have come yet
            return call.IsCompleted;
        });

        (await Ended(call)).ShouldBe((StatusCode.InvalidArgument, Reasons.InvalidRequest));
    }

    [Theory]
    [InlineData("espresso.coordinator.v1.Coordinator", "Infer", MethodType.Unary)]
    [InlineData("espresso.coordinator.v1.Coordinator", "InferStream", MethodType.ServerStreaming)]
    [InlineData("espresso.coordinator.v1.Coordinator", "ListModels", MethodType.Unary)]
    [InlineData("espresso.registry.v1.Registry", "Lease", MethodType.DuplexStreaming)]
    [InlineData("grpc.health.v1.Health", "Check", MethodType.Unary)]
    public async Task Message_ThatIsNone_IsTheCallersFault(string service, string name, MethodType type)
    {
        await using var mesh = await TestMesh.Start(Packages.Depth());
        var bytes = Marshallers.Create(static (byte[] message) => message, static message => message);
        using var call = mesh.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(new Method<byte[], byte[]>(type, service, name, bytes, bytes), null, default);
        using var counted = new MetricCount(mesh, "espresso.coordinator.requests", Reasons.InvalidRequest, 1);
        await call.RequestStream.WriteAsync([0xff]); // a tag that does not end
        await call.RequestStream.CompleteAsync();

        var error = await Should.ThrowAsync<RpcException>(call.ResponseStream.MoveNext(CancellationToken.None));

        (error.StatusCode, error.Status.Detail.Split(':')[0]).ShouldBe((StatusCode.InvalidArgument, "malformed message"));
        if (name.StartsWith("Infer", StringComparison.Ordinal))
            await counted.All.WaitAsync(Patience.Limit);
        await mesh.ShouldBeEmpty();
    }

    private static async Task Infer(TestMesh mesh, byte[] picture) =>
        await new Protos.Coordinator.Coordinator.CoordinatorClient(mesh.Channel).InferAsync(new InferRequest { Models = { "depth" }, Image = ByteString.CopyFrom(picture) });

    private static Task<HttpResponseMessage> Send(
        HttpClient http, TestMesh mesh, Message message, string method = "espresso.coordinator.v1.Coordinator/Infer", CancellationToken stop = default) => http.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, new Uri(mesh.GrpcAddress, method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = message,
        }, HttpCompletionOption.ResponseHeadersRead, stop);

    /// <summary>A refusal has its status in the headers; nothing else comes.</summary>
    private static async Task<(StatusCode Status, string Reason)> Ended(Task<HttpResponseMessage> call)
    {
        using var response = await call;
        return ((StatusCode)int.Parse(response.Headers.GetValues("grpc-status").Single()), response.Headers.GetValues(GrpcFailures.ReasonTrailer).Single());
    }

    /// <summary>The beginning of a message, and then nothing any more.</summary>
    private sealed class Message : HttpContent
    {
        private readonly byte[] _bytes;
        private readonly TaskCompletionSource _never = new();

        public Message(int announced, int sent)
        {
            _bytes = new byte[5 + sent];
            BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(1), announced);
            Headers.ContentType = new("application/grpc");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(_bytes, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await _never.Task.WaitAsync(cancellationToken);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
