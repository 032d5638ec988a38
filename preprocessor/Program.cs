using Espresso.Hosting;
using Espresso.Preprocessor;
using Espresso.Preprocessor.Api;

return await EspressoProcess.Run<PreprocessorOptions>("espresso-preprocessor [options]", args, async (options, _) =>
{
    var builder = EspressoProcess.CreateBuilder("preprocessor", options);
    builder.Services.AddPictureWork(options).AddMembership(options);

    var app = builder.Build();
    app.MapDefaults();
    app.MapGrpcService<PreprocessorService>();
    await app.RunToEnd("preprocessor");
});
