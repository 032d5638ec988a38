using System.Security.Cryptography;
using Espresso.Standins.Tests.Host;
using Espresso.Standins.Tests.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Espresso.Standins.Tests.OwnClient;

/// <summary>Metadata there and back: request headers, response headers, trailers; text and bytes.</summary>
public sealed class MetadataTests(EchoHost host) : IDisposable
{
    private readonly GrpcChannel _channel = host.OpenChannel();
    private readonly byte[] _bytes = RandomNumberGenerator.GetBytes(100);

    private Echo.EchoClient Client => new(_channel);

    public void Dispose() => _channel.Dispose();

    [Fact]
    public async Task RequestHeaders_TextAndBytes_ReachTheServer()
    {
        var headers = new Metadata { { "Word", "one two;three=\"four\"" }, { "raw-bin", _bytes }, { "empty-bin", [] } };

        var seen = await Client.DescribeAsync(new Message(), headers);

        seen.Headers.Single(header => header.Key == "word").Text.ShouldBe("one two;three=\"four\"");
        seen.Headers.Single(header => header.Key == "raw-bin").Binary.ToByteArray().ShouldBe(_bytes);
        seen.Headers.Single(header => header.Key == "empty-bin").Binary.ShouldBeEmpty();
    }

    [Fact]
    public async Task ServerContext_OfACall_KnowsMethodHostAndPeer()
    {
        var seen = await Client.DescribeAsync(new Message());

        seen.Method.ShouldBe("/espresso.standins.test.Echo/Describe");
        seen.Host.ShouldBe(host.Plain.Authority);
        seen.Peer.ShouldStartWith("ipv4:127.0.0.1:");
    }

    [Fact]
    public async Task ResponseHeaders_TextAndBytes_ReachTheClient()
    {
        using var call = Client.AnswerAsync(new AnswerRequest { Headers = { Text("h", "early"), Binary("h-bin") } });

        var headers = await call.ResponseHeadersAsync;

        headers.GetValue("h").ShouldBe("early");
        headers.GetValueBytes("h-bin").ShouldBe(_bytes);
        await call;
    }

    [Fact]
    public async Task Trailers_OfASuccess_ReachTheClientInOrder()
    {
        using var call = Client.AnswerAsync(
            new AnswerRequest { Trailers = { Text("a", "1"), Text("a", "2"), Binary("b-bin") } });
        await call;

        var trailers = call.GetTrailers();

        trailers.GetAll("a").Select(entry => entry.Value).ShouldBe(["1", "2"]);
        trailers.GetValue("a").ShouldBe("2");
        trailers.GetValueBytes("b-bin").ShouldBe(_bytes);
    }

    [Fact]
    public void Trailers_OfACallThatHasNotEnded_Throw()
    {
        using var call = Client.HangAsync(new HangRequest { Id = Guid.NewGuid().ToString() });

        Should.Throw<InvalidOperationException>(() => call.GetTrailers());
        Should.Throw<InvalidOperationException>(() => call.GetStatus());
    }

    private static Header Text(string key, string text) => new() { Key = key, Text = text };

    private Header Binary(string key) => new() { Key = key, Binary = ByteString.CopyFrom(_bytes) };
}
