using System.Diagnostics.Metrics;
using Espresso.Errors;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Encoding;
using Espresso.Preprocessor.Pictures;
using Espresso.Preprocessor.Resampling;
using Espresso.Preprocessor.Vips;
using Espresso.Preprocessor.Work;

namespace Espresso.Preprocessor.Tests;

/// <summary>The parts under test, with the default limits, and short ways to use them.</summary>
internal static class Core
{
    static Core() => VipsRuntime.Start();

    public static PictureLimits Limits { get; } = new PreprocessorOptions().ToLimits();

    public static PictureDecoder Decoder { get; } = new(Limits);

    public static TensorResampler Resampler { get; } = new(Limits);

    public static PictureEncoder Encoder { get; } = new(Limits, Decoder);

    public static WorkBudget Budget => new(TimeProvider.System, TimeSpan.FromMinutes(1), CancellationToken.None);

    public static byte[] Fixture(string name)
    {
        using var stream = typeof(Core).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Every picture in Fixtures that is taken.</summary>
    public static IReadOnlyList<string> Pictures { get; } =
        [.. typeof(Core).Assembly.GetManifestResourceNames().Where(name => name is not ("plain.heic" or "plain.bmp")).Order(StringComparer.Ordinal)];

    public static (Pixels Pixels, Geometry Geometry) Decode(byte[] file, TensorSpec spec)
    {
        var tensor = Decoder.Decode(file, [spec], Budget).Tensors.ShouldHaveSingleItem();
        return (Pixels.Take(tensor), tensor.Geometry);
    }

    public static Pixels Resample(ModelTensor tensor, TensorSpec spec) => Pixels.Take(Resampler.Resample(tensor, spec, Budget));

    public static byte[] Encode(EncodeJob job)
    {
        var file = Encoder.Encode(job, Budget);
        using (file.Contents)
            return file.Contents.Span.ToArray();
    }

    public static ModelTensor Tensor(Pixels pixels, Geometry? geometry = null) => new(
        SampleType.UInt8, pixels.Width, pixels.Height, pixels.Channels, geometry ?? Geometry.Whole(pixels.Width, pixels.Height), 0, 0, pixels.Bytes);

    public static EncodeJob Png(ModelTensor tensor) => new(tensor, OutputFormat.Png, 8, 0, 0, 0, Blend: null);

    /// <summary>The failure that the action ends with.</summary>
    public static Failure Failure(Action action) => Should.Throw<FailureException>(action).Failure;

    public static PreprocessorMetrics Metrics() => new(new Meters());

    private sealed class Meters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}

/// <summary>A uint8 tensor [height, width, channels] on the test's side.</summary>
internal sealed record Pixels(int Width, int Height, int Channels, byte[] Bytes)
{
    public byte this[int x, int y, int channel = 0] => Bytes[(((y * Width) + x) * Channels) + channel];

    public (byte Red, byte Green, byte Blue) At(int x, int y) => (this[x, y, 0], this[x, y, 1], this[x, y, 2]);

    public static Pixels Of(int width, int height, int channels, Func<int, int, int, byte> value)
    {
        var bytes = new byte[width * height * channels];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = value(i / channels % width, i / channels / width, i % channels);
        return new Pixels(width, height, channels, bytes);
    }

    public static Pixels Take(DecodedTensor tensor)
    {
        using (tensor.Contents)
            return new Pixels(tensor.Width, tensor.Height, tensor.Channels, tensor.Contents.Span.ToArray());
    }
}
