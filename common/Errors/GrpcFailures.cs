using System.Globalization;
using Grpc.Core;

namespace Espresso.Errors;

/// <summary>Failures on the gRPC wire: a status, and the trailers <c>espresso-reason</c> and <c>retry-after-ms</c>.</summary>
/// <remarks>Overload is RESOURCE_EXHAUSTED, never UNAVAILABLE: clients retry the latter by themselves and so multiply the load.</remarks>
public static class GrpcFailures
{
    public const string ReasonTrailer = "espresso-reason";
    public const string RetryAfterTrailer = "retry-after-ms";

    /// <summary>Of a message. It travels among the headers, of which clients take some 8 kB, and it may repeat what the client has sent.</summary>
    private const int LongestMessage = 800;

    public static RpcException ToRpcException(this Failure failure)
    {
        var trailers = new Metadata { { ReasonTrailer, failure.Reason } };
        if (failure.RetryAfter is { } wait)
            trailers.Add(RetryAfterTrailer, ((long)Math.Ceiling(wait.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture));
        var message = failure.Message.Length <= LongestMessage ? failure.Message : $"{failure.Message[..LongestMessage]}…";
        return new RpcException(new Status(StatusOf(failure.Kind), message), trailers);
    }

    /// <summary>What a failed call to another process means here.</summary>
    public static Failure ToFailure(this RpcException error)
    {
        var kind = KindOf(error.StatusCode);
        var reason = error.Trailers.GetValue(ReasonTrailer) ?? ReasonOf(kind);
        return new Failure(kind, reason, error.Status.Detail) { RetryAfter = RetryAfter(error.Trailers) };
    }

    private static TimeSpan? RetryAfter(Metadata trailers) =>
        long.TryParse(trailers.GetValue(RetryAfterTrailer), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? TimeSpan.FromMilliseconds(Math.Min(milliseconds, 3_600_000))
            : null;

    private static StatusCode StatusOf(FailureKind kind) => kind switch
    {
        FailureKind.Invalid or FailureKind.TooLarge or FailureKind.Unsupported => StatusCode.InvalidArgument,
        FailureKind.NotFound => StatusCode.NotFound,
        FailureKind.Conflict => StatusCode.Aborted,
        FailureKind.Overloaded => StatusCode.ResourceExhausted,
        FailureKind.Late => StatusCode.DeadlineExceeded,
        FailureKind.Cancelled => StatusCode.Cancelled,
        FailureKind.Unavailable => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    };

    private static FailureKind KindOf(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.FailedPrecondition => FailureKind.Invalid,
        StatusCode.NotFound or StatusCode.Unimplemented => FailureKind.NotFound,
        StatusCode.ResourceExhausted => FailureKind.Overloaded,
        StatusCode.DeadlineExceeded => FailureKind.Late,
        StatusCode.Cancelled => FailureKind.Cancelled,
        StatusCode.Unavailable => FailureKind.Unavailable,
        _ => FailureKind.Internal,
    };

    private static string ReasonOf(FailureKind kind) => kind switch
    {
        FailureKind.Invalid => Reasons.InvalidRequest,
        FailureKind.NotFound => Reasons.UnknownModel,
        FailureKind.Overloaded => Reasons.QueueFull,
        FailureKind.Late => Reasons.DeadlineExceeded,
        FailureKind.Cancelled => Reasons.Cancelled,
        FailureKind.Unavailable => Reasons.NoReplica,
        _ => Reasons.UpstreamFailed,
    };
}
