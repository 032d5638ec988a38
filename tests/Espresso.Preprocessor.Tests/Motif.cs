namespace Espresso.Preprocessor.Tests;

/// <summary>The picture that Fixtures/make.py draws: 60 × 40, four quadrants.</summary>
internal static class Motif
{
    public const int Width = 60;
    public const int Height = 40;

    public static readonly (int Red, int Green, int Blue) Red = (210, 40, 40);
    public static readonly (int Red, int Green, int Blue) Green = (40, 170, 60);
    public static readonly (int Red, int Green, int Blue) Blue = (40, 60, 200);
    public static readonly (int Red, int Green, int Blue) Pale = (230, 230, 220);
    public static readonly (int Red, int Green, int Blue) White = (255, 255, 255);

    /// <summary>Holds the four quadrants' middles, in reading order, against colours.</summary>
    public static void ShouldShow(
        this Pixels picture, int tolerance, (int Red, int Green, int Blue) topLeft, (int Red, int Green, int Blue) topRight,
        (int Red, int Green, int Blue) bottomLeft, (int Red, int Green, int Blue) bottomRight)
    {
        var (x, y) = (picture.Width / 4, picture.Height / 4);
        ShouldBe(picture.At(x, y), topLeft, tolerance);
        ShouldBe(picture.At(picture.Width - 1 - x, y), topRight, tolerance);
        ShouldBe(picture.At(x, picture.Height - 1 - y), bottomLeft, tolerance);
        ShouldBe(picture.At(picture.Width - 1 - x, picture.Height - 1 - y), bottomRight, tolerance);
    }

    private static void ShouldBe((byte Red, byte Green, byte Blue) seen, (int Red, int Green, int Blue) expected, int tolerance)
    {
        var distance = Math.Max(Math.Abs(seen.Red - expected.Red), Math.Max(Math.Abs(seen.Green - expected.Green), Math.Abs(seen.Blue - expected.Blue)));
        distance.ShouldBeLessThanOrEqualTo(tolerance, $"{seen} instead of {expected}");
    }
}
