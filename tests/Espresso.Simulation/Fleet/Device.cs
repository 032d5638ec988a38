using Espresso.Simulation.Engine;

namespace Espresso.Simulation.Fleet;

/// <summary>A simulated accelerator: fixed + n · each milliseconds a batch, with noise, times what slows it down just now.</summary>
internal sealed class Device(ShapeMix shapes, double noise, Random random)
{
    /// <summary>1 at full health; 8 takes eight times as long.</summary>
    public double Slowness { get; set; } = 1;

    public TimeSpan Draw(int shape, int rows)
    {
        var exact = shapes.Classes[shape].Milliseconds(rows) * Slowness;
        return TimeSpan.FromMilliseconds(exact * (1 + (noise * random.NextNormal())));
    }
}
