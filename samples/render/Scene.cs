using System.Numerics;

namespace Espresso.Samples.Render;

/// <summary>What a ray met. <see cref="Glow"/> is light of its own; <see cref="Coat"/> is how much of the clear coat's reflection counts.</summary>
internal record struct Hit(float Distance, Vector3 Normal, Vector3 Colour, Vector3 Glow, float Coat, float Rough, bool Metal);

/// <summary>A corner of a café: a table by the window, and the room behind it. Centimetres; the table's top is y = 0.</summary>
internal static class Scene
{
    /// <summary>The window beside the table: a corner, its two edges, and the daylight that comes from it.</summary>
    public static readonly Vector3 WindowCorner = new(-115, 12, -75), WindowAlong = new(0, 0, 100), WindowUp = new(0, 95, 0);

    public static readonly Vector3 Daylight = new(10.5f, 11.2f, 12.2f);

    private const float PlantReach = 46;
    private static readonly Vector3 PlantMiddle = new(78, -18, -178);
    private static readonly (Vector3 Centre, float Radius, Vector3 Colour)[] Leaves = Grow();

    private static readonly (Vector3 Centre, float Radius)[] Lamps = [(new(4, 13, -150), 4), (new(36, 14, -170), 4), (new(66, 12, -185), 4)];

    private static readonly (Vector3 Low, Vector3 High, Vector3 Colour)[] Boxes =
    [
        (new(24, -16, -232), new(110, -14, -206), new(0.20f, 0.11f, 0.06f)),       // a shelf
        (new(30, -14, -226), new(38, 2, -214), new(0.75f, 0.71f, 0.62f)),       // and on it tins
        (new(41, -14, -226), new(48, -3, -214), new(0.10f, 0.25f, 0.27f)),
        (new(51, -14, -226), new(60, 4, -214), new(0.55f, 0.15f, 0.09f)),
        (new(66, -14, -226), new(73, -1, -214), new(0.72f, 0.55f, 0.20f)),
        (new(77, -14, -226), new(86, 2, -214), new(0.80f, 0.77f, 0.70f)),
        (new(-70, -22, -150), new(40, -18, -100), new(0.33f, 0.19f, 0.10f)),      // the next table
        (new(-34, -70, -150), new(-30, 2, -146), new(0.07f, 0.06f, 0.055f)),  // a chair's back
        (new(-8, -70, -150), new(-4, 2, -146), new(0.07f, 0.06f, 0.055f)),
        (new(-34, -12, -150), new(-4, 0, -147), new(0.16f, 0.09f, 0.05f)),
        (new(66, -75, -190), new(90, -42, -166), new(0.60f, 0.30f, 0.18f)),    // the plant's pot
    ];

    public static bool Meet(Ray ray, out Hit hit)
    {
        hit = new Hit { Distance = float.MaxValue };
        Table(ray, ref hit);
        Room(ray, ref hit);
        foreach (var (low, high, colour) in Boxes)
            Box(ray, low, high, colour, ref hit);
        Plant(ray, ref hit);
        foreach (var (centre, radius) in Lamps)
            Sphere(ray, centre, radius, Vector3.One, new Vector3(9, 5.4f, 2.4f), ref hit);
        Crockery(ray, ref hit);
        return hit.Distance < float.MaxValue;
    }

    /// <summary>Whether anything that matters stands between a point and the window: the crockery and the table.</summary>
    public static bool IsLit(Vector3 point, Vector3 towards)
    {
        var way = towards - point;
        var length = way.Length();
        var hit = new Hit { Distance = length - 0.01f };
        var ray = new Ray(point, way / length);
        Table(ray, ref hit);
        if (hit.Distance < length - 0.02f)
            return false;
        foreach (var (low, high, colour) in Boxes)
            Box(ray, low, high, colour, ref hit);
        Plant(ray, ref hit);
        Crockery(ray, ref hit);
        return hit.Distance >= length - 0.02f;
    }

    private static void Table(Ray ray, ref Hit hit)
    {
        var distance = -ray.Origin.Y / ray.Direction.Y;
        if (distance < 1e-3f || distance >= hit.Distance)
            return;
        var point = ray.At(distance);
        if (point.Z is > -42 and < 60 && MathF.Abs(point.X) < 75)
            hit = new Hit(distance, Vector3.UnitY, Texture.Wood(point.X, point.Z), Vector3.Zero, 0.5f, 0.10f, false);
    }

    private static void Room(Ray ray, ref Hit hit)
    {
        if (Wall(ray, Vector3.UnitZ, -235, static p => Texture.Bricks(p.X, p.Y), ref hit) && ray.At(hit.Distance) is { X: > -100 and < -34, Y: > -8 and < 84 } pane)
        {
            // A window at the far end: it is seen, but lights the room only where a path happens on it.
            var bar = MathF.Abs(pane.X + 67) < 1.2f || MathF.Abs(pane.Y - 38) < 1.2f;
            hit = hit with { Colour = bar ? new(0.25f, 0.2f, 0.16f) : Vector3.Zero, Glow = bar ? Vector3.Zero : Daylight * 0.07f };
        }

        Wall(ray, Vector3.UnitY, -75, static _ => new(0.16f, 0.13f, 0.11f), ref hit);
        Wall(ray, -Vector3.UnitX, -190, static _ => new(0.52f, 0.47f, 0.40f), ref hit);
        Wall(ray, -Vector3.UnitY, -170, static _ => new(0.62f, 0.58f, 0.52f), ref hit);
        Wall(ray, -Vector3.UnitZ, -190, static _ => new(0.45f, 0.40f, 0.35f), ref hit);
        if (Wall(ray, Vector3.UnitX, WindowCorner.X - 1, static _ => new(0.55f, 0.50f, 0.43f), ref hit) && ray.At(hit.Distance) is { Y: > 12 and < 107, Z: > -75 and < 25 })
            hit = hit with { Colour = Vector3.Zero, Glow = Daylight };
    }

