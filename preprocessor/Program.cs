using Espresso.Hosting;
using Espresso.Preprocessor;
using Espresso.Preprocessor.Api;
using Espresso.Wire;

InlineSockets.Enable();
return await EspressoProcess.Run<PreprocessorOptions>("espresso-preprocessor [options]", args, async (options, _) =>
{
    var builder = EspressoProcess.CreateBuilder("preprocessor", options);
    builder.WebHost.UseInlineSockets(); // calls only parse and hand on; pictures have threads of their own
    builder.Services.AddPictureWork(options).AddMembership(options);

    var app = builder.Build();
    app.MapDefaults();
    app.MapGrpcService<PreprocessorService>();
    await app.RunToEnd("preprocessor");
});
