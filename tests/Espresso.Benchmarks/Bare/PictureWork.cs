using System.Diagnostics;
using Espresso.Benchmarks.Load;
using Espresso.Benchmarks.Serving;
using Espresso.Manifests;
using Espresso.Preprocessor;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Encoding;
using Espresso.Preprocessor.Resampling;
using Espresso.Preprocessor.Vips;
using Espresso.Preprocessor.Work;

namespace Espresso.Benchmarks.Bare;

/// <summary>The picture work of one request with nothing around it: one decode into the model's input, one encode of its map.</summary>
internal static class PictureWork
{
    public static LoadResult Run(Manifest manifest, TimeSpan window)
    {
        VipsRuntime.Start();
        var limits = new PreprocessorOptions().ToLimits();
        var decoder = new PictureDecoder(limits);
        var encoder = new PictureEncoder(limits, decoder);
        var file = Pictures.Jpeg();
        var input = manifest.Inputs[0];
        var spec = new TensorSpec(input.Width, input.Height, (Fit)input.Fit, (Espresso.Preprocessor.Decoding.ChannelOrder)input.Channels);

        var latencies = new List<double>();
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < window || latencies.Count < 5)
        {
            var start = Stopwatch.GetTimestamp();
            var budget = new WorkBudget(TimeProvider.System, TimeSpan.FromSeconds(60), CancellationToken.None);
            var tensor = decoder.Decode(file, [spec], budget).Tensors[0];
            // What the network would give: one channel. The first third of the pixels is as good as any.
            var map = new ModelTensor(
                SampleType.UInt8, tensor.Width, tensor.Height, 1, tensor.Geometry, 0, 0, tensor.Contents.Memory[..(tensor.Width * tensor.Height)]);
            encoder.Encode(new EncodeJob(map, OutputFormat.Png, 8, 0, 0, 0, null), budget).Contents.Dispose();
            tensor.Contents.Dispose();
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        latencies.Sort();
        return new LoadResult(
            latencies.Count / Stopwatch.GetElapsedTime(begin).TotalSeconds, latencies[latencies.Count / 2],
            latencies[(int)(latencies.Count * 0.95)], latencies[(int)(latencies.Count * 0.99)], 1, 0, 0, 0);
    }
}
