using Espresso.Protos.Preprocessor;
using Espresso.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Espresso.Cli.Client;

/// <summary>Pixels [height, width, channels].</summary>
internal sealed record Raster(int Width, int Height, int Channels, byte[] Pixels);

/// <summary>Has pictures decoded and encoded by a preprocessor, as the mesh does it.</summary>
internal sealed class PictureClient : IDisposable
{
    /// <summary>Three channels of it are below the most bytes that a preprocessor gives, whatever the picture; larger pictures are compared at this size.</summary>
    public const int LongestSide = 4096;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly GrpcChannel _channel;
    private readonly Preprocessor.PreprocessorClient _client;

    public PictureClient(Uri address)
    {
        _channel = Wire.Channels.Open(address);
        _client = new Preprocessor.PreprocessorClient(_channel);
    }

    public void Dispose() => _channel.Dispose();

    /// <exception cref="CliException">It is no picture that is taken; the message says why.</exception>
    public async Task<Raster> Decode(byte[] picture, TensorSpec spec, CancellationToken cancellation)
    {
        var request = new DecodeRequest { Picture = UnsafeByteOperations.UnsafeWrap(picture), Specs = { spec } };
        var reply = await Call(_client.DecodeAsync(request, deadline: Deadline(), cancellationToken: cancellation));
        var tensor = reply.Tensors[0];
        return new Raster((int)tensor.Width, (int)tensor.Height, (int)tensor.Channels, reply.Contents[0].ToByteArray());
    }

    /// <returns>The whole picture's size where its longest side is within the limit, else that of one made smaller in proportion.</returns>
    /// <exception cref="CliException">It is no picture that is taken; the message says why.</exception>
    public async Task<(uint Width, uint Height)> Size(byte[] picture, CancellationToken cancellation, int longestSide = LongestSide)
    {
        var request = new DecodeRequest { Picture = UnsafeByteOperations.UnsafeWrap(picture), Specs = { new TensorSpec { Width = 1, Height = 1 } } };
        var whole = await Call(_client.DecodeAsync(request, deadline: Deadline(), cancellationToken: cancellation));
        var shrink = Math.Min(1.0, (double)longestSide / Math.Max(whole.Width, whole.Height));
        return ((uint)Math.Max(1, Math.Round(whole.Width * shrink)), (uint)Math.Max(1, Math.Round(whole.Height * shrink)));
    }

    /// <returns>The file, and its media type.</returns>
    /// <exception cref="CliException">It cannot be encoded; the message says why.</exception>
    public async Task<(byte[] File, string MediaType)> Encode(Raster picture, Format format, CancellationToken cancellation)
    {
        var request = new EncodeRequest
        {
            Tensor = new ModelTensor { Datatype = Datatype.Uint8, Width = (uint)picture.Width, Height = (uint)picture.Height, Channels = (uint)picture.Channels },
            Format = format,
            Bits = 8,
            Contents = { UnsafeByteOperations.UnsafeWrap(picture.Pixels) },
        };
        var reply = await Call(_client.EncodeAsync(request, deadline: Deadline(), cancellationToken: cancellation));
        return (reply.Contents.ToByteArray(), reply.MediaType);
    }

    private static DateTime Deadline() => TimeProvider.System.GetUtcNow().UtcDateTime + Patience;

    private static async Task<T> Call<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            return await call;
        }
        catch (RpcException error)
        {
            throw new CliException(error.Status.Detail, error);
        }
    }
}
