using System.Buffers;
using System.IO.Pipelines;
using Espresso.Coordinator.Admission;
using Espresso.Errors;
using Espresso.Wire;

namespace Espresso.Coordinator.Api;

/// <summary>Reads a body, or a part of one, into pooled memory; the limit holds while reading, whatever the headers say.</summary>
/// <param name="maxBytes">Of all that this reader reads together.</param>
/// <param name="what">As a person is told.</param>
internal sealed class BodyReader(int maxBytes, RequestTicket ticket, string what = "the body")
{
    private const int FirstBuffer = 64 << 10;

    /// <summary>Held of a declared length before a byte of the body is there: who only announces does not fill the house.</summary>
    private const int OnItsWord = 1 << 20;

    private int _read;

    private int Left => maxBytes - _read;

    /// <param name="declared">The body's length where it is known beforehand: the buffer is right at once, or after its first part.</param>
    /// <exception cref="FailureException">Too large, or no room here now.</exception>
    public async Task<Payload> Read(PipeReader body, long? declared, CancellationToken cancellation)
    {
        if (declared > Left)
            throw TooLarge();
        var payload = Rent((int)Math.Min(declared ?? FirstBuffer, Math.Min(OnItsWord, Left)));
        var length = 0;
        try
        {
            while (true)
            {
                var read = await body.ReadAsync(cancellation);
                var end = length + read.Buffer.Length;
                if (end > Left)
                {
                    body.AdvanceTo(read.Buffer.End);
                    throw TooLarge();
                }

                if (end > payload.Length)
                    payload = Grow(payload, length, (int)end, (int)(declared ?? 0));
                read.Buffer.CopyTo(payload.Span[length..]);
                length = (int)end;
                body.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }

            _read += length;
            return Fit(ref payload, length);
        }
        catch
        {
            payload.Dispose();
            throw;
        }
    }

    /// <summary>A payload of exactly what was read; a copy only where the length was not known.</summary>
    private static Payload Fit(ref Payload payload, int length)
    {
        if (payload.Length == length)
            return payload;
        var exact = Payload.CopyOf(payload.Span[..length]);
        payload.Dispose();
        return payload = exact;
    }

    private Payload Grow(Payload full, int length, int needed, int declared)
    {
        var larger = Rent(Math.Max(needed, declared > 0 ? declared : (int)Math.Min(2L * full.Length, Left)));
        full.Span[..length].CopyTo(larger.Span);
        full.Dispose();
        return larger;
    }

    private Payload Rent(int length) =>
        ticket.TryHold(length, out var refusal) ? Payload.Rent(length) : throw new FailureException(refusal);

    private FailureException TooLarge() => new(Failure.TooLarge(Reasons.BodyTooLarge, $"{what} is larger than {maxBytes} bytes"));
}
