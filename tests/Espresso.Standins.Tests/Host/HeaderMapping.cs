using Espresso.Standins.Tests.Wire;
using Google.Protobuf;
using Grpc.Core;

namespace Espresso.Standins.Tests.Host;

/// <summary>Metadata as messages, so that a test can ask for it and see it.</summary>
internal static class HeaderMapping
{
    public static Header ToMessage(Metadata.Entry entry) => entry.IsBinary
        ? new Header { Key = entry.Key, Binary = ByteString.CopyFrom(entry.ValueBytes) }
        : new Header { Key = entry.Key, Text = entry.Value };

    public static Metadata ToMetadata(IEnumerable<Header> headers)
    {
        var metadata = new Metadata();
        foreach (var header in headers)
        {
            if (header.Key.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.Ordinal))
                metadata.Add(header.Key, header.Binary.ToByteArray());
            else
                metadata.Add(header.Key, header.Text);
        }

        return metadata;
    }
}
