using FsCheck;
using FsCheck.Fluent;

namespace Espresso.Coordinator.Tests;

/// <summary>A property over random inputs that grow from a seed. A failure names the seed, which brings the same input again.</summary>
internal static class Seeds
{
    public static void Check(int runs, Action<Random> holds) =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed => holds(new Random(seed)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(runs));
}
