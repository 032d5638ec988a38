namespace Espresso.Packages.Tests;

/// <summary>A square picture [side, side, 3] in sRGB, and ways to make it worse.</summary>
internal sealed record Photo(byte[] Pixels, int Side)
{
    private const double Gamma = 2.2;

    /// <summary>The package's first sample, at another size than its input's if wanted.</summary>
    public static Photo Of(Package package, int? side = null)
    {
        var input = package.Manifest.Inputs.Single();
        var size = side ?? input.Width;
        return new Photo(package.Pixels(package.Manifest.Samples[0].Image, input with { Width = size, Height = size }), size);
    }

    public static Photo Draw(int side, Func<int, int, (int Red, int Green, int Blue)> colour)
    {
        var pixels = new byte[side * side * 3];
        for (var i = 0; i < side * side; i++)
        {
            var (red, green, blue) = colour(i % side, i / side);
            (pixels[3 * i], pixels[(3 * i) + 1], pixels[(3 * i) + 2]) = ((byte)red, (byte)green, (byte)blue);
        }

        return new Photo(pixels, side);
    }

    /// <summary>Twice a mean over (2 · radius + 1)², which is nearly a bell.</summary>
    /// <param name="from">The first column that is blurred.</param>
    public Photo Blurred(int radius, int from = 0)
    {
        var values = Array.ConvertAll(Pixels, pixel => (double)pixel);
        for (var pass = 0; pass < 2 && radius > 0; pass++)
            values = Mean(Mean(values, radius, 3), radius, 3 * Side);
        return this with { Pixels = [.. values.Select((value, i) => i / 3 % Side < from ? Pixels[i] : Byte(value))] };
    }

    public Photo Lit(double light) => Map(pixel => 255 * Math.Pow(Math.Pow(pixel / 255.0, Gamma) * light, 1 / Gamma));

    /// <param name="share">Of every pixel's distance from the mean, what is left.</param>
    public Photo Flattened(double share)
    {
        var mean = Pixels.Average(pixel => pixel);
        return Map(pixel => mean + ((pixel - mean) * share));
    }

    public Photo Saturated(double share) => this with
    {
        Pixels = [.. Pixels.Select((pixel, i) =>
        {
            var at = i / 3 * 3;
            var grey = (0.299 * Pixels[at]) + (0.587 * Pixels[at + 1]) + (0.114 * Pixels[at + 2]);
            return Byte(grey + ((pixel - grey) * share));
        })],
    };

    /// <summary>Half the side: the mean of every four pixels.</summary>
    public Photo Halved() => Draw(Side / 2, (x, y) => (Four(x, y, 0), Four(x, y, 1), Four(x, y, 2)));

    /// <summary>Twice the side, in steps between the pixels.</summary>
    public Photo Doubled() => Draw(Side * 2, (x, y) => (this[x / 2, y / 2, 0], this[x / 2, y / 2, 1], this[x / 2, y / 2, 2])).Blurred(1);

    private int this[int x, int y, int channel] => Pixels[(((y * Side) + x) * 3) + channel];

    private int Four(int x, int y, int channel) =>
        (this[2 * x, 2 * y, channel] + this[(2 * x) + 1, 2 * y, channel] + this[2 * x, (2 * y) + 1, channel] + this[(2 * x) + 1, (2 * y) + 1, channel] + 2) / 4;

    private Photo Map(Func<byte, double> change) => this with { Pixels = Array.ConvertAll(Pixels, pixel => Byte(change(pixel))) };

    /// <param name="step">To the next value of the same channel; over the edge the last one counts on.</param>
    private double[] Mean(double[] values, int radius, int step)
    {
        var mean = new double[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var at = i / step % Side;
            for (var off = -radius; off <= radius; off++)
                mean[i] += values[i + ((Math.Clamp(at + off, 0, Side - 1) - at) * step)];
            mean[i] /= (2 * radius) + 1;
        }

        return mean;
    }

    private static byte Byte(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);
}
