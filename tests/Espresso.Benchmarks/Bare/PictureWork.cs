using Espresso.Benchmarks.Serving;
using Espresso.Manifests;
using Espresso.Preprocessor;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Encoding;
using Espresso.Preprocessor.Resampling;
using Espresso.Preprocessor.Vips;
using Espresso.Preprocessor.Work;

namespace Espresso.Benchmarks.Bare;

/// <summary>The work of one request with nothing around it: one decode into the model's input, one run, one encode of its map.</summary>
internal sealed class PictureWork
{
    private readonly BareRun _network;
    private readonly PictureDecoder _decoder;
    private readonly PictureEncoder _encoder;
    private readonly TensorSpec _spec;
    private readonly byte[] _file = Pictures.Jpeg();

    public PictureWork(Manifest manifest, BareRun network)
    {
        _network = network;
        VipsRuntime.Start();
        var limits = new PreprocessorOptions().ToLimits();
        _decoder = new PictureDecoder(limits);
        _encoder = new PictureEncoder(limits, _decoder);
        var input = manifest.Inputs[0];
        _spec = new TensorSpec(input.Width, input.Height, (Fit)input.Fit, (Espresso.Preprocessor.Decoding.ChannelOrder)input.Channels);
    }

    public void Run()
    {
        var budget = new WorkBudget(TimeProvider.System, TimeSpan.FromSeconds(60), CancellationToken.None);
        var tensor = _decoder.Decode(_file, [_spec], budget).Tensors[0];
        var map = new ModelTensor(
            SampleType.UInt8, tensor.Width, tensor.Height, 1, tensor.Geometry, 0, 0, _network.Run(tensor.Contents.Span));
        _encoder.Encode(new EncodeJob(map, OutputFormat.Png, 8, 0, 0, 0, null), budget).Contents.Dispose();
        tensor.Contents.Dispose();
    }
}
