namespace Espresso.Preprocessor.Decoding;

/// <summary>A rectangle in pixels; fractions occur.</summary>
internal readonly record struct Rect(double X, double Y, double Width, double Height);

/// <summary>How a tensor lies over a picture as it is seen: <paramref name="Source"/> of the picture is drawn onto <paramref name="Content"/> of the tensor.</summary>
internal sealed record Geometry(int PictureWidth, int PictureHeight, Rect Source, Rect Content)
{
    /// <summary>The tensor is the picture.</summary>
    public static Geometry Whole(int width, int height) => new(width, height, new Rect(0, 0, width, height), new Rect(0, 0, width, height));
}
