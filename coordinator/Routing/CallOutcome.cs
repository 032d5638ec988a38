using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Espresso.Wire;
using Google.Protobuf;

namespace Espresso.Coordinator.Routing;

/// <summary>What one call to one replica came to: a reply, or a failure.</summary>
/// <param name="IsWorthAnother">The replica is gone or full: another one may well be neither.</param>
/// <param name="IsPaid">The retry budget has paid for the next call already.</param>
internal sealed record CallOutcome<TReply>(
    Replica Replica, PayloadMessage<TReply>? Reply, Failure? Failure, bool IsWorthAnother = false, bool IsPaid = false)
    where TReply : IMessage<TReply>;
