using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Espresso.Standins.Tests.Contracts;

/// <summary>Services without generated code: methods described by hand.</summary>
public sealed class ServerServiceDefinitionTests
{
    private static readonly Method<string, string> Shout = new(
        MethodType.Unary, "test.Voice", "Shout", Marshallers.StringMarshaller, Marshallers.StringMarshaller);

    [Fact]
    public async Task Definition_MappedOnAServer_IsCalledThroughItsInvoker()
    {
        var definition = ServerServiceDefinition.CreateBuilder()
            .AddMethod(Shout, static (request, _) => Task.FromResult(request.ToUpperInvariant()))
            .Build();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.WebHost.ConfigureKestrel(static kestrel =>
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        await using var app = builder.Build();
        app.MapGrpcService(_ => definition);
        await app.StartAsync(TestContext.Current.CancellationToken);

        using var channel = GrpcChannel.ForAddress(app.Urls.Single());
        using var call = channel.CreateCallInvoker().AsyncUnaryCall(Shout, host: null, new CallOptions(), "quiet");

        (await call).ShouldBe("QUIET");
    }

    [Fact]
    public void Builder_SameMethodTwice_Throws()
    {
        var builder = ServerServiceDefinition.CreateBuilder()
            .AddMethod(Shout, static (request, _) => Task.FromResult(request));

        Should.Throw<ArgumentException>(() => builder.AddMethod(Shout, static (request, _) => Task.FromResult(request)));
    }
}
