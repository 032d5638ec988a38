using Espresso.Preprocessor.Decoding;

namespace Espresso.Preprocessor.Resampling;

/// <summary>Along one axis: which samples of a tensor make each pixel of a target, and with what weights.</summary>
/// <remarks>
/// Catmull-Rom's cubic (a = -1/2; R. Keys, "Cubic convolution interpolation", 1981): at the same size and place it is the identity. Where
/// the target is smaller the kernel widens by the ratio, so that nothing is skipped.
/// </remarks>
internal sealed class SampleAxis
{
    private readonly int[] _starts;
    private readonly float[] _weights;

    private SampleAxis(int first, int count, int taps)
    {
        First = first;
        Count = count;
        Taps = taps;
        _starts = new int[count];
        _weights = new float[count * taps];
    }

    /// <summary>The first target pixel that the tensor reaches; before it and behind <see cref="Count"/> pixels it knows nothing.</summary>
    public int First { get; }

    public int Count { get; }

    /// <summary>Samples that make one pixel.</summary>
    public int Taps { get; }

    /// <summary>The first sample for the i-th pixel from <see cref="First"/> on.</summary>
    public int Start(int i) => _starts[i];

    public ReadOnlySpan<float> Weights(int i) => _weights.AsSpan(i * Taps, Taps);

    /// <summary>The horizontal axis: a tensor's columns to a target of <paramref name="width"/> pixels that shows <paramref name="shown"/> of the same picture.</summary>
    public static SampleAxis Across(Geometry tensor, Rect shown, int width) =>
        Of(width, shown.X, shown.Width, tensor.Source.X, tensor.Source.Width, tensor.Content.X, tensor.Content.Width);

    /// <summary>The vertical axis, likewise.</summary>
    public static SampleAxis Down(Geometry tensor, Rect shown, int height) =>
        Of(height, shown.Y, shown.Height, tensor.Source.Y, tensor.Source.Height, tensor.Content.Y, tensor.Content.Height);

    // Target pixel i shows the picture at shown + (i + ½) · shownLength / count, which is the tensor's at content + (that - source) · contentLength / sourceLength.
    private static SampleAxis Of(
        int count, double shown, double shownLength, double source, double sourceLength, double content, double contentLength)
    {
        var zoom = contentLength / sourceLength;
        var step = shownLength / count * zoom;
        var origin = content + ((shown - source) * zoom);
        var from = (int)Math.Floor(content + 1e-3);
        var to = Math.Max(from + 1, (int)Math.Ceiling(content + contentLength - 1e-3));

        const double Rounding = 1e-6;
        var first = Math.Clamp((int)Math.Ceiling(((content - origin) / step) - 0.5 - Rounding), 0, count);
        var last = Math.Clamp((int)Math.Floor(((content + contentLength - origin) / step) - 0.5 + Rounding), -1, count - 1);

        var stretch = Math.Max(1, step);
        var taps = (int)Math.Min(to - from, Math.Ceiling((4 * stretch) - Rounding));
        var axis = new SampleAxis(first, Math.Max(0, last - first + 1), taps);
        for (var i = 0; i < axis.Count; i++)
            axis.Weigh(i, origin + (step * (first + i + 0.5)), stretch, from, to);
        return axis;
    }

    private void Weigh(int i, double centre, double stretch, int from, int to)
    {
        var start = Math.Clamp((int)Math.Ceiling(centre - (2 * stretch) - 0.5), from, to - Taps);
        var weights = _weights.AsSpan(i * Taps, Taps);
        var sum = 0.0;
        for (var tap = 0; tap < Taps; tap++)
            sum += weights[tap] = (float)Kernel((start + tap + 0.5 - centre) / stretch);
        _starts[i] = start;
        foreach (ref var weight in weights)
            weight = (float)(weight / sum); // at an edge a part of the kernel is missing
    }

    private static double Kernel(double x)
    {
        x = Math.Abs(x);
        return x switch
        {
            < 1 => (((1.5 * x) - 2.5) * x * x) + 1,
            < 2 => (((((-0.5 * x) + 2.5) * x) - 4) * x) + 2,
            _ => 0,
        };
    }
}
