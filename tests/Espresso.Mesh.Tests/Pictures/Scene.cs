namespace Espresso.Mesh.Tests.Pictures;

/// <summary>A picture with a subject that anybody would call one: an orange ball before a bluish wall with a soft pattern.</summary>
internal static class Scene
{
    public const int Width = 320;
    public const int Height = 240;

    private const int BallX = 130;
    private const int BallY = 125;
    private const int Radius = 48;

    public static Raster Raster { get; } = Raster.Of(Width, Height, 3, Sample);

    public static byte[] Picture { get; } = Png.Write(Raster);

    /// <summary>White where the ball is.</summary>
    public static byte[] Mask { get; } = Png.Write(Raster.Of(Width, Height, 1, (x, y, _) => IsBall(x, y) ? 255 : 0));

    public static bool IsBall(int x, int y) => FromBall(x, y) <= Radius;

    /// <summary>Farther from the ball than masks grow and blends reach.</summary>
    public static bool IsFarFromBall(int x, int y) => FromBall(x, y) > Radius + 30;

    private static double FromBall(int x, int y) => Math.Sqrt(((x - BallX) * (x - BallX)) + ((y - BallY) * (y - BallY)));

    private static int Sample(int x, int y, int channel)
    {
        var light = (BallX + BallY - x - y) / 3;
        int[] colour = IsBall(x, y) ? [220 + (light / 4), 110 + light, 20] : [70 + (y / 6), 100 + (y / 6), 150 - (y / 8) + (int)(8 * Math.Sin(x / 9.0))];
        return Math.Clamp(colour[channel], 0, 255);
    }
}
