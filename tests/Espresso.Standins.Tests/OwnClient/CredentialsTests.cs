using System.Security.Cryptography.X509Certificates;
using Espresso.Standins.Tests.Host;
using Espresso.Standins.Tests.Wire;
using Grpc.Core;
using Grpc.Net.Client;

namespace Espresso.Standins.Tests.OwnClient;

/// <summary>Credentials of channels and calls.</summary>
public sealed class CredentialsTests(EchoHost host) : IDisposable
{
    private readonly SocketsHttpHandler _trusting = new()
    {
        SslOptions =
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { X509Certificate2.CreateFromPem(host.CertificatePem) },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        },
    };

    public void Dispose() => _trusting.Dispose();

    [Fact]
    public async Task CallCredentials_OfTheChannel_ReachTheServerOverTls()
    {
        AuthInterceptorContext? asked = null;
        var credentials = CallCredentials.FromInterceptor((context, metadata) =>
        {
            asked = context;
            metadata.Add("authorization", "Bearer of-channel");
            return Task.CompletedTask;
        });
        using var channel = OpenTls(ChannelCredentials.Create(ChannelCredentials.SecureSsl, credentials));

        var seen = await new Echo.EchoClient(channel).DescribeAsync(new Message());

        Authorization(seen).ShouldBe(["Bearer of-channel"]);
        asked!.MethodName.ShouldBe("Describe");
        asked.ServiceUrl.ShouldBe($"{host.Tls.GetLeftPart(UriPartial.Authority)}/espresso.standins.test.Echo");
    }

    [Fact]
    public async Task CallCredentials_OfTheCall_AreAppliedInOrder()
    {
        using var channel = OpenTls(new SslCredentials());
        var options = new CallOptions(credentials: CallCredentials.Compose(Bearer("one", "first"), Bearer("two", "second")));

        var seen = await new Echo.EchoClient(channel).DescribeAsync(new Message(), options);

        seen.Headers.Where(header => header.Text.StartsWith("Bearer", StringComparison.Ordinal))
            .Select(header => (header.Key, header.Text))
            .ShouldBe([("one", "Bearer first"), ("two", "Bearer second")]);
    }

    [Fact]
    public async Task CallCredentials_ThatFail_FailTheCall()
    {
        using var channel = OpenTls(new SslCredentials());
        var failing = CallCredentials.FromInterceptor(
            (_, _) => Task.FromException(new InvalidOperationException("no token")));

        var failure = await Should.ThrowAsync<RpcException>(
            async () => await new Echo.EchoClient(channel).DescribeAsync(new Message(), new CallOptions(credentials: failing)));

        failure.Status.DebugException!.Message.ShouldBe("no token");
    }

    [Fact]
    public async Task CallCredentials_InClearText_TravelOnlyWhenThatIsAskedFor()
    {
        var credentials = ChannelCredentials.Create(ChannelCredentials.Insecure, Bearer("authorization", "in-clear"));
        using var channel = host.OpenChannel(
            new GrpcChannelOptions { Credentials = credentials, UnsafeUseInsecureChannelCallCredentials = true });

        Authorization(await new Echo.EchoClient(channel).DescribeAsync(new Message())).ShouldBe(["Bearer in-clear"]);
        Should.Throw<InvalidOperationException>(() => host.OpenChannel(new GrpcChannelOptions { Credentials = credentials }));
    }

    private static CallCredentials Bearer(string key, string token) => CallCredentials.FromInterceptor((_, metadata) =>
    {
        metadata.Add(key, $"Bearer {token}");
        return Task.CompletedTask;
    });

    private static IEnumerable<string> Authorization(Description seen) =>
        seen.Headers.Where(header => header.Key == "authorization").Select(header => header.Text);

    private GrpcChannel OpenTls(ChannelCredentials credentials) =>
        GrpcChannel.ForAddress(host.Tls, new GrpcChannelOptions { HttpHandler = _trusting, Credentials = credentials });
}
