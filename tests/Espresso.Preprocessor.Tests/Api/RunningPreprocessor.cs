using Espresso.Hosting;
using Espresso.Preprocessor.Api;
using Espresso.Preprocessor.Work;
using Espresso.Wire;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Espresso.Preprocessor.Tests.Api;

/// <summary>The whole process's services behind a real socket, and a client.</summary>
internal sealed class RunningPreprocessor : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RunningPreprocessor(WebApplication app)
    {
        _app = app;
        var listening = app.Services.GetRequiredService<ListeningAddresses>();
        Http = listening.Http;
        Channel = Channels.Open(listening.Grpc);
    }

    public GrpcChannel Channel { get; }

    public Uri Http { get; }

    public WorkPool Pool => _app.Services.GetRequiredService<WorkPool>();

    public PreprocessorMember Member => _app.Services.GetRequiredService<PreprocessorMember>();

    public static async Task<RunningPreprocessor> Start(Action<PreprocessorOptions>? configure = null)
    {
        var options = new PreprocessorOptions { Coordinators = "", LogLevel = LogLevel.Warning };
        configure?.Invoke(options);
        var builder = EspressoProcess.CreateBuilder("preprocessor", options);
        builder.Services.AddPictureWork(options).AddMembership(options);
        var app = builder.Build();
        app.MapDefaults();
        app.MapGrpcService<PreprocessorService>();
        await app.StartAsync();
        var running = new RunningPreprocessor(app);
        await running.Member.Ready;
        return running;
    }

    public async Task<TReply> Call<TRequest, TReply>(Method<TRequest, TReply> method, TRequest request, DateTime? deadline = null)
        where TRequest : class
        where TReply : class
    {
        using var call = Channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(deadline: deadline), request);
        return await call;
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
