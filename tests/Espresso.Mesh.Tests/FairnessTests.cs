using Espresso.Mesh.Tests.Client;
using Espresso.Mesh.Tests.Pictures;
using Espresso.Mesh.Tests.Processes;

namespace Espresso.Mesh.Tests;

/// <summary>A model that is too slow for those who want it: batches of four take 240 ms, and the tenant "gold" weighs three times as much as the others.</summary>
public sealed class BusyMesh : IAsyncLifetime
{
    public const string Model = "scarce";

    internal RunningMesh Mesh { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Mesh = await RunningMesh.Start(switches: ["--tenant-weights", "gold=3,lead=1"]);
        await Task.WhenAll(
            Mesh.StartPreprocessor(),
            Mesh.StartMinion(Mesh.Folders.CopyOf("depth/0.1", Model, "1.0"), "--simulated", "80,40", "--max-batch", "4", "--max-pending", "96"));
    }

    public ValueTask DisposeAsync() => Mesh.DisposeAsync();
}

/// <summary>Whoever asks most does not get most.</summary>
public sealed class FairnessTests(BusyMesh busy) : IClassFixture<BusyMesh>
{
    /// <summary>The queue has to fill before it can be shared: who comes first is served first.</summary>
    private const int Passed = 24;

    private const int Counted = 72;

    [Fact]
    public async Task Tenants_OfUnequalLoad_ShareTheDeviceByWeight()
    {
        var answered = await Flood(new Crowd("gold", "interactive", 12), new Crowd("lead", "interactive", 36));

        var (gold, lead) = (answered.Count(one => one.Tenant == "gold"), answered.Count(one => one.Tenant == "lead"));
        gold.ShouldBeInRange(2 * lead, 4 * lead, $"gold had {gold} answers and lead, with three times the callers, {lead}; the weights are 3 and 1");
    }

    [Fact]
    public async Task BatchClass_WhileInteractiveFloods_GoesOnAndStaysBehind()
    {
        var answered = await Flood(new Crowd("lead", "interactive", 40), new Crowd("lead", "batch", 8));

        var batch = answered.Count(one => one.Class == "batch");
        batch.ShouldBeInRange(Counted / 18, Counted / 6, $"a ninth of {Counted} is its share");
    }

    /// <summary>Each caller asks again as soon as it has its answer, until there are enough.</summary>
    /// <returns>Whose answers came while everybody was at it.</returns>
    private async Task<List<Crowd>> Flood(params Crowd[] crowds)
    {
        var answered = new List<Crowd>();
        await Task.WhenAll(crowds.SelectMany(crowd => Enumerable.Range(0, crowd.Callers).Select(async _ =>
        {
            while (true)
            {
                var reply = await busy.Mesh.Client.Infer(Scene.Picture, BusyMesh.Model, ("X-Espresso-Tenant", crowd.Tenant), ("X-Espresso-Class", crowd.Class));
                reply.ShouldBeOk();
                lock (answered)
                {
                    answered.Add(crowd);
                    if (answered.Count >= Passed + Counted)
                        return;
                }
            }
        })));
        return answered[Passed..(Passed + Counted)];
    }

    private sealed record Crowd(string Tenant, string Class, int Callers);
}
