using Espresso.Benchmarks.Serving;
using Espresso.Manifests;
using Espresso.Preprocessor;
using Espresso.Preprocessor.Api;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Encoding;
using Espresso.Preprocessor.Resampling;
using Espresso.Preprocessor.Work;
using Microsoft.Extensions.DependencyInjection;

namespace Espresso.Benchmarks.Bare;

/// <summary>The work of one request with nothing around it: one decode into the model's input, one run, one encode of its map.</summary>
/// <remarks>Several threads draw where the mesh's would, so that what the mesh adds is not set against cores that idle.</remarks>
internal sealed class PictureWork : IDisposable
{
    private readonly BareRun _network;
    private readonly ServiceProvider _services;
    private readonly WorkPool _helpers;
    private readonly PictureDecoder _decoder;
    private readonly PictureEncoder _encoder;
    private readonly TensorSpec _spec;
    private readonly byte[] _file = Pictures.Jpeg();

    public PictureWork(Manifest manifest, BareRun network)
    {
        _network = network;
        _services = new ServiceCollection().AddMetrics().AddSingleton(TimeProvider.System).AddPictureWork(new PreprocessorOptions()).BuildServiceProvider();
        _decoder = _services.GetRequiredService<PictureDecoder>();
        _encoder = _services.GetRequiredService<PictureEncoder>();
        _helpers = _services.GetRequiredService<WorkPool>();
        var input = manifest.Inputs[0];
        _spec = new TensorSpec(input.Width, input.Height, (Fit)input.Fit, (Espresso.Preprocessor.Decoding.ChannelOrder)input.Channels);
    }

    public void Run()
    {
        var budget = new WorkBudget(TimeProvider.System, TimeSpan.FromSeconds(60), CancellationToken.None, _helpers);
        var tensor = _decoder.Decode(_file, [_spec], budget).Tensors[0];
        var map = new ModelTensor(
            SampleType.UInt8, tensor.Width, tensor.Height, 1, tensor.Geometry, 0, 0, _network.Run(tensor.Contents.Span));
        _encoder.Encode(new EncodeJob(map, OutputFormat.Png, 8, 0, 0, 0, null), budget).Contents.Dispose();
        tensor.Contents.Dispose();
    }

    public void Dispose() => _services.Dispose();
}
