namespace Grpc.Core;

/// <summary>A call that did not end with OK; thrown by a service, it becomes the call's status.</summary>
public class RpcException : Exception
{
    /// <summary>A failure without trailers.</summary>
    public RpcException(Status status)
        : this(status, Metadata.Empty)
    {
    }

    /// <summary>A failure whose exception message is not the status's own text.</summary>
    public RpcException(Status status, string message)
        : this(status, Metadata.Empty, message)
    {
    }

    /// <summary>A failure with trailers.</summary>
    public RpcException(Status status, Metadata trailers)
        : this(status, trailers, status.ToString())
    {
    }

    /// <summary>A failure with trailers and a message of its own.</summary>
    public RpcException(Status status, Metadata trailers, string message)
        : base(message, status.DebugException)
    {
        Status = status;
        Trailers = trailers ?? throw new ArgumentNullException(nameof(trailers));
    }

    /// <summary>The status with which the call ended.</summary>
    public Status Status { get; }

    /// <summary>Short for the status's code.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>The metadata that came with, or goes out with, the status.</summary>
    public Metadata Trailers { get; }
}
