using System.Numerics;

namespace Espresso.Samples.Render;

internal readonly record struct Ray(Vector3 Origin, Vector3 Direction)
{
    public Vector3 At(float distance) => Origin + (Direction * distance);
}

/// <summary>A thin lens that is in focus at the target.</summary>
internal sealed class Camera
{
    private readonly Vector3 _eye, _forward, _right, _up;
    private readonly float _halfWidth, _halfHeight, _aperture, _focus;

    /// <param name="viewAngle">Degrees, across the picture's width.</param>
    /// <param name="aperture">The lens's radius in the scene's centimetres.</param>
    public Camera(Vector3 eye, Vector3 target, float viewAngle, float aspect, float aperture)
    {
        _eye = eye;
        _forward = Vector3.Normalize(target - eye);
        _right = Vector3.Normalize(Vector3.Cross(_forward, Vector3.UnitY));
        _up = Vector3.Cross(_right, _forward);
        _halfWidth = MathF.Tan(viewAngle * MathF.PI / 360);
        _halfHeight = _halfWidth / aspect;
        _aperture = aperture;
        _focus = Vector3.Distance(eye, target) - 2.5f; // the near rim of the cup, not its axis
    }

    /// <param name="x">0 at the left edge to 1 at the right one.</param>
    /// <param name="y">0 at the top to 1 at the bottom.</param>
    public Ray Ray(float x, float y, ref Sampler random)
    {
        var lens = random.OnDisc() * _aperture;
        var towards = _forward + (_right * ((2 * x) - 1) * _halfWidth) + (_up * (1 - (2 * y)) * _halfHeight);
        var origin = _eye + (_right * lens.X) + (_up * lens.Y);
        return new Ray(origin, Vector3.Normalize(_eye + (towards * _focus) - origin));
    }
}
