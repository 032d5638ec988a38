using Espresso.Protos.Preprocessor;
using Google.Protobuf;
using Grpc.Net.Client;

namespace Espresso.Mesh.Tests.Pictures;

/// <summary>Picture files as a preprocessor of the mesh makes them.</summary>
internal static class Encoded
{
    public static async Task<byte[]> Scene(Uri preprocessor, Format format)
    {
        using var channel = GrpcChannel.ForAddress(preprocessor);
        var reply = await new Preprocessor.PreprocessorClient(channel).EncodeAsync(new EncodeRequest
        {
            Tensor = new ModelTensor { Datatype = Datatype.Uint8, Width = Pictures.Scene.Width, Height = Pictures.Scene.Height, Channels = 3 },
            Format = format,
            Contents = { ByteString.CopyFrom(Array.ConvertAll(Pictures.Scene.Raster.Samples, sample => (byte)sample)) },
        });
        return reply.Contents.ToByteArray();
    }
}
