namespace Grpc.Core;

/// <summary>Reads messages one after another.</summary>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message that the last successful move reached.</summary>
    T Current { get; }

    /// <summary>Goes to the next message; false at the end. One move at a time.</summary>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}

/// <summary>Writes messages one after another.</summary>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>How the next messages are written.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Writes a message. One write at a time.</summary>
    Task WriteAsync(T message);

    /// <summary>Writes a message unless cancelled first.</summary>
    /// <exception cref="NotSupportedException">The token can be cancelled and this writer does not support that.</exception>
    Task WriteAsync(T message, CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled
            ? throw new NotSupportedException("This writer does not support cancelling a write.")
            : WriteAsync(message);
}

/// <summary>Writes a client's requests.</summary>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Says that no more requests follow.</summary>
    Task CompleteAsync();
}

/// <summary>Writes a server's responses; they end when the service's method does.</summary>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>
{
}

/// <summary>Additions to stream readers.</summary>
public static class AsyncStreamReaderExtensions
{
    /// <summary>Goes to the next message; cannot be cancelled.</summary>
    public static Task<bool> MoveNext<T>(this IAsyncStreamReader<T> streamReader)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        return streamReader.MoveNext(CancellationToken.None);
    }
}
