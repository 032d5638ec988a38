using Espresso.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Espresso.Common.Tests;

public sealed class TestOptions : MemberOptions;

/// <summary>A process's ground in this one: real listeners on ports of their own.</summary>
internal static class TestHost
{
    public static Task<WebApplication> Start(Action<WebApplicationBuilder>? services = null, Action<WebApplication>? endpoints = null) =>
        Start(new TestOptions { DrainSeconds = 10 }, services, endpoints);

    public static async Task<WebApplication> Start(
        TestOptions options, Action<WebApplicationBuilder>? services = null, Action<WebApplication>? endpoints = null)
    {
        var builder = EspressoProcess.CreateBuilder("test", options);
        builder.Logging.ClearProviders();
        services?.Invoke(builder);
        var app = builder.Build();
        app.MapDefaults();
        endpoints?.Invoke(app);
        await app.StartAsync();
        return app;
    }

    public static Uri Grpc(this WebApplication app) => app.Services.GetRequiredService<ListeningAddresses>().Grpc;

    public static Uri Http(this WebApplication app) => app.Services.GetRequiredService<ListeningAddresses>().Http;
}
