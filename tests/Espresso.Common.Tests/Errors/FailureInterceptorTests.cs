using Espresso.Errors;
using Espresso.Protos.Registry;
using Espresso.Wire;
using Grpc.Core;
using Inference;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Espresso.Common.Tests.Errors;

/// <summary>The edge, over a real socket: what a service throws, and what its caller then gets.</summary>
public sealed class FailureInterceptorTests
{
    [Fact]
    public async Task Unary_Overload_ArrivesWhole()
    {
        var error = await Thrown(new FailureException(Failure.Overloaded(Reasons.QueueFull, "64 wait – too many", TimeSpan.FromSeconds(1.25))));

        error.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        error.Trailers.GetValue("retry-after-ms").ShouldBe("1250");
        error.ToFailure().ShouldBe(Failure.Overloaded(Reasons.QueueFull, "64 wait – too many", TimeSpan.FromSeconds(1.25)));
    }

    [Fact]
    public async Task Unary_StatusOfTheServicesOwn_PassesThrough() =>
        (await Thrown(new RpcException(new Status(StatusCode.DataLoss, "own")))).Status.ShouldBe(new Status(StatusCode.DataLoss, "own"));

    [Fact]
    public async Task Unary_Unforeseen_IsInternalAndTellsNothing()
    {
        var error = await Thrown(new InvalidOperationException("secret"));

        error.StatusCode.ShouldBe(StatusCode.Internal);
        error.ToFailure().Reason.ShouldBe(Reasons.Internal);
        error.Status.Detail.ShouldNotContain("secret");
    }

    [Fact]
    public async Task Duplex_Failure_ArrivesWhole()
    {
        await using var app = await Start(new FailureException(Failure.NotFound(Reasons.UnknownModel, "who?")));
        using var channel = Channels.Open(app.Grpc());
        using var call = new Registry.RegistryClient(channel).Lease();

        var error = await Should.ThrowAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));

        error.ToFailure().ShouldBe(Failure.NotFound(Reasons.UnknownModel, "who?"));
    }

    private static async Task<RpcException> Thrown(Exception thrown)
    {
        await using var app = await Start(thrown);
        using var channel = Channels.Open(app.Grpc());
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);

        return await Should.ThrowAsync<RpcException>(async () => await client.ServerLiveAsync(new()));
    }

    private static Task<WebApplication> Start(Exception thrown) => TestHost.Start(
        builder => builder.Services.AddSingleton(thrown),
        app =>
        {
            app.MapGrpcService<Throwing>();
            app.MapGrpcService<ThrowingRegistry>();
        });

    private sealed class Throwing(Exception thrown) : GRPCInferenceService.GRPCInferenceServiceBase
    {
        public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) => throw thrown;
    }

    private sealed class ThrowingRegistry(Exception thrown) : Registry.RegistryBase
    {
        public override Task Lease(IAsyncStreamReader<LeaseReport> requestStream, IServerStreamWriter<LeaseGrant> responseStream, ServerCallContext context) =>
            throw thrown;
    }
}
