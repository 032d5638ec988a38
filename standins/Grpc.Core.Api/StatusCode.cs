namespace Grpc.Core;

/// <summary>The seventeen codes of the gRPC protocol; the numbers are what travels in <c>grpc-status</c>.</summary>
public enum StatusCode
{
    /// <summary>The call succeeded.</summary>
    OK = 0,

    /// <summary>The caller gave up.</summary>
    Cancelled = 1,

    /// <summary>The failure fits no other code, or its origin gave none.</summary>
    Unknown = 2,

    /// <summary>The request is wrong in itself, whatever state the server is in.</summary>
    InvalidArgument = 3,

    /// <summary>Time ran out before the answer came.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for does not exist.</summary>
    NotFound = 5,

    /// <summary>What was to be created exists.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A quota, a queue or a memory is full.</summary>
    ResourceExhausted = 8,

    /// <summary>The server's state does not allow it; trying again as it is does not help.</summary>
    FailedPrecondition = 9,

    /// <summary>A conflict with another caller; the whole exchange may be tried again.</summary>
    Aborted = 10,

    /// <summary>A position beyond what exists at present.</summary>
    OutOfRange = 11,

    /// <summary>The server has no such method.</summary>
    Unimplemented = 12,

    /// <summary>An invariant of the server is broken.</summary>
    Internal = 13,

    /// <summary>The server cannot be reached for now; trying again may help.</summary>
    Unavailable = 14,

    /// <summary>Data is lost or damaged beyond repair.</summary>
    DataLoss = 15,

    /// <summary>The caller's credentials are missing or not accepted.</summary>
    Unauthenticated = 16,
}
