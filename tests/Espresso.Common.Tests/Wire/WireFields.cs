using Google.Protobuf;

namespace Espresso.Common.Tests.Wire;

/// <summary>A message's bytes, taken apart at the borders of its top-level fields.</summary>
internal static class WireFields
{
    public static List<(int Number, byte[] Bytes)> Of(IMessage message)
    {
        var bytes = message.ToByteArray();
        var input = new CodedInputStream(bytes);
        var fields = new List<(int, byte[])>();
        for (var start = 0L; input.ReadTag() is var tag and not 0; start = input.Position)
        {
            input.SkipLastField();
            fields.Add((WireFormat.GetTagFieldNumber(tag), bytes[(int)start..(int)input.Position]));
        }

        return fields;
    }

    /// <summary>The same message in another order; the entries of one field keep theirs.</summary>
    public static byte[] Shuffled(IMessage message, Random random)
    {
        var queues = Of(message).GroupBy(field => field.Number).Select(group => new Queue<byte[]>(group.Select(field => field.Bytes))).ToList();
        var bytes = new List<byte>();
        while (queues.Count > 0)
        {
            var queue = queues[random.Next(queues.Count)];
            bytes.AddRange(queue.Dequeue());
            if (queue.Count == 0)
                queues.Remove(queue);
        }

        return [.. bytes];
    }
}
