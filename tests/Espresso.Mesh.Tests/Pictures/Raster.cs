namespace Espresso.Mesh.Tests.Pictures;

/// <summary>Pixels, row by row, the channels of each beside each other.</summary>
/// <param name="Bits">Of a sample: 8 or 16.</param>
internal sealed record Raster(int Width, int Height, int Channels, int Bits, ushort[] Samples)
{
    public static Raster Of(int width, int height, int channels, Func<int, int, int, int> sample)
    {
        var samples = new ushort[width * height * channels];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (ushort)sample(i / channels % width, i / channels / width, i % channels);
        return new Raster(width, height, channels, 8, samples);
    }

    public int this[int x, int y, int channel] => Samples[(((y * Width) + x) * Channels) + channel];

    public bool IsConstant => Samples.Max() == Samples.Min();

    /// <summary>Of all samples of the chosen pixels.</summary>
    public double Mean(Func<int, int, bool> where) =>
        Select(where, (x, y, channel) => this[x, y, channel]).Average();

    /// <summary>The largest difference of a sample of the chosen pixels.</summary>
    public int Farthest(Raster other, Func<int, int, bool> where)
    {
        (other.Width, other.Height, other.Channels, other.Bits).ShouldBe((Width, Height, Channels, Bits));
        return Select(where, (x, y, channel) => Math.Abs(this[x, y, channel] - other[x, y, channel])).Max();
    }

    private IEnumerable<int> Select(Func<int, int, bool> where, Func<int, int, int, int> value) =>
        from y in Enumerable.Range(0, Height)
        from x in Enumerable.Range(0, Width)
        where @where(x, y)
        from channel in Enumerable.Range(0, Channels)
        select value(x, y, channel);
}
