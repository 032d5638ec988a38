using Google.Protobuf;
using Grpc.Core;

namespace Espresso.Wire;

/// <summary>Binds a generated service so that a request that is no message is its caller's fault: INVALID_ARGUMENT, as where payloads come.</summary>
/// <remarks>gRPC parses a request before any interceptor runs, and says UNKNOWN, which blames the server and fills its log with stacks.</remarks>
public sealed class StrictBinder(ServiceBinderBase inner) : ServiceBinderBase
{
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
        inner.AddMethod(Strict(method), handler!);

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
        inner.AddMethod(Strict(method), handler!);

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
        inner.AddMethod(Strict(method), handler!);

    private static Method<TRequest, TResponse> Strict<TRequest, TResponse>(Method<TRequest, TResponse> method)
    {
        var request = method.RequestMarshaller;
        return new(
            method.Type, method.ServiceName, method.Name, new Marshaller<TRequest>(request.ContextualSerializer, Read), method.ResponseMarshaller);

        TRequest Read(DeserializationContext context)
        {
            try
            {
                return request.ContextualDeserializer(context);
            }
            catch (InvalidProtocolBufferException error)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, $"malformed message: {error.Message}"));
            }
        }
    }
}
