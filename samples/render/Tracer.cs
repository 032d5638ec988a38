using System.Numerics;

namespace Espresso.Samples.Render;

/// <summary>Follows a ray through the scene and gathers the light that comes back along it.</summary>
internal static class Tracer
{
    private const int Bounces = 6;

    // A path that happens on a lamp by chance would be a white speck in the picture.
    private const float Brightest = 2.5f;

    public static Vector3 Light(Ray ray, ref Sampler random) => Light(ray, 0, seesWindow: true, ref random);

    /// <param name="seesWindow">False where the path left a matt surface: the window's light was counted there.</param>
    private static Vector3 Light(Ray ray, int bounce, bool seesWindow, ref Sampler random)
    {
        if (bounce == Bounces || !Scene.Meet(ray, out var hit))
            return Vector3.Zero;
        var point = ray.At(hit.Distance);
        if (hit.Glow != Vector3.Zero)
            return bounce == 0 ? hit.Glow : seesWindow || !InWindow(point) ? Vector3.Min(hit.Glow, new Vector3(Brightest)) : Vector3.Zero;

        var origin = point + (hit.Normal * 3e-3f);
        var facing = MathF.Max(0, -Vector3.Dot(hit.Normal, ray.Direction));
        var mirror = hit.Metal ? 1 : hit.Coat * (0.04f + (0.96f * MathF.Pow(1 - facing, 5)));
        var light = Vector3.Zero;

        // What the eye sees directly follows both ways, the mirrored and the matt one; deeper in, chance takes one.
        var both = bounce == 0 && !hit.Metal;
        if (both ? mirror > 0 : random.Next() < mirror)
        {
            var reflected = Vector3.Reflect(ray.Direction, hit.Normal) + (random.About(hit.Normal) * hit.Rough);
            var seen = Light(new Ray(origin, Vector3.Normalize(reflected)), bounce + 1, seesWindow: true, ref random);
            if (!both)
                return hit.Metal ? seen * hit.Colour : seen;
            light = seen * mirror;
        }

        var matt = hit.Colour * (both ? 1 - mirror : 1);
        light += matt * FromWindow(origin, hit.Normal, ref random);
        var alive = bounce < 2 ? 1 : Math.Clamp(MathF.Max(matt.X, MathF.Max(matt.Y, matt.Z)), 0.05f, 1);
        if (random.Next() < alive)
            light += matt / alive * Light(new Ray(origin, random.About(hit.Normal)), bounce + 1, seesWindow: false, ref random);
        return light;
    }

    /// <summary>Daylight from one random point of the window, as a matt white surface would send it on.</summary>
    private static Vector3 FromWindow(Vector3 point, Vector3 normal, ref Sampler random)
    {
        var source = Scene.WindowCorner + (Scene.WindowAlong * random.Next()) + (Scene.WindowUp * random.Next());
        var way = source - point;
        var squared = way.LengthSquared();
        var direction = way / MathF.Sqrt(squared);
        var (falls, leaves) = (Vector3.Dot(direction, normal), -direction.X); // the window looks along +x
        if (falls <= 0 || leaves <= 0 || !Scene.IsLit(point, source))
            return Vector3.Zero;
        var area = Scene.WindowAlong.Length() * Scene.WindowUp.Length();
        return Scene.Daylight * (falls * leaves * area / (MathF.PI * squared));
    }

    private static bool InWindow(Vector3 point) => point.X < Scene.WindowCorner.X + 1;
}
