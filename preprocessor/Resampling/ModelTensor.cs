using Espresso.Errors;
using Espresso.Preprocessor.Decoding;

namespace Espresso.Preprocessor.Resampling;

internal enum SampleType
{
    UInt8,
    UInt16,
    Float32,
}

/// <summary>A tensor [height, width, channels] that a model gave, one channel or three (RGB), little-endian; not owned.</summary>
/// <param name="Low">Float32: the value that stands for black. Equal to <paramref name="High"/>: the tensor's own smallest and largest.</param>
/// <param name="High">Float32: the value that stands for white.</param>
internal sealed record ModelTensor(
    SampleType Type, int Width, int Height, int Channels, Geometry Geometry, float Low, float High, ReadOnlyMemory<byte> Contents)
{
    private const int MaxSide = 65_535;

    public int SampleBytes => Type switch
    {
        SampleType.UInt8 => 1,
        SampleType.UInt16 => 2,
        _ => 4,
    };

    /// <param name="name">What it is to the caller: the tensor, or the mask.</param>
    /// <exception cref="FailureException">Its contents, shape and geometry do not agree.</exception>
    public void Check(string name)
    {
        if (Width is < 1 or > MaxSide || Height is < 1 or > MaxSide || Channels is not (1 or 3))
            throw Invalid($"the {name} is [{Height}, {Width}, {Channels}]; sides are 1 to {MaxSide}, channels 1 or 3");
        if ((long)Width * Height * Channels * SampleBytes is var needed && needed != Contents.Length)
            throw Invalid($"the {name}, [{Height}, {Width}, {Channels}] of {Type}, needs {needed} bytes and has {Contents.Length}");
        if (!float.IsFinite(Low) || !float.IsFinite(High))
            throw Invalid($"the {name}'s range {Low}..{High} is not finite");
        if (Geometry.PictureWidth < 1 || Geometry.PictureHeight < 1)
            throw Invalid($"the {name}'s geometry speaks of a picture of {Geometry.PictureWidth} × {Geometry.PictureHeight}");
        if (!Inside(Geometry.Source, Geometry.PictureWidth, Geometry.PictureHeight))
            throw Invalid($"the {name}'s source rectangle is not inside its picture");
        if (!Inside(Geometry.Content, Width, Height))
            throw Invalid($"the {name}'s content rectangle is not inside it");
    }

    private static bool Inside(Rect rect, int width, int height)
    {
        const double Rounding = 1e-3;
        return rect.Width > 0 && rect.Height > 0 && rect.X >= -Rounding && rect.Y >= -Rounding
            && rect.X + rect.Width <= width + Rounding && rect.Y + rect.Height <= height + Rounding;
    }

    private static FailureException Invalid(string message) => new(Failure.Invalid(Reasons.InvalidTensor, message));
}
