using System.Runtime.CompilerServices;

namespace Grpc.Core;

/// <summary>Additions to stream readers.</summary>
public static class AsyncStreamReaderExtensions
{
    /// <summary>The reader's messages for <c>await foreach</c>.</summary>
    public static IAsyncEnumerable<T> ReadAllAsync<T>(
        this IAsyncStreamReader<T> streamReader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        return Messages(streamReader, cancellationToken);

        static async IAsyncEnumerable<T> Messages(
            IAsyncStreamReader<T> reader, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            while (await reader.MoveNext(cancellationToken))
                yield return reader.Current;
        }
    }
}
