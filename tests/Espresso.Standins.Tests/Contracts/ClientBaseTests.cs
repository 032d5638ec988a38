using Espresso.Standins.Tests.Host;
using Espresso.Standins.Tests.Wire;
using Grpc.Core;

namespace Espresso.Standins.Tests.Contracts;

public sealed class ClientBaseTests(EchoHost host)
{
    [Fact]
    public async Task Client_WithoutAChannel_IsForOverridingOnly()
    {
        var client = new Double();

        (await client.UnaryAsync(new Message())).Compress.ShouldBeTrue();
        Should.Throw<NotImplementedException>(() => client.Crash(new Message()));
    }

    [Fact]
    public void WithHost_OtherHost_IsAskedFor()
    {
        var invoker = new HostRecorder();
        var client = new Echo.EchoClient(invoker).WithHost("elsewhere");

        client.Unary(new Message());

        invoker.Host.ShouldBe("elsewhere");
    }

    [Fact]
    public async Task Channel_Disposed_RefusesCalls()
    {
        using var channel = host.OpenChannel();
        channel.Target.ShouldBe(host.Plain.Authority);

        await channel.ShutdownAsync();
        channel.Dispose();

        Should.Throw<ObjectDisposedException>(() => new Echo.EchoClient(channel).Unary(new Message()));
    }

    private sealed class Double : Echo.EchoClient
    {
        public override AsyncUnaryCall<Message> UnaryAsync(
            Message request, Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default) =>
            new(
                Task.FromResult(new Message { Compress = true }),
                Task.FromResult(new Metadata()),
                () => Status.DefaultSuccess,
                () => [],
                () => { });
    }

    private sealed class HostRecorder : CallInvoker
    {
        public string? Host { get; private set; }

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        {
            Host = host;
            return method.ResponseMarshaller.Deserializer([]);
        }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            throw new NotSupportedException();

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            throw new NotSupportedException();

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
    }
}
