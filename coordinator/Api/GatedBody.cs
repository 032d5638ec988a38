using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Espresso.Coordinator.Admission;
using Espresso.Errors;
using Grpc.Core;

namespace Espresso.Coordinator.Api;

/// <summary>A gRPC call's body of one message, which counts in its ticket as it comes.</summary>
/// <param name="refusal">The gate's, which is told where the message is read; null: the call was let in.</param>
/// <param name="ticket">Null: such a call takes no place.</param>
/// <param name="refused">Notes a refusal and makes a status of it.</param>
/// <param name="late">The message has to be there by then.</param>
internal sealed class GatedBody(
    PipeReader body, Failure? refusal, RequestTicket? ticket, int mostBytes, Func<Failure, RpcException> refused, CoordinatorOptions options, CancellationToken late) : PipeReader
{
    /// <summary>Of a message, besides picture and mask: names, and the fields' own bytes.</summary>
    private const int Besides = 512 << 10;

    /// <summary>In front of a message: a flag, and the length in four bytes.</summary>
    private const int PrefixBytes = 5;

    private long _held;

    /// <summary>Of a message.</summary>
    public static int MostBytes(CoordinatorOptions options) => options.MaxBodyBytes + Besides;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (refusal is not null)
            throw refused(refusal);
        ReadResult read;
        try
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(late, cancellationToken);
            read = await body.ReadAsync(both.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw refused(Failure.Invalid(Reasons.InvalidRequest, $"the message was not there within {options.TransferSeconds} s"));
        }

        if (Refusal(read.Buffer) is not { } why)
            return read;
        body.AdvanceTo(read.Buffer.End);
        throw refused(why);
    }

    public override bool TryRead(out ReadResult result) => throw new NotSupportedException("gRPC reads asynchronously");

    public override void AdvanceTo(SequencePosition consumed) => body.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => body.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => body.CancelPendingRead();

    public override void Complete(Exception? exception = null) => body.Complete(exception);

    private Failure? Refusal(ReadOnlySequence<byte> waiting)
    {
        if (Math.Max(waiting.Length, Announced(waiting)) > PrefixBytes + mostBytes)
            return Failure.TooLarge(Reasons.BodyTooLarge, $"the message is larger than the {mostBytes} bytes that are taken here");
        var more = waiting.Length - _held;
        if (more <= 0)
            return null;
        _held = waiting.Length;
        return ticket is null || ticket.TryHold(more, out var noRoom) ? null : noRoom;
    }

    /// <summary>The whole message's length by its prefix; 0 where that is not there.</summary>
    private static long Announced(ReadOnlySequence<byte> waiting)
    {
        if (waiting.Length < PrefixBytes)
            return 0;
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        waiting.Slice(0, PrefixBytes).CopyTo(prefix);
        return BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
    }
}
