using Espresso.Errors;
using Espresso.Preprocessor.Resampling;

namespace Espresso.Preprocessor.Encoding;

internal enum OutputFormat
{
    Png,
    Webp,
    Jpeg,
}

/// <summary>A picture file to be made from a tensor.</summary>
/// <param name="Bits">8, or 16 for PNG.</param>
/// <param name="Quality">1..100 for JPEG and WebP; 0: <see cref="DefaultQuality"/>.</param>
/// <param name="Width">With <paramref name="Height"/> the file's size; both 0: the picture's own.</param>
/// <param name="Blend">Null: the tensor alone.</param>
internal sealed record EncodeJob(ModelTensor Tensor, OutputFormat Format, int Bits, int Quality, int Width, int Height, Blend? Blend)
{
    public const int DefaultQuality = 90;
    private const int MaxSide = 65_535;
    private const int MaxWebpSide = 16_383;

    /// <exception cref="FailureException">It asks for something that is no picture file.</exception>
    public void Check()
    {
        Tensor.Check("tensor");
        Blend?.Check(Tensor);
        var largest = Format == OutputFormat.Webp ? MaxWebpSide : MaxSide;
        if (Width < 0 || Height < 0 || (Width == 0) != (Height == 0) || Width > largest || Height > largest)
            throw Invalid($"a picture of {Width} × {Height}: both sides 1 to {largest}, or both 0 for the picture's own");
        if (Bits is not (8 or 16) || (Bits == 16 && (Format != OutputFormat.Png || Blend is not null)))
            throw Invalid($"{Bits} bits: 8, or 16 for PNG without blending");
        if (Quality is < 0 or > 100)
            throw Invalid($"quality {Quality}: 1 to 100, or 0 for {DefaultQuality}");
    }

    internal static FailureException Invalid(string message) => new(Failure.Invalid(Reasons.InvalidRequest, message));
}

/// <summary>Where the mask is dark the picture itself stays, where it is bright the tensor stands.</summary>
/// <param name="Picture">The picture's file.</param>
internal sealed record Blend(ModelTensor Mask, ReadOnlyMemory<byte> Picture)
{
    public void Check(ModelTensor tensor)
    {
        Mask.Check("mask");
        if (Mask.Channels != 1)
            throw EncodeJob.Invalid($"the mask has {Mask.Channels} channels; it has one");
        var (own, other) = (tensor.Geometry, Mask.Geometry);
        if ((own.PictureWidth, own.PictureHeight) != (other.PictureWidth, other.PictureHeight))
        {
            throw EncodeJob.Invalid(
                $"the tensor belongs to a picture of {own.PictureWidth} × {own.PictureHeight}, the mask to one of {other.PictureWidth} × {other.PictureHeight}");
        }
    }
}
