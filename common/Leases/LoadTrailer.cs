using Espresso.Protos.Registry;
using Google.Protobuf;
using Grpc.Core;

namespace Espresso.Leases;

/// <summary>A process's load in a reply's trailers: what the caller needs for its next choice, without waiting for the lease's next report.</summary>
public static class LoadTrailer
{
    /// <summary>A <see cref="Load"/>, binary; of it only what changes with every item.</summary>
    public const string Name = "espresso-load-bin";

    public static void AddLoad(this Metadata trailers, Load load) => trailers.Add(Name, load.ToByteArray());

    /// <summary>Null where none came, or none that can be read.</summary>
    public static Load? ReadLoad(this Metadata trailers)
    {
        if (trailers.Get(Name) is not { } entry)
            return null;
        try
        {
            return Load.Parser.ParseFrom(entry.ValueBytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
