using System.Net;
using Espresso.Hosting;
using Espresso.Wire;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Status = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Espresso.Common.Tests.Hosting;

public sealed class HealthTests : IAsyncLifetime
{
    private WebApplication _app = null!;
    private GrpcChannel _channel = null!;
    private Health.HealthClient _client = null!;
    private HealthState _state = null!;

    public async ValueTask InitializeAsync()
    {
        _app = await TestHost.Start();
        _state = _app.Services.GetRequiredService<HealthState>();
        _channel = Channels.Open(_app.Grpc());
        _client = new Health.HealthClient(_channel);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Check_BeforeReady_IsNotServing() => (await _client.CheckAsync(new())).Status.ShouldBe(Status.NotServing);

    [Fact]
    public async Task Check_Services_AreToldApart()
    {
        _state.Set(true, "", "depth");
        _state.Set(false, "depth");

        (await _client.CheckAsync(new())).Status.ShouldBe(Status.Serving);
        (await _client.CheckAsync(new() { Service = "depth" })).Status.ShouldBe(Status.NotServing);
    }

    [Fact]
    public async Task Check_UnknownService_IsNotFound() =>
        (await Should.ThrowAsync<RpcException>(async () => await _client.CheckAsync(new() { Service = "nobody" })))
            .StatusCode.ShouldBe(StatusCode.NotFound);

    [Fact]
    public async Task List_Services_HasThemAll()
    {
        _state.Set(true, "depth", "depth/0.1");

        var statuses = (await _client.ListAsync(new())).Statuses;

        statuses.Keys.Order().ShouldBe(["", "depth", "depth/0.1"]);
        statuses["depth"].Status.ShouldBe(Status.Serving);
        statuses[""].Status.ShouldBe(Status.NotServing);
    }

    [Fact]
    public async Task Watch_Changes_AreToldOnceEach()
    {
        using var watch = _client.Watch(new());
        (await Next(watch)).ShouldBe(Status.NotServing);
        _state.Set(true, "another");
        _state.Set(true, "");
        (await Next(watch)).ShouldBe(Status.Serving);
        _state.Set(true, "");
        _state.Set(false, "");
        (await Next(watch)).ShouldBe(Status.NotServing);
    }

    [Fact]
    public async Task Watch_UnknownService_IsToldWhenItComes()
    {
        using var watch = _client.Watch(new() { Service = "later" });
        (await Next(watch)).ShouldBe(Status.ServiceUnknown);
        _state.Set(true, "later");
        (await Next(watch)).ShouldBe(Status.Serving);
    }

    [Fact]
    public async Task Watch_ProcessStops_DoesNotHoldItUp()
    {
        using var watch = _client.Watch(new());
        (await Next(watch)).ShouldBe(Status.NotServing);

        // Held up, the stop would take the whole limit and cut the call off with an error.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _app.StopAsync(limit.Token);

        (await watch.ResponseStream.MoveNext(limit.Token)).ShouldBeFalse();
        watch.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
    }

    [Fact]
    public async Task Http_Probes_FollowTheState()
    {
        using var http = new HttpClient { BaseAddress = _app.Http() };

        (await http.GetAsync("/livez")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/livez"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await http.GetAsync("/readyz")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        _state.Set(true, "");
        (await http.GetAsync("/readyz")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<Status> Next(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        (await watch.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
        return watch.ResponseStream.Current.Status;
    }
}
