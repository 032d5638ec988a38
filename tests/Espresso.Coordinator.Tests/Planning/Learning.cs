using Espresso.Coordinator.Planning;

namespace Espresso.Coordinator.Tests.Planning;

internal static class Learning
{
    /// <summary>Measured as often as it takes to be believed.</summary>
    public static void Learn(this LearnedCost cost, double milliseconds)
    {
        for (var i = 0; i < 3; i++)
            cost.Measure(milliseconds);
    }
}
