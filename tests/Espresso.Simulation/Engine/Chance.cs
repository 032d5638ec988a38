namespace Espresso.Simulation.Engine;

/// <summary>Randomness by cause: each name has a stream of its own, so that a new cause does not shift what the others draw.</summary>
internal sealed class Chance(int seed)
{
    private const uint FnvOffset = 2166136261;
    private const uint FnvPrime = 16777619;

    public Random For(string cause)
    {
        var hash = FnvOffset; // FNV-1a: string.GetHashCode differs from run to run
        foreach (var letter in cause)
            hash = (hash ^ letter) * FnvPrime;
        return new Random(unchecked((int)(hash ^ ((uint)seed * 0x9E3779B9))));
    }
}

internal static class Draws
{
    /// <summary>Exponential with mean 1.</summary>
    public static double NextExponential(this Random random) => -Math.Log(1 - random.NextDouble());

    /// <summary>Roughly normal with mean 0 and deviation 1, never beyond ±3.5: the sum of four uniform draws.</summary>
    public static double NextNormal(this Random random) =>
        (random.NextDouble() + random.NextDouble() + random.NextDouble() + random.NextDouble() - 2) * 1.7320508075688772;
}
