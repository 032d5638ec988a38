using Espresso.Hosting;
using Espresso.Leases;
using Espresso.Minions.Api;
using Espresso.Minions.Lifecycle;
using Espresso.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

InlineSockets.Enable();
return await EspressoProcess.Run<MinionOptions>(
    "espresso-minion FOLDER [options]: serves the model package in FOLDER, as minions/depth/0.1",
    args,
    async (options, operands) =>
    {
        if (operands is not [var folder])
            throw new OptionsException([$"one model package is served, but {operands.Count} were named; --help tells more"]);
        var package = ModelPackage.Read(folder, options);

        var builder = EspressoProcess.CreateBuilder("minion", options);
        builder.WebHost.UseInlineSockets();
        builder.Services
            .AddSingleton(options)
            .AddSingleton(package)
            .AddSingleton<ModelRuntime>()
            .AddSingleton<InferRequestReader>()
            .AddHostedService(services => services.GetRequiredService<ModelRuntime>());
        if (!options.Standalone)
            builder.Services.AddLease<ModelRuntime>(options);

        var app = builder.Build();
        app.MapGrpcService<InferenceService>();
        app.MapDefaults();
        await app.RunToEnd($"minion {package.Manifest.Name}");
    });
