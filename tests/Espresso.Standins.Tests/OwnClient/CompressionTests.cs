using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using Espresso.Standins.Tests.Host;
using Espresso.Standins.Tests.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;

namespace Espresso.Standins.Tests.OwnClient;

/// <summary>Compression both ways: as the client sees it, and as the bytes stand on the wire.</summary>
public sealed class CompressionTests(EchoHost host)
{
    private static readonly byte[] Compressible = new byte[100_000];

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Request_Compressed_IsUnderstood(string encoding)
    {
        using var channel = host.OpenChannel(new GrpcChannelOptions
        {
            CompressionProviders =
            [
                new GzipCompressionProvider(CompressionLevel.Fastest),
                new DeflateCompressionProvider(CompressionLevel.Fastest),
            ],
        });
        var headers = new Metadata { { "grpc-internal-encoding-request", encoding } };

        var seen = await new Echo.EchoClient(channel).DescribeAsync(Body(), headers);

        seen.Encoding.ShouldBe(encoding);
        seen.BodyLength.ShouldBe(Compressible.Length);
    }

    [Fact]
    public async Task Response_Compressed_IsUnderstood()
    {
        using var channel = host.OpenChannel();

        var answer = await new Echo.EchoClient(channel).UnaryAsync(Body(compress: true));

        answer.Body.ToByteArray().ShouldBe(Compressible);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task Wire_GzipThere_ComesBackAsTheServiceChose(bool compress, byte expectedFlag)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Plain, "/espresso.standins.test.Echo/Unary"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(GzipFrame(Body(compress).ToByteArray())),
        };
        request.Content.Headers.ContentType = new("application/grpc");
        request.Headers.TE.Add(new("trailers"));
        request.Headers.Add("grpc-encoding", "gzip");
        request.Headers.Add("grpc-accept-encoding", "gzip");

        using var client = new HttpClient();
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var frame = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        response.TrailingHeaders.GetValues("grpc-status").ShouldBe(["0"]);
        frame[0].ShouldBe(expectedFlag);
        BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(1)).ShouldBe(frame.Length - 5);
        (frame.Length < Compressible.Length / 10).ShouldBe(compress);
        Message.Parser.ParseFrom(compress ? Gunzip(frame[5..]) : frame[5..]).Body.ToByteArray().ShouldBe(Compressible);
    }

    private static Message Body(bool compress = false) =>
        new() { Body = ByteString.CopyFrom(Compressible), Compress = compress };

    // One byte that says "compressed", four of length, the message.
    private static byte[] GzipFrame(byte[] message)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(message);
        var frame = new byte[5 + compressed.Length];
        frame[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), (int)compressed.Length);
        compressed.ToArray().CopyTo(frame, 5);
        return frame;
    }

    private static byte[] Gunzip(byte[] compressed)
    {
        using var gzip = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        gzip.CopyTo(plain);
        return plain.ToArray();
    }
}
