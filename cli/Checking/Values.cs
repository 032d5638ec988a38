namespace Espresso.Cli.Checking;

/// <summary>Comparisons of what networks give.</summary>
internal static class Values
{
    /// <summary>Below this a span is nothing to measure by: what does not vary is compared as it is.</summary>
    private const float LeastScale = 1e-6f;

    private const float Precision = 1e-3f;

    /// <summary>The largest difference of full scale; infinite where one is a number and the other is not.</summary>
    /// <param name="scale">From the smallest to the largest value that occurs.</param>
    public static float Largest(ReadOnlySpan<float> one, ReadOnlySpan<float> other, float scale)
    {
        if (one.Length != other.Length)
            return float.PositiveInfinity;
        var largest = 0f;
        for (var i = 0; i < one.Length; i++)
        {
            if (one[i].Equals(other[i]))
                continue; // equal infinities, too, and two that are no number
            var difference = Math.Abs(one[i] - other[i]);
            largest = float.IsNaN(difference) ? float.PositiveInfinity : Math.Max(largest, difference);
        }

        return largest / Math.Max(scale, LeastScale);
    }

    /// <summary>From the smallest to the largest finite value, but not less than what a float can tell apart at that size.</summary>
    public static float Scale(IEnumerable<float[]> tensors)
    {
        var (low, high) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (var value in tensors.SelectMany(values => values).Where(float.IsFinite))
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        return low <= high ? Math.Max(high - low, Precision * Math.Max(Math.Abs(low), Math.Abs(high))) : 0;
    }
}
