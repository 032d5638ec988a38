using System.Numerics;

namespace Espresso.Samples.Render;

/// <summary>Random numbers for one pixel (PCG, 32 bits of output from 64 of state).</summary>
internal struct Sampler(uint pixel)
{
    private ulong _state = (pixel * 0x9E3779B97F4A7C15UL) + 0xD1B54A32D192ED03UL;

    /// <summary>0 (inclusive) to 1 (exclusive).</summary>
    public float Next()
    {
        _state = (_state * 6364136223846793005UL) + 1442695040888963407UL;
        var shuffled = (uint)(((_state >> 18) ^ _state) >> 27);
        return (BitOperations.RotateRight(shuffled, (int)(_state >> 59)) >> 8) * (1f / (1 << 24));
    }

    /// <summary>A point on the unit disc, all parts of it equally likely.</summary>
    public Vector2 OnDisc()
    {
        var (radius, angle) = (MathF.Sqrt(Next()), 2 * MathF.PI * Next());
        return new Vector2(radius * MathF.Cos(angle), radius * MathF.Sin(angle));
    }

    /// <summary>A direction about <paramref name="normal"/>, as likely as its cosine: what a matt surface scatters.</summary>
    public Vector3 About(Vector3 normal)
    {
        var disc = OnDisc();
        var side = Vector3.Normalize(Vector3.Cross(normal, MathF.Abs(normal.X) > 0.5f ? Vector3.UnitY : Vector3.UnitX));
        var up = Vector3.Cross(normal, side);
        return Vector3.Normalize((side * disc.X) + (up * disc.Y) + (normal * MathF.Sqrt(MathF.Max(0, 1 - disc.LengthSquared()))));
    }
}
