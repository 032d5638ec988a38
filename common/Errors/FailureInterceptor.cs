using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace Espresso.Errors;

/// <summary>The gRPC edge of every process: a <see cref="FailureException"/> becomes its status; anything unforeseen is logged and INTERNAL.</summary>
public sealed partial class FailureInterceptor(ILogger<FailureInterceptor> log) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Status(error, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Status(error, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Status(error, context);
        }
    }

    private RpcException Status(Exception error, ServerCallContext context)
    {
        if (error is FailureException expected)
            return expected.Failure.ToRpcException();
        if (error is OperationCanceledException && context.CancellationToken.IsCancellationRequested)
            return Failure.Cancelled("the call was cancelled").ToRpcException();
        Unforeseen(log, context.Method, error);
        return Failure.Internal(Reasons.Internal, "an unforeseen fault; the log of this process tells more").ToRpcException();
    }

    [LoggerMessage(1, LogLevel.Error, "{Method} failed unforeseen")]
    private static partial void Unforeseen(ILogger log, string method, Exception error);
}