    private static bool Wall(Ray ray, Vector3 normal, float offset, Func<Vector3, Vector3> colour, ref Hit hit)
    {
        var along = Vector3.Dot(ray.Direction, normal);
        var distance = (offset - Vector3.Dot(ray.Origin, normal)) / along;
        if (along >= 0 || distance < 1e-3f || distance >= hit.Distance)
            return false;
        hit = new Hit(distance, normal, colour(ray.At(distance)), Vector3.Zero, 0, 0, false);
        return true;
    }

    private static void Box(Ray ray, Vector3 low, Vector3 high, Vector3 colour, ref Hit hit)
    {
        var inverse = Vector3.One / ray.Direction;
        var (a, b) = ((low - ray.Origin) * inverse, (high - ray.Origin) * inverse);
        var (near, far) = (Vector3.Min(a, b), Vector3.Max(a, b));
        var enter = MathF.Max(near.X, MathF.Max(near.Y, near.Z));
        if (enter < 1e-3f || enter >= hit.Distance || enter > MathF.Min(far.X, MathF.Min(far.Y, far.Z)))
            return;
        var normal = enter == near.X ? Vector3.UnitX : enter == near.Y ? Vector3.UnitY : Vector3.UnitZ;
        hit = new Hit(enter, Vector3.Dot(normal, ray.Direction) > 0 ? -normal : normal, colour, Vector3.Zero, 0.3f, 0.25f, false);
    }

    private static void Sphere(Ray ray, Vector3 centre, float radius, Vector3 colour, Vector3 glow, ref Hit hit)
    {
        var from = ray.Origin - centre;
        var half = Vector3.Dot(from, ray.Direction);
        var inside = (half * half) - from.LengthSquared() + (radius * radius);
        if (inside < 0)
            return;
        var distance = -half - MathF.Sqrt(inside);
        if (distance > 1e-3f && distance < hit.Distance)
            hit = new Hit(distance, (ray.At(distance) - centre) / radius, colour, glow, 0, 0, false);
    }

    private static void Plant(Ray ray, ref Hit hit)
    {
        var from = PlantMiddle - ray.Origin;
        if (Vector3.Cross(from, ray.Direction).LengthSquared() > PlantReach * PlantReach)
            return;
        foreach (var (centre, radius, colour) in Leaves)
            Sphere(ray, centre, radius, colour, Vector3.Zero, ref hit);
    }

    private static void Crockery(Ray ray, ref Hit hit)
    {
        var from = ray.Origin - Tableware.Middle;
        var half = Vector3.Dot(from, ray.Direction);
        var inside = (half * half) - from.LengthSquared() + (Tableware.Reach * Tableware.Reach);
        if (inside < 0)
            return;
        var root = MathF.Sqrt(inside);
        var end = MathF.Min(-half + root, hit.Distance);

        var coffee = (Tableware.CoffeeHeight - ray.Origin.Y) / ray.Direction.Y;
        if (coffee > 1e-3f && coffee < end && ray.At(coffee) is var drop && (drop.X * drop.X) + (drop.Z * drop.Z) < Tableware.CoffeeRadius * Tableware.CoffeeRadius)
        {
            hit = new Hit(coffee, Vector3.UnitY, Texture.Crema(drop.X, drop.Z), Vector3.Zero, 0.7f, 0.06f, false);
            end = coffee;
        }

        for (var (distance, steps) = (MathF.Max(2e-3f, -half - root), 0); distance < end && steps < 160; steps++)
        {
            var clear = Tableware.Distance(ray.At(distance), out var part);
            if (clear < 4e-4f)
            {
                hit = Glaze(distance, ray.At(distance), part);
                return;
            }

            distance += clear;
        }
    }

    private static Hit Glaze(float distance, Vector3 point, Part part)
    {
        const float e = 1.5e-3f;
        float At(float x, float y, float z) => Tableware.Distance(point + new Vector3(x, y, z), out _);
        // The gradient from four points of a tetrahedron.
        var (a, b, c, d) = (At(e, -e, -e), At(-e, -e, e), At(-e, e, -e), At(e, e, e));
        var normal = Vector3.Normalize(new Vector3(a - b - c + d, -a - b + c + d, -a + b - c + d));
        return part switch
        {
            Part.Spoon => new Hit(distance, normal, new(0.86f, 0.82f, 0.76f), Vector3.Zero, 1, 0.12f, true),
            Part.Cup when Tableware.IsInside(point) => new Hit(distance, normal, new(0.83f, 0.79f, 0.71f), Vector3.Zero, 1, 0.01f, false),
            _ => new Hit(distance, normal, new(0.018f, 0.20f, 0.235f), Vector3.Zero, 1, 0.01f, false),
        };
    }

    private static (Vector3 Centre, float Radius, Vector3 Colour)[] Grow()
    {
        var random = new Sampler(99);
        var leaves = new (Vector3, float, Vector3)[46];
        for (var i = 0; i < leaves.Length; i++)
        {
            var (height, angle) = (random.Next(), random.Next() * 2 * MathF.PI);
            var spread = 6 + (24 * MathF.Sin(height * 2.6f) * random.Next());
            var centre = new Vector3(78 + (spread * MathF.Cos(angle)), -44 + (height * 50), -178 + (spread * MathF.Sin(angle)));
            leaves[i] = (centre, 3 + (4 * random.Next()), new Vector3(0.07f, 0.19f, 0.06f) * (0.6f + random.Next()));
        }

        return leaves;
    }
}
