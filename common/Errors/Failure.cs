namespace Espresso.Errors;

/// <summary>Whose fault a failure is and what a caller may do about it; each wire maps it to its own status at its edge.</summary>
public enum FailureKind
{
    /// <summary>The request is wrong and will stay wrong.</summary>
    Invalid,

    /// <summary>What was asked for does not exist.</summary>
    NotFound,

    /// <summary>A size limit is exceeded.</summary>
    TooLarge,

    /// <summary>The body is of a kind that is not served.</summary>
    Unsupported,

    /// <summary>What the request was decided upon is not so any more.</summary>
    Conflict,

    /// <summary>Refused to protect what is running; try again after <see cref="Failure.RetryAfter"/>.</summary>
    Overloaded,

    /// <summary>The deadline has passed.</summary>
    Late,

    /// <summary>The caller went away.</summary>
    Cancelled,

    /// <summary>Nothing there that could serve it now.</summary>
    Unavailable,

    /// <summary>A fault of ours.</summary>
    Internal,
}

/// <summary>An expected failure: what kind, the machine-readable reason (one of <see cref="Reasons"/>), and a sentence for a person.</summary>
public sealed record Failure(FailureKind Kind, string Reason, string Message)
{
    /// <summary>How long to wait before trying again; only with <see cref="FailureKind.Overloaded"/> and <see cref="FailureKind.Unavailable"/>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static Failure Invalid(string reason, string message) => new(FailureKind.Invalid, reason, message);

    public static Failure NotFound(string reason, string message) => new(FailureKind.NotFound, reason, message);

    public static Failure TooLarge(string reason, string message) => new(FailureKind.TooLarge, reason, message);

    public static Failure Overloaded(string reason, string message, TimeSpan retryAfter) =>
        new(FailureKind.Overloaded, reason, message) { RetryAfter = retryAfter };

    public static Failure Late(string message) => new(FailureKind.Late, Reasons.DeadlineExceeded, message);

    public static Failure Cancelled(string message) => new(FailureKind.Cancelled, Reasons.Cancelled, message);

    public static Failure Unavailable(string reason, string message) => new(FailureKind.Unavailable, reason, message);

    public static Failure Internal(string reason, string message) => new(FailureKind.Internal, reason, message);
}

/// <summary>Carries a <see cref="Failure"/> through code that can only throw, up to the edge that makes it a status.</summary>
public sealed class FailureException(Failure failure, Exception? inner = null) : Exception(failure.Message, inner)
{
    public Failure Failure { get; } = failure;
}
