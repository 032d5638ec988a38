using System.Buffers;

namespace Espresso.Common.Tests.Wire;

/// <summary>Bytes as a transport may hold them: in pieces.</summary>
internal sealed class Segments : ReadOnlySequenceSegment<byte>
{
    private Segments(ReadOnlyMemory<byte> memory, long index)
    {
        Memory = memory;
        RunningIndex = index;
    }

    /// <param name="cuts">Where a new piece begins, ascending; equal ones make an empty piece.</param>
    public static ReadOnlySequence<byte> Of(byte[] bytes, params IReadOnlyList<int> cuts)
    {
        var first = new Segments(bytes.AsMemory(0, cuts.Count > 0 ? cuts[0] : bytes.Length), 0);
        var last = first;
        for (var i = 0; i < cuts.Count; i++)
        {
            var end = i + 1 < cuts.Count ? cuts[i + 1] : bytes.Length;
            var next = new Segments(bytes.AsMemory(cuts[i], end - cuts[i]), cuts[i]);
            last.Next = next;
            last = next;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }
}
