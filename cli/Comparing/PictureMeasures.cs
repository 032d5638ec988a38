using Espresso.Cli.Client;

namespace Espresso.Cli.Comparing;

/// <summary>How far two pictures of one size are apart. Pure; values are bytes, 255 is full scale.</summary>
internal static class PictureMeasures
{
    private const double White = byte.MaxValue;
    private const int Half = 128;

    // Two points are told apart where they differ by more than rounding and noise: 2 % of full scale.
    private const int ToldApart = 5;
    private const int Pairs = 20_000;

    /// <summary>Of full scale.</summary>
    public static double MeanDifference(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var sum = 0L;
        for (var i = 0; i < a.Length; i++)
            sum += Math.Abs(a[i] - b[i]);
        return sum / White / a.Length;
    }

    /// <summary>Of random pairs of points that <paramref name="a"/> tells apart, the share that <paramref name="b"/> puts in the same order; null: it tells none apart.</summary>
    public static double? OrdinalAgreement(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var (asked, same) = (0, 0);
        var random = new Random(1); // the same pairs each time
        for (var pair = 0; pair < Pairs; pair++)
        {
            var (one, other) = (random.Next(a.Length), random.Next(a.Length));
            if (Math.Abs(a[one] - a[other]) < ToldApart)
                continue;
            asked++;
            if (Math.Sign(a[one] - a[other]) == Math.Sign(b[one] - b[other]))
                same++;
        }

        return asked > 0 ? (double)same / asked : null;
    }

    /// <summary>Intersection over union of what is at least half white; 1 where both are empty.</summary>
    public static double Iou(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var (both, either) = (0, 0);
        for (var i = 0; i < a.Length; i++)
        {
            var (one, other) = (a[i] >= Half, b[i] >= Half);
            both += one && other ? 1 : 0;
            either += one || other ? 1 : 0;
        }

        return either > 0 ? (double)both / either : 1;
    }

    /// <summary>Decibels; infinite for equal pictures.</summary>
    /// <param name="channels">Bytes a pixel.</param>
    /// <param name="inside">A mask of as many pixels: those that are at least half white count; empty: all do.</param>
    public static double Psnr(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, int channels, ReadOnlySpan<byte> inside = default)
    {
        var (sum, count) = (0L, 0L);
        for (var i = 0; i < a.Length; i++)
        {
            if (!inside.IsEmpty && inside[i / channels] < Half)
                continue;
            sum += (a[i] - b[i]) * (a[i] - b[i]);
            count++;
        }

        return sum == 0 ? double.PositiveInfinity : 10 * Math.Log10(White * White * count / sum);
    }

    /// <summary>Where they differ: white for equal, to dark red for an eighth of full scale and more.</summary>
    public static Raster Difference(Raster a, Raster b)
    {
        const double Gain = 8;
        byte[] most = [156, 28, 0];
        var pixels = new byte[a.Width * a.Height * most.Length];
        for (var at = 0; at < a.Width * a.Height; at++)
        {
            var apart = MeanDifference(a.Pixels.AsSpan(at * a.Channels, a.Channels), b.Pixels.AsSpan(at * b.Channels, b.Channels));
            for (var channel = 0; channel < most.Length; channel++)
                pixels[(at * most.Length) + channel] = (byte)Math.Round(White - (Math.Min(1, apart * Gain) * (White - most[channel])));
        }

        return new Raster(a.Width, a.Height, most.Length, pixels);
    }
}
