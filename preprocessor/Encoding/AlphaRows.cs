using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Resampling;

namespace Espresso.Preprocessor.Encoding;

/// <summary>A mask as soft alpha at a picture's size, row by row.</summary>
/// <remarks>
/// The soft border lies outside the mask, two of its pixels wide: inside, nothing of the picture may shine through, since what was there
/// is what the tensor is to hide.
/// </remarks>
internal sealed class AlphaRows
{
    private readonly SampleAxis _across;
    private readonly SampleAxis _down;
    private readonly TensorSampler _sampler;

    public AlphaRows(ModelTensor mask, int width, int height)
    {
        var whole = Geometry.Whole(mask.Geometry.PictureWidth, mask.Geometry.PictureHeight).Source;
        _across = SampleAxis.Across(mask.Geometry, whole, width);
        _down = SampleAxis.Down(mask.Geometry, whole, height);
        _sampler = new TensorSampler(Feathered(mask), _across, _down);
    }

    private AlphaRows(AlphaRows other) => (_across, _down, _sampler) = (other._across, other._down, other._sampler.Again());

    /// <inheritdoc cref="TensorSampler.Again"/>
    public AlphaRows Again() => new(this);

    /// <summary>Lays the values from the pixel <paramref name="first"/> on over one row of a picture, as far as the mask says.</summary>
    /// <param name="row">The row's number; it does not fall from call to call.</param>
    /// <param name="values">0..1, <paramref name="channels"/> together, 1 or 3.</param>
    /// <param name="picture">RGB, the whole row.</param>
    public void Blend(int row, int first, ReadOnlySpan<float> values, int channels, Span<byte> picture)
    {
        if (row < _down.First || row >= _down.First + _down.Count)
            return;
        var alphas = _sampler.Row(row - _down.First);
        var begin = Math.Max(first, _across.First);
        var end = Math.Min(first + (values.Length / channels), _across.First + _across.Count);
        for (var x = begin; x < end; x++)
        {
            var alpha = Math.Min(alphas[x - _across.First], 1);
            if (alpha <= 0)
                continue;
            for (var channel = 0; channel < 3; channel++)
            {
                ref var sample = ref picture[(x * 3) + channel];
                var value = Math.Clamp(values[((x - first) * channels) + (channels == 3 ? channel : 0)], 0, 1) * byte.MaxValue;
                sample = (byte)(sample + (alpha * (value - sample)) + 0.5f);
            }
        }
    }

    private static ModelTensor Feathered(ModelTensor mask)
    {
        var line = new float[mask.Width];
        var bytes = new byte[mask.Width * mask.Height];
        var range = Samples.Range(mask);
        for (var row = 0; row < mask.Height; row++)
        {
            Samples.Read(mask, row, range, line);
            Samples.ToBytes(line, bytes.AsSpan(row * mask.Width, mask.Width));
        }

        Masks.Feather(bytes, mask.Width, mask.Height);
        return mask with { Type = SampleType.UInt8, Contents = bytes };
    }
}
