using Espresso.Errors;
using Espresso.Preprocessor.Vips;

namespace Espresso.Preprocessor.Pictures;

/// <summary>A picture file whose header is read and within the limits; no pixel of it is decoded yet.</summary>
/// <remarks>It points into the file's bytes, which stay pinned as long as it and the images from it live.</remarks>
internal sealed unsafe class PictureFile : IDisposable
{
    private const int Sequential = 1;
    private const int FailOnError = 2; // damage and missing parts, but not what codecs call warnings: good photographs have those

    private readonly byte* _bytes;
    private readonly int _length;
    private readonly VipsImage _header;

    private PictureFile(PictureFormat format, byte* bytes, int length)
    {
        Format = format;
        _bytes = bytes;
        _length = length;
        _header = Load(shrink: 1);
        Orientation = Orientation.FromExif(_header.Orientation);
    }

    public PictureFormat Format { get; }

    public Orientation Orientation { get; }

    /// <summary>Size as stored, before <see cref="Orientation"/>.</summary>
    public int StoredWidth => _header.Width;

    public int StoredHeight => _header.Height;

    /// <summary>Size as seen.</summary>
    public int Width => Orientation.Turn(StoredWidth, StoredHeight).Width;

    public int Height => Orientation.Turn(StoredWidth, StoredHeight).Height;

    /// <summary>Reads the header and holds it against the limits.</summary>
    /// <exception cref="FailureException">The file is empty, too large, no picture, of a kind that is not taken, damaged, cut off, or holds too much.</exception>
    public static PictureFile Open(byte* bytes, int length, PictureLimits limits)
    {
        var file = new ReadOnlySpan<byte>(bytes, length);
        if (length == 0)
            throw Refused(Failure.Invalid(Reasons.EmptyBody, "the picture is empty"));
        if (length > limits.Bytes)
            throw Refused(Failure.TooLarge(Reasons.BodyTooLarge, $"the picture has {length} bytes; at most {limits.Bytes} are taken"));
        var format = PictureSniffer.Sniff(file);
        if (!PictureFraming.IsWhole(format, file))
            throw Refused(Failure.Invalid(Reasons.Truncated, $"the {Name(format)} picture is cut off: it ends before its own end mark"));

        PictureFile picture;
        VipsException.Forget();
        try
        {
            picture = new PictureFile(format, bytes, length);
        }
        catch (VipsException error)
        {
            throw Refused(Damaged(format, error), error);
        }

        try
        {
            picture.Check(limits);
            return picture;
        }
        catch
        {
            picture.Dispose();
            throw;
        }
    }

    /// <summary>The pixels, without alpha, in the picture's own colour space, 8 or 16 bits, to be read once from top to bottom.</summary>
    /// <param name="shrink">1, 2, 4 or 8: the codec may give the picture so many times smaller, if it can do so cheaply.</param>
    public VipsImage Pixels(int shrink)
    {
        using var loaded = Load(shrink);
        return loaded.HasAlpha ? loaded.Flatten() : loaded.Declare(loaded.Interpretation);
    }

    public static Failure Damaged(PictureFormat format, VipsException error) => format == PictureFormat.Heic
        ? new Failure(FailureKind.Unsupported, Reasons.UnsupportedFormat, "HEIC is not taken: the libvips here has no HEVC decoder")
        : Failure.Invalid(Reasons.CorruptPicture, $"the {Name(format)} picture is damaged: {error.Message}");

    public static string Name(PictureFormat format) => format switch
    {
        PictureFormat.Webp => "WebP",
        _ => format.ToString().ToUpperInvariant(),
    };

    public void Dispose() => _header.Dispose();

    private static FailureException Refused(Failure failure, Exception? inner = null) => new(failure, inner);

    private VipsImage Load(int shrink)
    {
        using var load = VipsOperation.Named(Format switch
        {
            PictureFormat.Avif or PictureFormat.Heic => "heifload_buffer",
            _ => $"{Format.ToString().ToLowerInvariant()}load_buffer",
        }).Set("buffer", _bytes, _length).Set("access", Sequential).Set("fail_on", FailOnError);
        if (Format == PictureFormat.Jpeg)
            load.Set("shrink", shrink);
        else if (Format == PictureFormat.Webp)
            load.Set("scale", 1.0 / shrink);
        return load.Image();
    }

    private void Check(PictureLimits limits)
    {
        var pixels = (long)StoredWidth * StoredHeight;
        if (pixels > limits.Pixels)
        {
            throw Refused(Failure.TooLarge(
                Reasons.TooManyPixels, $"the picture has {StoredWidth} × {StoredHeight} = {pixels} pixels; at most {limits.Pixels} are taken"));
        }

        if (_header.Pages > limits.Frames)
            throw Refused(Failure.TooLarge(Reasons.TooManyFrames, $"the picture has {_header.Pages} frames; at most {limits.Frames} are taken"));
        if (_header.Format is not (VipsBandFormat.UChar or VipsBandFormat.UShort) || _header.Bands > 5
            || (_header.Bands == 2 && !_header.HasAlpha) || _header.Interpretation == VipsInterpretation.Multiband)
        {
            throw Refused(new Failure(
                FailureKind.Unsupported, Reasons.UnsupportedFormat, $"this kind of {Name(Format)} is not taken: 8 or 16 bits of gray, RGB or CMYK are"));
        }
    }
}
