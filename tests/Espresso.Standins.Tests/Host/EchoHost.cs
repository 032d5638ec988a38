using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Espresso.Standins.Tests.Host;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

[assembly: AssemblyFixture(typeof(EchoHost))]

namespace Espresso.Standins.Tests.Host;

/// <summary>A Kestrel server on two real sockets of this machine: HTTP/2 in clear text, and over TLS.</summary>
public sealed class EchoHost : IAsyncLifetime
{
    /// <summary>16 MiB of body and room for the message around it.</summary>
    public const int MaxMessageBytes = (16 * 1024 * 1024) + 1024;

    private readonly WebApplication _app;
    private readonly X509Certificate2 _certificate = MakeCertificate();

    /// <summary>A server that is not started yet.</summary>
    public EchoHost()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<EchoService>();
        builder.Services.AddGrpc(options =>
        {
            options.Interceptors.Add<ServerInterceptor>();
            options.MaxReceiveMessageSize = MaxMessageBytes;
            options.MaxSendMessageSize = MaxMessageBytes;
            options.ResponseCompressionAlgorithm = "gzip";
        });
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            // Kestrel's own limit is 100; one connection has to carry a thousand calls here.
            kestrel.Limits.Http2.MaxStreamsPerConnection = 2000;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.UseHttps(_certificate);
            });
        });
        _app = builder.Build();
        _app.MapGrpcService<EchoService>();
    }

    /// <summary>Where clear text is served: <c>http://127.0.0.1:port</c>.</summary>
    public Uri Plain { get; private set; } = null!;

    /// <summary>Where TLS is served: <c>https://127.0.0.1:port</c>; the certificate is for localhost.</summary>
    public Uri Tls { get; private set; } = null!;

    /// <summary>The server's self-signed certificate.</summary>
    public string CertificatePem => _certificate.ExportCertificatePem();

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        await _app.StartAsync();
        var addresses = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Plain = addresses.Select(static address => new Uri(address)).Single(static uri => uri.Scheme == "http");
        Tls = addresses.Select(static address => new Uri(address)).Single(static uri => uri.Scheme == "https");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _certificate.Dispose();
    }

    internal GrpcChannel OpenChannel(GrpcChannelOptions? options = null)
    {
        options ??= new GrpcChannelOptions();
        options.MaxReceiveMessageSize = MaxMessageBytes;
        return GrpcChannel.ForAddress(Plain, options);
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var withoutKeyStore = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(withoutKeyStore.Export(X509ContentType.Pfx), password: null);
    }
}
