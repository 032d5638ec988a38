namespace Espresso.Preprocessor.Pictures;

/// <summary>How stored pixels lie in the picture as it is seen: first mirrored along each axis, then transposed.</summary>
internal readonly record struct Orientation(bool MirrorX, bool MirrorY, bool Transpose)
{
    /// <summary>From EXIF's tag 274 (EXIF 2.32, 4.6.4): the sides of the picture where the stored row 0 and column 0 are.</summary>
    public static Orientation FromExif(int tag) => tag switch
    {
        2 => new(true, false, false),
        3 => new(true, true, false),
        4 => new(false, true, false),
        5 => new(false, false, true),
        6 => new(false, true, true),
        7 => new(true, true, true),
        8 => new(true, false, true),
        _ => default,
    };

    /// <summary>Width and height as they are seen ↔ as they are stored.</summary>
    public (int Width, int Height) Turn(int width, int height) => Transpose ? (height, width) : (width, height);

    /// <summary>Where a rectangle of the seen picture, which is <paramref name="width"/> × <paramref name="height"/>, is stored.</summary>
    public (int X, int Y) Stored(int x, int y, int rectWidth, int rectHeight, int width, int height)
    {
        if (Transpose)
            (x, y, rectWidth, rectHeight, width, height) = (y, x, rectHeight, rectWidth, height, width);
        return (MirrorX ? width - x - rectWidth : x, MirrorY ? height - y - rectHeight : y);
    }
}
