using Espresso.Coordinator.Planning;
using Espresso.TestKit;

namespace Espresso.Coordinator.Tests.Planning;

/// <summary>One deadline, shared by a decode, two waves and their encodes.</summary>
public sealed class GraphBudgetTests
{
    private readonly LearnedCosts _costs = new(new FakeTime());
    private readonly Plan _plan;

    public GraphBudgetTests()
    {
        Planner.TryPlan(
            ["depth", "inpainting"], hasMask: false, TestRegistry.Of(Packages.Depth(), Packages.Segmentation(), Packages.Inpainting()).Now, 16,
            out var plan, out _).ShouldBeTrue();
        _plan = plan!;
    }

    [Fact]
    public void Nothing_Measured_LeavesEachHopAllThereIs()
    {
        var budget = new GraphBudget(_plan, _costs);
        budget.ForDecode(Ms(1000)).ShouldBe(Ms(1000));
        budget.ForRun(Step("segmentation"), Step("segmentation").Key, Ms(900)).ShouldBe(Ms(900));
        budget.CanMeet(Step("segmentation"), Ms(1)).ShouldBeTrue();
    }

    [Fact]
    public void Wave_First_LeavesTheSecondItsRunAndItsEncode()
    {
        Measure(depth: 50, segmentation: 100, inpainting: 300, encode: 20);
        var budget = new GraphBudget(_plan, _costs);
        budget.ForRun(Step("segmentation"), Step("segmentation").Key, Ms(1000)).ShouldBe(Ms(680));
        budget.ForRun(Step("depth"), Step("depth").Key, Ms(1000)).ShouldBe(Ms(980));
        budget.ForRun(Step("inpainting"), Step("inpainting").Key, Ms(500)).ShouldBe(Ms(480));
    }

    [Fact]
    public void Decode_LeavesTheLongestWayThroughTheGraph()
    {
        Measure(depth: 50, segmentation: 100, inpainting: 300, encode: 20);
        new GraphBudget(_plan, _costs).ForDecode(Ms(1000)).ShouldBe(Ms(580));
    }

    [Fact]
    public void Time_LessThanAllNeed_IsSharedByWhatEachNeeds()
    {
        Measure(depth: 50, segmentation: 300, inpainting: 280, encode: 20);
        new GraphBudget(_plan, _costs).ForRun(Step("segmentation"), Step("segmentation").Key, Ms(300)).ShouldBe(Ms(150));
    }

    [Fact]
    public void Step_ThatCannotBeDoneAtItsBest_IsNotWorthStarting()
    {
        Measure(depth: 50, segmentation: 100, inpainting: 300, encode: 20);
        var budget = new GraphBudget(_plan, _costs);
        budget.CanMeet(Step("inpainting"), Ms(319)).ShouldBeFalse();
        budget.CanMeet(Step("inpainting"), Ms(320)).ShouldBeTrue();
        budget.CanMeet(Step("segmentation"), Ms(100)).ShouldBeTrue(); // pulled in: nothing of it is encoded
        budget.CanEncode(Step("depth"), Ms(19)).ShouldBeFalse();
    }

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private PlanStep Step(string model) => _plan.Steps.Single(step => step.Key.Model == model);

    private void Measure(double depth, double segmentation, double inpainting, double encode)
    {
        _costs.Run(Step("depth").Key).Learn(depth);
        _costs.Run(Step("segmentation").Key).Learn(segmentation);
        _costs.Run(Step("inpainting").Key).Learn(inpainting);
        _costs.Encode(Step("depth").Key).Learn(encode);
        _costs.Encode(Step("inpainting").Key).Learn(encode);
    }
}
