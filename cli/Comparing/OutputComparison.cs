using System.Globalization;
using Espresso.Cli.Client;
using Espresso.Cli.Commands;
using Espresso.Cli.Reports;
using Espresso.Protos.Preprocessor;

namespace Espresso.Cli.Comparing;

/// <summary>One output of two versions, side by side.</summary>
/// <param name="Said">How far they are apart, in a line.</param>
/// <param name="Figures">A's, B's, and for pictures where they differ.</param>
internal sealed record OutputComparison(string Output, string Said, IReadOnlyList<Figure> Figures)
{
    /// <param name="a">Null: that version has no such output.</param>
    /// <param name="b">As <paramref name="a"/>.</param>
    /// <param name="mask">What the request sent; images are measured inside of it, too.</param>
    public static async Task<OutputComparison> Of(PictureClient pictures, string name, OutputInfo? a, OutputInfo? b, byte[]? mask, CancellationToken cancellation)
    {
        if (a is null || b is null)
            return new OutputComparison(name, a is null ? "only B has it" : "only A has it", [await Shown(pictures, $"{name}, A", a, cancellation), await Shown(pictures, $"{name}, B", b, cancellation)]);
        if (a.Data is null || b.Data is null)
            return new OutputComparison(name, ValueMeasures.Of(a, b), [await Shown(pictures, $"{name}, A", a, cancellation), await Shown(pictures, $"{name}, B", b, cancellation)]);

        var (one, other) = (await Shown(pictures, $"{name}, A", a, cancellation), await Shown(pictures, $"{name}, B", b, cancellation));
        var said = await Measured(pictures, a, b, mask, cancellation);
        return new OutputComparison(name, said, one.Picture!.Raster is var first && other.Picture!.Raster is var second && (first.Width, first.Height) == (second.Width, second.Height)
            ? [one, other, new Figure($"where they differ: {said}", await Preview.Of(pictures, PictureMeasures.Difference(first, second), Format.Png, cancellation))]
            : [one, other]);
    }

    /// <summary>An output as a figure.</summary>
    public static async Task<Figure> Shown(PictureClient pictures, string caption, OutputInfo? output, CancellationToken cancellation) => output switch
    {
        null => new Figure(caption, null, "none"),
        { Data: { } data } => new Figure(caption, await Preview.Of(pictures, data, ChannelsOf(output), cancellation)),
        _ => new Figure(caption, null, Results.Summary(output).TrimStart(':', ' ').Replace(", ", "\n", StringComparison.Ordinal)),
    };

    private static Channels ChannelsOf(OutputInfo output) => output.Kind == "image" ? Channels.Rgb : Channels.Gray;

    private static async Task<string> Measured(PictureClient pictures, OutputInfo a, OutputInfo b, byte[]? mask, CancellationToken cancellation)
    {
        var (width, height) = await pictures.Size(a.Data!, cancellation);
        var size = new TensorSpec { Width = width, Height = height, Channels = ChannelsOf(a) };
        var one = await pictures.Decode(a.Data!, size, cancellation);
        var other = (await pictures.Decode(b.Data!, size, cancellation)).Pixels;
        var mean = $"mean difference {Number(PictureMeasures.MeanDifference(one.Pixels, other))} of full scale";
        switch (a.Kind)
        {
            case "map":
                return PictureMeasures.OrdinalAgreement(one.Pixels, other) is { } order ? $"{mean}, {Number(order)} of pairs in the same order" : $"{mean}, A is flat";
            case "mask":
                return $"{mean}, IoU {Number(PictureMeasures.Iou(one.Pixels, other))}";
            default:
                var whole = $"{mean}, PSNR {Decibels(PictureMeasures.Psnr(one.Pixels, other, one.Channels))}";
                if (mask is null)
                    return whole;
                var inside = (await pictures.Decode(mask, new TensorSpec { Width = size.Width, Height = size.Height, Channels = Channels.Gray }, cancellation)).Pixels;
                return $"{whole}, inside the mask {Decibels(PictureMeasures.Psnr(one.Pixels, other, one.Channels, inside))}";
        }
    }

    private static string Decibels(double value) => double.IsPositiveInfinity(value) ? "infinite (equal)" : $"{value.ToString("0.0", CultureInfo.InvariantCulture)} dB";

    private static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
