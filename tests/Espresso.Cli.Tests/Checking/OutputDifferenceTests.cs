using Espresso.Cli.Checking;
using Espresso.Cli.Client;

namespace Espresso.Cli.Tests.Checking;

public sealed class OutputDifferenceTests
{
    [Fact]
    public void Labels_Same_AreNotApart() => OutputDifference.Labels([new("a", 0.7f), new("b", 0.2f)], [new("a", 0.7f), new("b", 0.2f)]).ShouldBe(0);

    [Fact]
    public void Labels_OtherScore_AreThatFarApart() =>
        OutputDifference.Labels([new("a", 0.7f), new("b", 0.2f)], [new("a", 0.4f), new("b", 0.3f)]).ShouldBe(0.3, 1e-6);

    [Fact]
    public void Labels_NamesThatOnlyOneTells_CountFromTheLowestScoreTold() =>
        OutputDifference.Labels([new("a", 0.7f), new("b", 0.2f)], [new("a", 0.7f), new("c", 0.21f)]).ShouldBe(0.01, 1e-6);

    [Fact]
    public void Labels_OnlyTheBestTold_AnotherNameIsAsFarAsItsScore() => OutputDifference.Labels([new("a", 0.7f)], [new("b", 0.7f)]).ShouldBe(0.7, 1e-6);

    [Fact]
    public void Labels_OfNothing_AreAsFarAsTheBestScore() => OutputDifference.Labels([], [new("a", 0.7f)]).ShouldBe(0.7, 1e-6);
}
