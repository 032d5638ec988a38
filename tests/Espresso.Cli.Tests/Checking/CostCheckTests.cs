using Espresso.Cli.Checking;
using Espresso.Manifests;

namespace Espresso.Cli.Tests.Checking;

public sealed class CostCheckTests
{
    private static readonly BatchCost[] Measured = [new(1, 2, 100), new(2, 3, 110), new(4, 5, 120)];

    [Fact]
    public void Judge_DeclaredSizeThatNoBatchHas_IsToldAsNotJudged() =>
        CostCheck.Judge(Declared("{ 4: 5, 64: 1, 8: 1 }"), Measured).Said.ShouldEndWith("; not judged: 8, 64, since batches end at 4");

    [Fact]
    public void Judge_EveryDeclaredSizeMeasured_SaysNoMore() => CostCheck.Judge(Declared("{ 1: 2, 4: 5 }"), Measured).Said.ShouldEndWith("1: 2.0 ms, 4: 5.0 ms");

    [Fact]
    public void Judge_FourTimesSlower_IsAFault() =>
        CostCheck.Judge(Declared("{ 2: 0.7 }"), Measured).Faults.Single().ShouldStartWith("requirements.batch_ms: 0.7 ms are declared for a batch of 2, but it took 3.0 ms");

    private static Manifest Declared(string times) =>
        ManifestReader.Read(TestPackage.Manifest.Replace("memory_mb: 400", $"memory_mb: 400, batch_ms: {times}").Replace(", sha256: SUM", ""), "a test");
}
