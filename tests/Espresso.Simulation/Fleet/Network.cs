using Espresso.Simulation.Engine;

namespace Espresso.Simulation.Fleet;

/// <summary>One way between two processes: a fixed part and an exponential one.</summary>
internal sealed class Network(TimeSpan least, TimeSpan mean, Random random)
{
    public TimeSpan Draw() => least + ((mean - least) * random.NextExponential());
}
