using System.Numerics;

namespace Espresso.Samples.Render;

/// <summary>Cup, saucer and spoon as distance fields: how far a point is from the nearest surface, in centimetres.</summary>
internal static class Tableware
{
    /// <summary>Everything here lies inside this sphere; rays that miss it need no marching.</summary>
    public static readonly Vector3 Middle = new(0.3f, 3, 0.5f);

    public const float Reach = 9.6f;

    /// <summary>Height of the coffee, and the radius inside the cup there.</summary>
    public const float CoffeeHeight = 6.15f, CoffeeRadius = 3.95f;

    private const float Turn = 0.42f; // the handle points to the right and a little towards the camera
    private static readonly (float Sin, float Cos) HandleTurn = MathF.SinCos(Turn);

    private const float Foot = 1.15f, Lip = 6.8f, Rim = 7.9f;

    private static readonly Vector3 SpoonHandleEnd = new(7.4f, 2.2f, 3.0f), SpoonNeck = new(2.2f, 1.62f, 5.5f), SpoonBowl = new(0.7f, 1.52f, 6.0f);

    public static float Distance(Vector3 point, out Part part)
    {
        var around = new Vector2(MathF.Sqrt((point.X * point.X) + (point.Z * point.Z)), point.Y);

        var wall = Shell(around.X, around.Y, Math.Clamp(around.Y, Foot, Lip), WallCurve(around.Y), 0.2f);
        wall = SoftMin(wall, Segment(around, new(0, Foot), new(2, Foot)) - 0.2f, 0.3f);
        wall = SoftMin(wall, Segment(around, new(1.75f, 0.75f), new(1.85f, 1.05f)) - 0.16f, 0.2f);

        var turned = new Vector3((HandleTurn.Cos * point.X) + (HandleTurn.Sin * point.Z), point.Y, (HandleTurn.Cos * point.Z) - (HandleTurn.Sin * point.X));
        var fromHandle = new Vector2(turned.X - 3.9f, (turned.Y - 4.25f) * 0.86f);
        var ring = new Vector2(fromHandle.Length() - 1.55f, turned.Z * 0.8f).Length() - 0.3f;
        ring = MathF.Max(ring * 0.86f, WallCurve(point.Y).Value - around.X); // nothing of it inside the cup
        var cup = SoftMin(wall, ring, 0.22f);

        var saucer = Shell(around.Y, around.X, MathF.Min(around.X, Rim), SaucerCurve(around.X), 0.17f);
        saucer = SoftMin(saucer, Segment(around, new(2.6f, 0.22f), new(2.6f, 0.4f)) - 0.18f, 0.2f);

        var spoon = Spoon(point);
        part = cup < saucer ? (cup < spoon ? Part.Cup : Part.Spoon) : (saucer < spoon ? Part.Saucer : Part.Spoon);
        return MathF.Min(MathF.Min(cup, saucer), spoon);
    }

    /// <summary>Whether a point of the cup's surface is on its inner side.</summary>
    public static bool IsInside(Vector3 point) =>
        point.Y > Foot && MathF.Sqrt((point.X * point.X) + (point.Z * point.Z)) < WallCurve(point.Y).Value + (point.Y > Lip ? 0.05f : 0);

    // A tulip: it opens fast above the foot and stands upright at the lip. Radius, and how fast it changes with height.
    private static (float Value, float Slope) WallCurve(float height)
    {
        var left = 1 - Math.Clamp((height - Foot) / (Lip - Foot), 0, 1);
        var root = MathF.Sqrt(left);
        return (2 + (2.1f * (1 - (left * left * root))), 2.1f * 2.5f / (Lip - Foot) * left * root);
    }

    // Flat under the cup, then rising. Height, and how fast it changes with the radius.
    private static (float Value, float Slope) SaucerCurve(float radius)
    {
        var outward = Math.Clamp((radius - 2.4f) / (Rim - 2.4f), 0, 1);
        var root = MathF.Sqrt(outward);
        return (0.45f + (1.15f * outward * root), 1.15f * 1.5f / (Rim - 2.4f) * root);
    }

    /// <summary>About how far (value, at) is from a shell that follows a curve between two ends.</summary>
    private static float Shell(float value, float at, float nearest, (float Value, float Slope) curve, float half)
    {
        var off = value - curve.Value;
        return MathF.Sqrt((off * off / (1 + (curve.Slope * curve.Slope))) + ((at - nearest) * (at - nearest))) - half;
    }

    private static float Spoon(Vector3 point)
    {
        var along = SpoonHandleEnd - SpoonNeck;
        var t = Math.Clamp(Vector3.Dot(point - SpoonNeck, along) / along.LengthSquared(), 0, 1);
        var handle = Vector3.Distance(point, SpoonNeck + (along * t)) - (0.13f + (0.16f * t * t));
        var flat = (point - SpoonBowl) / new Vector3(1.75f, 0.36f, 1.05f);
        var length = flat.Length();
        var bowl = length * (length - 1) / (flat / new Vector3(1.75f, 0.36f, 1.05f)).Length();
        var hollow = (point - SpoonBowl - new Vector3(0, 0.34f, 0)) / new Vector3(1.6f, 0.42f, 0.92f);
        bowl = MathF.Max(bowl, -(hollow.Length() - 1) * 0.42f);
        return SoftMin(handle, bowl, 0.3f) * 0.8f;
    }

    private static float Segment(Vector2 point, Vector2 from, Vector2 to)
    {
        var along = to - from;
        var t = Math.Clamp(Vector2.Dot(point - from, along) / along.LengthSquared(), 0, 1);
        return Vector2.Distance(point, from + (along * t));
    }

    private static float SoftMin(float a, float b, float softness)
    {
        var h = MathF.Max(softness - MathF.Abs(a - b), 0) / softness;
        return MathF.Min(a, b) - (h * h * softness * 0.25f);
    }
}

internal enum Part
{
    Cup,
    Saucer,
    Spoon,
}
