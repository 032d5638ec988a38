using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Espresso.Coordinator.Sharing;

/// <summary>What a file's bytes are known by: their SHA-256. Nobody can make a second file of it, and so get at another one's answer.</summary>
internal readonly record struct Digest(UInt128 High, UInt128 Low)
{
    public static Digest Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return new Digest(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }

    public override string ToString() => $"{High:x32}{Low:x32}";
}
