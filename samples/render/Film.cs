using System.Numerics;

namespace Espresso.Samples.Render;

/// <summary>From light to the bytes of a picture.</summary>
internal static class Film
{
    private const float Exposure = 1.35f;

    /// <param name="x">0..1 across the picture.</param>
    /// <param name="y">0..1 down the picture.</param>
    public static byte[] Develop(Vector3 light, float x, float y)
    {
        var corner = new Vector2((x - 0.5f) * 1.1f, (y - 0.5f) * 0.9f).LengthSquared();
        light *= Exposure * (1 - (0.55f * corner));
        return [Tone(light.X), Tone(light.Y), Tone(light.Z)];
    }

    // A film-like curve (the rational fit that Narkowicz published for the ACES look), then sRGB's own.
    private static byte Tone(float v)
    {
        v *= 0.75f;
        v = Math.Clamp(v * ((2.51f * v) + 0.03f) / ((v * ((2.43f * v) + 0.59f)) + 0.14f), 0, 1);
        v = v <= 0.0031308f ? 12.92f * v : (1.055f * MathF.Pow(v, 1 / 2.4f)) - 0.055f;
        return (byte)MathF.Round(v * 255);
    }
}
