namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>Routing's draws, the same in every run: where calls follow one on the other, they meet the same replicas.</summary>
internal sealed class SeededRandom() : Random(20261125)
{
    private readonly Lock _gate = new();

    public override int Next(int maxValue)
    {
        lock (_gate)
            return base.Next(maxValue);
    }
}
