using Espresso.Hosting;
using Espresso.Manifests;
using Espresso.Minions.Batching;
using Espresso.Minions.Execution;
using Espresso.Minions.Lifecycle;
using Espresso.Minions.Tests.Fakes;
using Espresso.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Espresso.Minions.Tests.Lifecycle;

public sealed class WarmupTests
{
    private static readonly Manifest TinyManifest = ManifestReader.Read(Packages.Tiny, "tiny");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(13)]
    [InlineData(64)]
    public void Order_Sizes_AreAllThereOnce(int max)
    {
        var order = Warmup.Order(max).ToList();

        order.Order().ShouldBe(Enumerable.Range(1, max));
        order.Take(3).ShouldBe(new[] { 1, Math.Min(2, max), max }.Distinct());
    }

    [Fact]
    public void Measure_AmpleBudget_KnowsEverySize()
    {
        var executor = new FakeExecutor(accelerator: false);
        var costs = new CostTable(5);

        Measure(executor, costs, budgetMs: 600_000).ShouldBe(5);

        costs.Measured().Select(measured => measured.Size).ShouldBe([1, 2, 3, 4, 5]);
        executor.Runs.Select(values => values.Length).Distinct().ShouldBe([1, 2, 5, 4, 3], ignoreOrder: true);
    }

    [Fact]
    public void Measure_TheFirstSizes_TakeTheirTurnsBeforeOthersRun()
    {
        var executor = new FakeExecutor(accelerator: false);

        Measure(executor, new CostTable(16), budgetMs: 600_000);

        var sizes = executor.Runs.Select(values => values.Length).ToList();
        sizes.Take(12).ShouldBe([1, 1, 1, 2, 2, 2, 16, 16, 16, 8, 8, 8]); // allocates, allocates again, is timed
        sizes.Skip(12).Take(12).ShouldBe([1, 2, 16, 8, 1, 2, 16, 8, 1, 2, 16, 8]);
        sizes[24].ShouldBe(4);
    }

    [Fact]
    public void Measure_NoBudget_KnowsOneItem()
    {
        var costs = new CostTable(5);

        Measure(new FakeExecutor(accelerator: false), costs, budgetMs: 0).ShouldBe(1);

        costs.Measured().ShouldHaveSingleItem().Size.ShouldBe(1);
    }

    [Fact]
    public void Measure_CpuWhereTwoPromiseNothing_TriesNoMore()
    {
        var sizes = MeasureOnCpu(rows => 10 * rows, 600_000, out var costs);

        sizes.ShouldBe([1, 1, 1, 2, 2, 2, 1, 1, 1, /* gives back what two needed */ 1]);
        costs.Measured().Select(measured => measured.Size).ShouldBe([1, 2]);
        costs.Estimate("b", 5).TotalMilliseconds.ShouldBe(50);
    }

    [Fact]
    public void Measure_CpuWhereOnlyTwoPromise_TriesLargeOnesOnce()
    {
        var sizes = MeasureOnCpu(rows => rows == 2 ? 18 : 10 * rows, 600_000, out var costs);

        sizes.ShouldBe([1, 1, 1, 2, 2, 2, 1, 2, 1, 2, 1, 2, 16, 16, 16, 8, 8, 8, 1]);
        BatchPolicy.BestSize("b", 16, costs).ShouldBe(1);
    }

    [Fact]
    public void Measure_CpuWhereBatchesPay_KnowsEverySize()
    {
        var sizes = MeasureOnCpu(rows => 20 + (3 * rows), 600_000, out var costs);

        costs.Measured().Select(measured => measured.Size).ShouldBe(Enumerable.Range(1, 16));
        sizes.Count(size => size == 16).ShouldBe(6);
    }

    [Fact]
    public void Measure_NetworkSlowerThanTheBudget_RunsOnceAndIsKnown()
    {
        MeasureOnCpu(rows => 900 * rows, 500, out var costs).ShouldBe([1]);

        costs.Estimate("b", 1).TotalMilliseconds.ShouldBe(900);
    }

    [Fact]
    public void Measure_Stopped_EndsAtOnce()
    {
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        var warmup = new Warmup(new FakeExecutor(accelerator: false), new Manifest(), new CostTable(5), TimeProvider.System);

        Should.Throw<OperationCanceledException>(() => warmup.Measure("b", [[1, 4]], stopped.Token));
    }

    [Fact]
    public void Measure_AllInstances_HaveRun()
    {
        var executor = new FakeExecutor(accelerator: false, instances: 3);

        Measure(executor, new CostTable(2), budgetMs: 600_000);

        executor.Instanced.ShouldBe([0, 1, 2], ignoreOrder: true);
    }

    [Fact]
    public void Measure_BatchFixedInside_NamesTheNetworkTheSizeAndTheMend()
    {
        using var executor = Tiny();

        Should.Throw<StartupException>(() => MeasureTiny(executor, maxBatch: 4)).Message.ShouldStartWith(
            "tiny/1.0: tiny.onnx fails on a batch of 2; if it fixes its batch inside, set batching.max to 1 or export it with a dynamic batch: ");
    }

    [Fact]
    public void Measure_BatchFixedInsideAndServedOneByOne_IsWarm()
    {
        using var executor = Tiny();

        MeasureTiny(executor, maxBatch: 1).ShouldBe(1);
    }

    [Fact]
    public void Measure_NetworkThatFailsOnOneItem_IsAStartFaultWithoutAMend()
    {
        var executor = new FakeExecutor(accelerator: false);
        executor.FailAll("out of order");

        Should.Throw<StartupException>(() => Measure(executor, new CostTable(5), budgetMs: 600_000))
            .Message.ShouldBe("fake/0.0: fake.onnx fails on a batch of 1: out of order");
    }

    /// <returns>The sizes of the runs, in their order.</returns>
    private static IReadOnlyList<int> MeasureOnCpu(Func<int, double> milliseconds, int budgetMs, out CostTable costs)
    {
        var time = new FakeTime();
        using var executor = new FakeExecutor(accelerator: false) { Running = rows => time.Advance(TimeSpan.FromMilliseconds(milliseconds(rows))) };
        Measure(executor, costs = new CostTable(16, CostTable.CpuGain), budgetMs, time);
        return [.. executor.Runs.Select(values => values.Length)];
    }

    private static int Measure(IExecutor executor, CostTable costs, int budgetMs, TimeProvider? time = null) =>
        new Warmup(executor, new Manifest { Model = "fake", Network = "fake.onnx", Warmup = new WarmupSpec { BudgetMs = budgetMs } }, costs, time ?? TimeProvider.System)
            .Measure("b", [[1, 4]], CancellationToken.None);

    private static int MeasureTiny(OnnxExecutor executor, int maxBatch) =>
        new Warmup(executor, TinyManifest, new CostTable(maxBatch), TimeProvider.System).Measure("3x2x4", [[3, 2, 4]], CancellationToken.None);

    private static OnnxExecutor Tiny() => OnnxExecutor.Load(TinyManifest, Packages.Write(Packages.Tiny, Networks.FixedInside), NullLogger.Instance);
}
