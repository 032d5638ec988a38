using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Espresso.Standins.Tests.Host;

/// <summary>
/// Tells in a trailer which handler it passed through, keeps answers uncompressed unless the service says otherwise,
/// and turns an <see cref="InvalidOperationException"/> of callers who ask for that into a status.
/// </summary>
internal sealed class ServerInterceptor : Interceptor
{
    public const string Trailer = "intercepted";
    public const string TranslateHeader = "translate-exceptions";

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        return Translating(context, async () =>
        {
            Mark(context, "unary");
            return await continuation(request, context);
        });
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Mark(context, "client-streaming");
        return continuation(requestStream, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Mark(context, "server-streaming");
        return continuation(request, responseStream, context);
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Mark(context, "duplex");
        return continuation(requestStream, responseStream, context);
    }

    private static void Mark(ServerCallContext context, string kind)
    {
        context.ResponseTrailers.Add(Trailer, kind);
        context.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
    }

    private static async Task<T> Translating<T>(ServerCallContext context, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (InvalidOperationException e) when (context.RequestHeaders.Get(TranslateHeader) is not null)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, e.Message));
        }
    }
}
