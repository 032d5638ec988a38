using System.Numerics.Tensors;

namespace Espresso.Preprocessor.Resampling;

/// <summary>A tensor's rows at another scale, one after the other from top to bottom, as numbers from 0 to 1 (a little over where edges ring).</summary>
/// <remarks>Each of the tensor's rows is widened once and kept as long as a target row needs it; a target row is then a weighted sum of a few.</remarks>
internal sealed class TensorSampler
{
    private readonly ModelTensor _tensor;
    private readonly SampleAxis _across;
    private readonly SampleAxis _down;
    private readonly (float Low, float High) _range;
    private readonly float[] _line;
    private readonly float[][] _widened;
    private readonly float[] _sum;
    private int _next;

    public TensorSampler(ModelTensor tensor, SampleAxis across, SampleAxis down)
        : this(tensor, across, down, Samples.Range(tensor))
    {
    }

    private TensorSampler(ModelTensor tensor, SampleAxis across, SampleAxis down, (float Low, float High) range)
    {
        _tensor = tensor;
        _across = across;
        _down = down;
        _range = range;
        _line = new float[tensor.Width * tensor.Channels];
        _widened = [.. Enumerable.Range(0, down.Taps).Select(_ => new float[across.Count * tensor.Channels])];
        _sum = new float[across.Count * tensor.Channels];
    }

    /// <summary>The same rows once more, for another thread or from above again.</summary>
    public TensorSampler Again() => new(_tensor, _across, _down, _range);

    /// <summary>The i-th row that the tensor reaches; i does not fall from call to call. Valid until the next call.</summary>
    /// <returns>Values of the pixels that the tensor reaches, channels together.</returns>
    public ReadOnlySpan<float> Row(int i)
    {
        var start = _down.Start(i);
        for (_next = Math.Max(_next, start); _next < start + _down.Taps; _next++)
            Widen(_next, _widened[_next % _down.Taps]);

        var weights = _down.Weights(i);
        TensorPrimitives.Multiply(_widened[start % _down.Taps], weights[0], _sum);
        for (var tap = 1; tap < weights.Length; tap++)
        {
            if (weights[tap] != 0)
                TensorPrimitives.MultiplyAdd(_widened[(start + tap) % _down.Taps], weights[tap], _sum, _sum);
        }

        return _sum;
    }

    private void Widen(int row, Span<float> into)
    {
        Samples.Read(_tensor, row, _range, _line);
        if (_tensor.Channels == 1)
            WidenGray(into);
        else
            WidenColours(into);
    }

    private void WidenGray(Span<float> into)
    {
        for (var i = 0; i < into.Length; i++)
        {
            var weights = _across.Weights(i);
            var samples = _line.AsSpan(_across.Start(i), weights.Length);
            var sum = 0f;
            for (var tap = 0; tap < weights.Length; tap++)
                sum += weights[tap] * samples[tap];
            into[i] = sum;
        }
    }

    private void WidenColours(Span<float> into)
    {
        for (var i = 0; i < _across.Count; i++)
        {
            var (red, green, blue) = (0f, 0f, 0f);
            var at = _across.Start(i) * 3;
            foreach (var weight in _across.Weights(i))
            {
                red += weight * _line[at];
                green += weight * _line[at + 1];
                blue += weight * _line[at + 2];
                at += 3;
            }

            (into[i * 3], into[(i * 3) + 1], into[(i * 3) + 2]) = (red, green, blue);
        }
    }
}
