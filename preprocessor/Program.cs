using Espresso.Hosting;
using Espresso.Leases;
using Espresso.Preprocessor;
using Espresso.Preprocessor.Api;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Encoding;
using Espresso.Preprocessor.Resampling;
using Espresso.Preprocessor.Vips;
using Espresso.Preprocessor.Work;

return await EspressoProcess.Run<PreprocessorOptions>("espresso-preprocessor [options]", args, async (options, _) =>
{
    VipsRuntime.Start();
    var builder = EspressoProcess.CreateBuilder("preprocessor", options);
    builder.Services
        .AddSingleton(options.ToLimits())
        .AddSingleton<PreprocessorMetrics>()
        .AddSingleton<PictureDecoder>()
        .AddSingleton<PictureEncoder>()
        .AddSingleton<TensorResampler>()
        .AddSingleton(services => new WorkPool(
            options.ToPoolOptions(), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<PreprocessorMetrics>(), VipsRuntime.EndThread))
        .AddSingleton<WarmUp>()
        .AddSingleton<PreprocessorMember>()
        .AddSingleton<ILeaseMember>(services => services.GetRequiredService<PreprocessorMember>())
        .AddHostedService(services => services.GetRequiredService<PreprocessorMember>())
        .AddSingleton<MemberOptions>(options)
        .AddHostedService<LeaseHolder>();
    var app = builder.Build();
    app.MapDefaults();
    app.MapGrpcService<PreprocessorService>();
    await app.RunToEnd("preprocessor");
});
