using Espresso.Errors;

namespace Espresso.Preprocessor.Decoding;

/// <summary>Where a picture lands in a tensor: scaled to a size, a part of that cut out, the part put at a place. All in whole tensor pixels.</summary>
internal sealed record Placement
{
    private const int MaxScaledSide = 1_000_000;

    public required TensorSpec Spec { get; init; }

    /// <summary>The tensor's size.</summary>
    public required int Width { get; init; }

    public required int Height { get; init; }

    /// <summary>The size of the whole picture at the tensor's scale.</summary>
    public required int ScaledWidth { get; init; }

    public required int ScaledHeight { get; init; }

    /// <summary>Columns and rows of it that are cut away on the left and above.</summary>
    public int CropX => Math.Max(0, (ScaledWidth - Width) / 2);

    public int CropY => Math.Max(0, (ScaledHeight - Height) / 2);

    /// <summary>The part of the tensor that shows the picture.</summary>
    public int ContentX => Math.Max(0, (Width - ScaledWidth) / 2);

    public int ContentY => Math.Max(0, (Height - ScaledHeight) / 2);

    public int ContentWidth => Math.Min(Width, ScaledWidth);

    public int ContentHeight => Math.Min(Height, ScaledHeight);

    public long Bytes => (long)Width * Height * Spec.Channels;

    /// <param name="spec">What is asked.</param>
    /// <param name="width">The picture's, as it is seen.</param>
    /// <param name="height">The same.</param>
    /// <exception cref="FailureException">The picture is so thin that filling the tensor with it makes no sense.</exception>
    public static Placement Of(TensorSpec spec, int width, int height)
    {
        if (spec.Width == 0)
            return new Placement { Spec = spec, Width = width, Height = height, ScaledWidth = width, ScaledHeight = height };

        var across = (double)spec.Width / width;
        var down = (double)spec.Height / height;
        var scale = spec.Fit == Fit.Pad ? Math.Min(across, down) : Math.Max(across, down);
        var (scaledWidth, scaledHeight) = spec.Fit switch
        {
            Fit.Stretch => (spec.Width, spec.Height),
            Fit.Pad => (Math.Clamp(Math.Round(width * scale), 1, spec.Width), Math.Clamp(Math.Round(height * scale), 1, spec.Height)),
            _ => (Math.Max(spec.Width, Math.Round(width * scale)), Math.Max(spec.Height, Math.Round(height * scale))),
        };
        if (Math.Max(scaledWidth, scaledHeight) > MaxScaledSide)
        {
            throw new FailureException(Failure.Invalid(
                Reasons.InvalidRequest, $"the picture of {width} × {height} is too thin to fill a tensor of {spec.Width} × {spec.Height}"));
        }

        return new Placement
        {
            Spec = spec,
            Width = spec.Width,
            Height = spec.Height,
            ScaledWidth = (int)scaledWidth,
            ScaledHeight = (int)scaledHeight,
        };
    }

    public Geometry Geometry(int width, int height)
    {
        var across = (double)width / ScaledWidth;
        var down = (double)height / ScaledHeight;
        return new Geometry(
            width, height,
            new Rect(CropX * across, CropY * down, ContentWidth * across, ContentHeight * down),
            new Rect(ContentX, ContentY, ContentWidth, ContentHeight));
    }
}
