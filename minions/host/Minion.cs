using System.Reflection;
using Espresso.Hosting;
using Espresso.Leases;
using Espresso.Minions.Api;
using Espresso.Minions.Lifecycle;
using Espresso.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Espresso.Minions;

/// <summary>The program that serves one model package; a model with code of its own starts it with its hooks.</summary>
public static class Minion
{
    /// <summary>Loads the package, warms it up, joins the coordinators and serves until the process is told to end.</summary>
    /// <param name="args">The package's folder and the stock host's switches; <c>--help</c> lists them.</param>
    /// <param name="hooks">What goes around the network, in this order before it and in this order after it.</param>
    /// <returns>The process's exit code: 0, or what the start-up failed with, which has been told by then.</returns>
    public static Task<int> Run(string[] args, params IModelHook[] hooks)
    {
        InlineSockets.Enable();
        return EspressoProcess.Run<MinionOptions>(
            $"{Assembly.GetEntryAssembly()?.GetName().Name} FOLDER [options]: serves the model package in FOLDER, as minions/depth/0.1",
            args,
            (options, operands) => Serve(options, operands, hooks));
    }

    private static async Task Serve(MinionOptions options, IReadOnlyList<string> operands, IModelHook[] hooks)
    {
        if (operands is not [var folder])
            throw new OptionsException([$"one model package is served, but {operands.Count} were named; --help tells more"]);
        var package = ModelPackage.Read(folder, options);

        var builder = EspressoProcess.CreateBuilder("minion", options);
        builder.WebHost.UseInlineSockets();
        builder.Services
            .AddSingleton(options)
            .AddSingleton(package)
            .AddSingleton<IReadOnlyList<IModelHook>>(hooks)
            .AddSingleton<ModelRuntime>()
            .AddSingleton<InferRequestReader>()
            .AddHostedService(services => services.GetRequiredService<ModelRuntime>())
            .AddOnceListening<ModelRuntime>((model, self, cancelled) => model.Open(self, cancelled));
        if (!options.Standalone)
            builder.Services.AddLease<ModelRuntime>(options);

        var app = builder.Build();
        app.MapGrpcService<InferenceService>();
        app.MapDefaults();
        await app.RunToEnd($"minion {package.Manifest.Name}");
    }
}
