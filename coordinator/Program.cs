using System.Net;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Api;
using Espresso.Coordinator.Inference;
using Espresso.Coordinator.Lifecycle;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Routing;
using Espresso.Coordinator.Traffic;
using Espresso.Hosting;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Espresso.Coordinator;

/// <summary>The coordinator: HTTP and gRPC in front, minions and preprocessors behind, which join by lease.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => EspressoProcess.Run<CoordinatorOptions>(
        "espresso-coordinator [options]: one picture in, the answers of many models out",
        args,
        (options, _) => Build(options).RunToEnd("coordinator"));

    /// <param name="time">Null: the system's.</param>
    /// <param name="random">Routing's; null: drawn anew each time.</param>
    internal static WebApplication Build(CoordinatorOptions options, TimeProvider? time = null, Random? random = null)
    {
        var builder = EspressoProcess.CreateBuilder("coordinator", options);
        // "10,000 models" deserves an explanation, not a closed connection: the query may be longer than Kestrel's 8 kB.
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestLineSize = 512 << 10);
        if (options.JoinPort > 0)
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Parse(options.Bind), options.JoinPort, listen => listen.Protocols = HttpProtocols.Http2));
        // An unknown path is this file's matter: gRPC's own catch-all would hide that /v1/infer is there, but not for GET.
        builder.Services.Configure<GrpcServiceOptions>(grpc => grpc.IgnoreUnknownServices = true);
        // A compressed message is as large as it likes until it is unpacked, which the door does not see.
        builder.Services.AddGrpc()
            .AddServiceOptions<CoordinatorService>(grpc => grpc.MaxReceiveMessageSize = GatedBody.MostBytes(options))
            .AddServiceOptions<LeaseService>(grpc => grpc.MaxReceiveMessageSize = LeaseService.MostBytes);
        builder.Services
            .AddSingleton(options)
            .AddSingleton(time ?? TimeProvider.System)
            .AddSingleton(random ?? Random.Shared)
            .AddSingleton<CoordinatorMetrics>()
            .AddSingleton<ReplicaRegistry>()
            .AddSingleton<LeaseService>()
            .AddSingleton<RequestGate>()
            .AddSingleton<AdmissionController>()
            .AddSingleton<Router>()
            .AddSingleton<Preprocessing>()
            .AddSingleton<LearnedCosts>()
            .AddSingleton<TrafficBook>()
            .AddSingleton<ShadowRunner>()
            .AddHostedService<TrafficFile>()
            .AddSingleton<ModelRunner>()
            .AddSingleton<StepRunner>()
            .AddSingleton<InferencePipeline>()
            .AddSingleton<RequestReader>()
            .AddSingleton<InferEndpoint>()
            .AddSingleton<ModelsEndpoint>()
            .AddSingleton<TrafficEndpoint>()
            .AddSingleton<CoordinatorService>()
            .AddSingleton<Drain>()
            .AddHostedService(services => services.GetRequiredService<Drain>());

        var app = builder.Build();
        app.UseMiddleware<ProblemEdge>();
        if (options.JoinPort > 0)
            app.UseMiddleware<JoinDoor>(); // before the gate: who is at the wrong port takes no place
        app.UseMiddleware<GrpcDoor>();
        app.MapDefaults();
        app.MapGrpcService<LeaseService>();
        app.MapGrpcService<CoordinatorService>();
        app.MapPost("/v1/infer", app.Services.GetRequiredService<InferEndpoint>().Handle);
        var models = app.Services.GetRequiredService<ModelsEndpoint>();
        app.MapGet("/v1/models", models.Models);
        app.MapGet("/v1/status", models.Status);
        var traffic = app.Services.GetRequiredService<TrafficEndpoint>();
        app.MapGet("/v1/models/{model}/traffic", traffic.Get);
        app.MapPut("/v1/models/{model}/traffic", traffic.Put);
        app.MapGet("/", ModelsEndpoint.Index);
        app.Services.GetRequiredService<CoordinatorMetrics>().Observe(app.Services.GetRequiredService<ReplicaRegistry>());
        return app;
    }
}
