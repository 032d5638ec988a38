using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Encoding;
using Espresso.Preprocessor.Resampling;
using Espresso.Preprocessor.Work;

namespace Espresso.Preprocessor.Api;

/// <summary>A picture made here goes each way once before anybody's does: the first request would pay for compilation otherwise.</summary>
/// <remarks>It is also the proof that the native library works; if it does not, the process ends instead of refusing every picture.</remarks>
internal sealed class WarmUp(PictureDecoder decoder, TensorResampler resampler, PictureEncoder encoder, WorkPool pool)
{
    private const int Side = 64;

    public async Task Run(CancellationToken cancelled)
    {
        var pixels = new byte[Side * Side * 3];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)i;
        var tensor = new ModelTensor(SampleType.UInt8, Side, Side, 3, Geometry.Whole(Side, Side), 0, 0, pixels);
        var mask = new TensorSpec(Side / 2, Side / 2, Fit.Pad, ChannelOrder.Gray, Threshold: 128, Grow: 1);

        foreach (var format in Enum.GetValues<OutputFormat>())
        {
            var file = (await pool.Run("warm-up", budget => encoder.Encode(new EncodeJob(tensor, format, 8, 0, 0, 0, Blend: null), budget), cancelled)).Result;
            using var contents = file.Contents;
            var decoded = await pool.Run("warm-up", budget => decoder.Decode(contents.Memory, [mask], budget), cancelled);
            decoded.Result.Tensors[0].Contents.Dispose();
        }

        var resampled = await pool.Run("warm-up", budget => resampler.Resample(tensor, mask, budget), cancelled);
        resampled.Result.Contents.Dispose();
    }
}
