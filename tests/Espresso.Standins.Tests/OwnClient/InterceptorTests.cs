using Espresso.Standins.Tests.Host;
using Espresso.Standins.Tests.Wire;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Espresso.Standins.Tests.OwnClient;

/// <summary>Interceptors before the wire and behind it.</summary>
public sealed class InterceptorTests(EchoHost host) : IDisposable
{
    private readonly GrpcChannel _channel = host.OpenChannel();
    private readonly List<string> _passed = [];

    public void Dispose() => _channel.Dispose();

    [Fact]
    public async Task Client_SeveralInterceptors_ArePassedInOrder()
    {
        var client = new Echo.EchoClient(_channel.Intercept(new Recording("first", _passed), new Recording("second", _passed)));

        await client.UnaryAsync(new Message());

        _passed.ShouldBe(["first unary", "second unary"]);
    }

    [Fact]
    public async Task Client_EveryKindOfCall_PassesTheInterceptor()
    {
        var client = new Echo.EchoClient(_channel.CreateCallInvoker().Intercept(new Recording("client", _passed)));

        client.Unary(new Message());
        await client.UnaryAsync(new Message());
        using var collect = client.Collect();
        using var repeat = client.Repeat(new RepeatRequest());
        using var chat = client.Chat();

        _passed.ShouldBe(
            ["client blocking", "client unary", "client client-streaming", "client server-streaming", "client duplex"]);
    }

    [Fact]
    public async Task Client_HeadersFunction_AddsToACopyOfTheHeaders()
    {
        var client = new Echo.EchoClient(_channel.Intercept(headers =>
        {
            headers.Add("added", "by function");
            return headers;
        }));
        var own = new Metadata { { "own", "stays" } };

        var seen = await client.DescribeAsync(new Message(), own);

        seen.Headers.Single(header => header.Key == "added").Text.ShouldBe("by function");
        seen.Headers.Single(header => header.Key == "own").Text.ShouldBe("stays");
        own.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Client_Interceptor_MayReplaceTheAnswer()
    {
        var client = new Echo.EchoClient(_channel.Intercept(new Replacing()));

        using var call = client.UnaryAsync(new Message { Compress = false });

        (await call).Compress.ShouldBeTrue();
        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
        call.GetTrailers().GetValue(ServerInterceptor.Trailer).ShouldBe("unary");
    }

    [Fact]
    public async Task Server_EveryKindOfCall_PassesTheInterceptor()
    {
        var client = new Echo.EchoClient(_channel);

        using var unary = client.UnaryAsync(new Message());
        await unary;
        using var collect = client.Collect();
        await collect.RequestStream.CompleteAsync();
        await collect;
        using var repeat = client.Repeat(new RepeatRequest());
        (await repeat.ResponseStream.MoveNext()).ShouldBeFalse();
        using var chat = client.Chat();
        await chat.RequestStream.CompleteAsync();
        (await chat.ResponseStream.MoveNext()).ShouldBeFalse();

        new[] { unary.GetTrailers(), collect.GetTrailers(), repeat.GetTrailers(), chat.GetTrailers() }
            .Select(trailers => trailers.GetValue(ServerInterceptor.Trailer))
            .ShouldBe(["unary", "client-streaming", "server-streaming", "duplex"]);
    }

    [Fact]
    public async Task Server_Interceptor_TurnsAnExceptionIntoAStatus()
    {
        var headers = new Metadata { { ServerInterceptor.TranslateHeader, "1" } };

        var failure = await Should.ThrowAsync<RpcException>(
            async () => await new Echo.EchoClient(_channel).CrashAsync(new Message(), headers));

        failure.Status.ShouldBe(new Status(StatusCode.FailedPrecondition, "Crashed as asked."));
    }

    private sealed class Recording(string name, List<string> passed) : Interceptor
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            passed.Add($"{name} blocking");
            return base.BlockingUnaryCall(request, context, continuation);
        }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            passed.Add($"{name} unary");
            return base.AsyncUnaryCall(request, context, continuation);
        }

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            passed.Add($"{name} server-streaming");
            return base.AsyncServerStreamingCall(request, context, continuation);
        }

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            passed.Add($"{name} client-streaming");
            return base.AsyncClientStreamingCall(context, continuation);
        }

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            passed.Add($"{name} duplex");
            return base.AsyncDuplexStreamingCall(context, continuation);
        }
    }

    private sealed class Replacing : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            var call = continuation(request, context);
            return new AsyncUnaryCall<TResponse>(
                Replace(call.ResponseAsync), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);

            static async Task<TResponse> Replace(Task<TResponse> response)
            {
                await response;
                return (TResponse)(object)new Message { Compress = true };
            }
        }
    }
}
