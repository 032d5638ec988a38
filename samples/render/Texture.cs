using System.Numerics;

namespace Espresso.Samples.Render;

/// <summary>Colours that are computed where they are needed.</summary>
internal static class Texture
{
    /// <summary>The table: planks along z, each cut from elsewhere in the tree.</summary>
    public static Vector3 Wood(float x, float z)
    {
        const float plank = 11.5f;
        var board = MathF.Floor(x / plank);
        var across = (x / plank) - board;
        var offset = Hash((int)board, 17) * 100;
        var warp = Noise(x * 0.10f, (z * 0.018f) + offset) * 5.5f;
        var rings = ((x + (board * 3.1f)) * 0.55f) + warp + (Noise(x * 0.9f, (z * 0.05f) + offset) * 0.5f);
        var ring = 0.5f + (0.5f * MathF.Sin(rings * 3.2f));
        var fibre = Noise(x * 9, (z * 0.35f) + offset);
        var colour = Vector3.Lerp(new(0.47f, 0.265f, 0.125f), new(0.255f, 0.125f, 0.055f), (ring * ring * 0.55f) + (fibre * 0.45f));
        colour *= 0.82f + (0.36f * Hash((int)board, 5));
        var seam = MathF.Min(across, 1 - across) * plank;
        return colour * (0.35f + (0.65f * Math.Clamp(seam / 0.12f, 0, 1)));
    }

    /// <summary>Crema: hazel with darker streaks, paler where it gathers at the wall.</summary>
    public static Vector3 Crema(float x, float z)
    {
        var swirl = Noise((x * 0.8f) + (Noise(z * 0.9f, x * 0.7f) * 2.2f), (z * 0.8f) + 7);
        var foam = Noise(x * 6, z * 6) * 0.35f;
        var rim = Math.Clamp((MathF.Sqrt((x * x) + (z * z)) - 2.9f) / 0.9f, 0, 1);
        return Vector3.Lerp(new(0.20f, 0.075f, 0.02f), new(0.58f, 0.31f, 0.115f), Math.Clamp((swirl * 0.95f) + (foam * 0.5f) + (rim * 0.3f), 0, 1));
    }

    /// <summary>Bricks under a thin coat of warm paint.</summary>
    public static Vector3 Bricks(float x, float y)
    {
        const float width = 22, height = 7.5f;
        var row = MathF.Floor(y / height);
        var shifted = (x / width) + (row % 2 == 0 ? 0 : 0.5f);
        var column = MathF.Floor(shifted);
        var (u, v) = ((shifted - column) * width, (y / height) - row);
        var joint = MathF.Min(MathF.Min(u, width - u), MathF.Min(v, 1 - v) * height) < 0.6f;
        var tone = 0.8f + (0.4f * Hash((int)column, (int)row));
        return joint ? new(0.42f, 0.36f, 0.31f) : new Vector3(0.43f, 0.24f, 0.165f) * tone * (0.85f + (0.3f * Noise(x * 0.4f, y * 0.4f)));
    }

    /// <summary>Smooth noise, 0 to 1.</summary>
    public static float Noise(float x, float y)
    {
        var (column, row) = (MathF.Floor(x), MathF.Floor(y));
        var (u, v) = (x - column, y - row);
        (u, v) = (u * u * (3 - (2 * u)), v * v * (3 - (2 * v)));
        var (i, j) = ((int)column, (int)row);
        return float.Lerp(float.Lerp(Hash(i, j), Hash(i + 1, j), u), float.Lerp(Hash(i, j + 1), Hash(i + 1, j + 1), u), v);
    }

    private static float Hash(int x, int y)
    {
        var h = unchecked((uint)((x * 374761393) + (y * 668265263)));
        h = (h ^ (h >> 13)) * 1274126177;
        return ((h ^ (h >> 16)) & 0xFFFFFF) / (float)0x1000000;
    }
}
