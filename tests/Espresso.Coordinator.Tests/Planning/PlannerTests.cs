using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Registry;
using Espresso.Errors;

namespace Espresso.Coordinator.Tests.Planning;

public sealed class PlannerTests
{
    private static readonly string[] Everything = [Packages.Depth(), Packages.Segmentation(), Packages.Segmentation("1.0"), Packages.Inpainting()];

    [Fact]
    public void Name_WithoutVersion_TakesTheHighest()
    {
        var mesh = TestRegistry.Of(Packages.Depth("0.9"), Packages.Depth("0.10"), Packages.Depth("0.2")).Now;
        Keys(Planned(mesh, "depth")).ShouldBe(["depth@0.10"]);
    }

    [Fact]
    public void Name_HighestVersionDrains_TakesTheNextLiveOne()
    {
        var registry = TestRegistry.Of(Packages.Depth("0.1"));
        registry.Report(registry.Join(Packages.Depth("0.2")), draining: true);
        Keys(Planned(registry.Now, "depth")).ShouldBe(["depth@0.1"]);
    }

    [Fact]
    public void Name_WithVersion_TakesThatOne() =>
        Keys(Planned(TestRegistry.Of(Everything).Now, "segmentation@0.1")).ShouldBe(["segmentation@0.1"]);

    [Fact]
    public void Names_MeaningOneVersion_AreOneStep() =>
        Keys(Planned(TestRegistry.Of(Everything).Now, "depth", "depth@0.1", "depth")).ShouldBe(["depth@0.1"]);

    [Fact]
    public void Name_Unknown_IsToldWhatThereIs()
    {
        var failure = Refused(TestRegistry.Of(Everything).Now, "dept");
        failure.ShouldSatisfyAllConditions(
            () => failure.Kind.ShouldBe(FailureKind.NotFound),
            () => failure.Reason.ShouldBe(Reasons.UnknownModel),
            () => failure.Message.ShouldContain("depth, inpainting, segmentation"));
    }

    [Fact]
    public void Version_Unknown_IsToldWhichThereAre()
    {
        var failure = Refused(TestRegistry.Of(Everything).Now, "segmentation@2.0");
        failure.Reason.ShouldBe(Reasons.UnknownVersion);
        failure.Message.ShouldContain("1.0, 0.1");
    }

    [Theory]
    [InlineData("depth@")]
    [InlineData("depth@1")]
    [InlineData("@1.0")]
    [InlineData("depth@01.0")]
    [InlineData("")]
    public void Name_Malformed_IsRefused(string name) =>
        Refused(TestRegistry.Of(Everything).Now, name).Reason.ShouldBe(Reasons.InvalidRequest);

    [Fact]
    public void Version_WithoutReplica_IsUnavailableAndNotUnknown()
    {
        var registry = new TestRegistry();
        registry.Registry.Leave(registry.Join(Packages.Depth()), "test");
        Refused(registry.Now, "depth").Reason.ShouldBe(Reasons.NoReplica);
        Refused(registry.Now, "depth@0.1").Kind.ShouldBe(FailureKind.Unavailable);
    }

    [Fact]
    public void Version_WithoutReplica_IsLeftOutUnlessItIsRequiredOrAlone()
    {
        var registry = TestRegistry.Of(Packages.Segmentation());
        registry.Registry.Leave(registry.Join(Packages.Depth()), "test");
        var plan = Planned(registry.Now, "depth", "segmentation");
        Keys(plan).ShouldBe(["segmentation@0.1"]);
        var left = plan.LeftOut.ShouldHaveSingleItem();
        (left.Key.ToString(), left.Why.Reason).ShouldBe(("depth@0.1", Reasons.NoReplica));

        Refused(registry.Now, "depth!", "segmentation").Reason.ShouldBe(Reasons.NoReplica);
        Refused(registry.Now, "dept", "segmentation").Reason.ShouldBe(Reasons.UnknownModel);
    }

    [Fact]
    public void Provider_WithoutReplica_LeavesOutWhoNeedsIt()
    {
        var registry = TestRegistry.Of(Packages.Depth(), Packages.Inpainting());
        registry.Registry.Leave(registry.Join(Packages.Segmentation()), "test");
        var plan = Planned(registry.Now, "inpainting", "depth");
        Keys(plan).ShouldBe(["depth@0.1"]);
        plan.LeftOut.ShouldHaveSingleItem().Why.Reason.ShouldBe(Reasons.NoReplica);
        Refused(registry.Now, "inpainting!", "depth").Reason.ShouldBe(Reasons.NoReplica);
    }

    [Fact]
    public void Names_TooMany_AreRefusedBeforeTheyAreLookedAt() =>
        Refused(TestRegistry.Of(Everything).Now, [.. Enumerable.Repeat("depth", 17)]).Reason.ShouldBe(Reasons.TooManyModels);

    [Fact]
    public void Input_FromAnotherModel_PutsThatModelInAWaveBefore()
    {
        var plan = Planned(TestRegistry.Of(Everything).Now, "inpainting", "depth");
        plan.Steps.Select(step => (step.Key.ToString(), step.Wave, step.Requested)).ShouldBe(
            [("segmentation@1.0", 0, false), ("inpainting@0.1", 1, true), ("depth@0.1", 0, true)]);
        var hole = plan.Steps[1].Inputs[1].ShouldBeOfType<ProvidedInput>();
        hole.Step.ShouldBe(0);
        hole.Output.Name.ShouldBe("alpha");
    }

    [Fact]
    public void Provider_NotRequested_IsAskedForTheTakenOutputOnly()
    {
        var mesh = TestRegistry.Of(Everything).Now;
        Planned(mesh, "inpainting").Steps[0].Outputs.Select(output => output.As).ShouldBe(["mask"]);
        Planned(mesh, "inpainting", "segmentation").Steps[0].Outputs.Select(output => output.As).ShouldBe(["mask", "edges"]);
    }

    [Fact]
    public void Provider_RequestedInAnotherVersion_IsThatVersion()
    {
        var plan = Planned(TestRegistry.Of(Everything).Now, "inpainting", "segmentation@0.1");
        plan.Steps.Select(step => (step.Key.ToString(), step.Requested)).ShouldBe([("segmentation@0.1", true), ("inpainting@0.1", true)]);
    }

    [Fact]
    public void Mask_SentByTheClient_NeedsNoProvider()
    {
        var plan = Planned(TestRegistry.Of(Everything).Now, hasMask: true, "inpainting");
        Keys(plan).ShouldBe(["inpainting@0.1"]);
        plan.Steps[0].Inputs[1].ShouldBeOfType<MaskInput>();
        var spec = plan.MaskSpecs.ShouldHaveSingleItem();
        (spec.Width, spec.Height, spec.Threshold, spec.Grow).ShouldBe((4u, 4u, 128u, 2u));
    }

    [Theory]
    [InlineData("matting.mask", Reasons.MissingInput)]
    [InlineData("segmentation.nothing", Reasons.MissingInput)]
    public void Provider_Absent_IsAMissingInput(string from, string reason)
    {
        var failure = Refused(TestRegistry.Of(Packages.Segmentation(), Packages.Inpainting(from: from)).Now, "inpainting");
        failure.Reason.ShouldBe(reason);
        failure.Message.ShouldContain(from);
        failure.Message.ShouldContain("send a mask");
    }

    [Fact]
    public void Providers_InACircle_AreRefusedWithTheCircle()
    {
        var other = Packages.Inpainting(from: "inpainting.background").Replace("model: inpainting", "model: other", StringComparison.Ordinal)
            .Replace("kind: image, range: [0, 1], media: jpeg, blend: hole", "kind: mask", StringComparison.Ordinal);
        var first = Packages.Inpainting(from: "other.background").Replace("kind: image, range: [0, 1], media: jpeg, blend: hole", "kind: mask", StringComparison.Ordinal);
        var failure = Refused(TestRegistry.Of(first, other).Now, "inpainting");
        failure.Reason.ShouldBe(Reasons.MissingInput);
        failure.Message.ShouldContain("inpainting@0.1 → other@0.1 → inpainting@0.1");
    }

    [Fact]
    public void Specs_Equal_AreOneTensor()
    {
        var plan = Planned(TestRegistry.Of(Everything).Now, "depth", "segmentation", "inpainting");
        plan.PictureSpecs.Select(spec => (spec.Width, spec.Height)).ShouldBe([(8u, 6u), (4u, 4u)]);
        plan.Steps.Select(step => plan.PictureSpecs.IndexOf(step.Inputs[0].Target)).ShouldBe([0, 0, 1]);
        plan.TensorBytes.ShouldBe((8 * 6 * 3) + (4 * 4 * 3) + (4 * 4));
    }

    [Theory]
    [InlineData(", fit: crop")]
    [InlineData(", channels: bgr")]
    [InlineData(", fill: 114")]
    public void Specs_Different_AreTwoTensors(string difference) =>
        Planned(TestRegistry.Of(Packages.Depth(input: difference), Packages.Segmentation()).Now, "depth", "segmentation").PictureSpecs.Length.ShouldBe(2);

    [Fact]
    public void Deadline_ByDefault_IsTheLongestOfThePlan() =>
        Planned(TestRegistry.Of(Everything).Now, "depth", "segmentation").DefaultDeadline.ShouldBe(TimeSpan.FromSeconds(10));

    [Fact]
    public void Names_None_MeanEveryDefaultAndTellWhoCannot()
    {
        var plan = Planned(TestRegistry.Of(Packages.Depth(), Packages.Inpainting(from: "matting.mask")).Now);
        Keys(plan).ShouldBe(["depth@0.1"]);
        var left = plan.LeftOut.ShouldHaveSingleItem();
        left.Key.ToString().ShouldBe("inpainting@0.1");
        left.Why.Reason.ShouldBe(Reasons.MissingInput);
    }

    [Fact]
    public void Names_NothingServedYet_IsUnavailable()
    {
        Refused(MeshSnapshot.Empty).Reason.ShouldBe(Reasons.NoReplica);
        Refused(MeshSnapshot.Empty, "depth").Reason.ShouldBe(Reasons.NoReplica);
    }

    [Fact]
    public void Fallback_OfALiveVersion_StandsBesideTheStep()
    {
        var plan = Planned(TestRegistry.Of(Everything).Now, "segmentation@1.0|0.1!", "inpainting");
        Keys(plan).ShouldBe(["segmentation@1.0", "inpainting@0.1"]);
        plan.Steps[0].Required.ShouldBeTrue();
        plan.Steps[1].Required.ShouldBeFalse();
        var fallback = plan.Steps[0].Fallback!.Steps.ShouldHaveSingleItem();
        fallback.Key.ToString().ShouldBe("segmentation@0.1");
        fallback.Requested.ShouldBeTrue();
    }

    [Fact]
    public void Version_WithoutReplica_GivesWayToItsFallbackAtOnce()
    {
        var registry = TestRegistry.Of(Packages.Depth("0.1"));
        registry.Registry.Leave(registry.Join(Packages.Depth("1.0")), "test");
        var step = Planned(registry.Now, "depth@1.0|0.1").Steps.ShouldHaveSingleItem();
        step.Key.ToString().ShouldBe("depth@0.1");
        step.Fallback.ShouldBeNull();
        step.Instead!.What.ShouldBe("depth@1.0");
        step.Instead.Why.Reason.ShouldBe(Reasons.NoReplica);
    }

    [Fact]
    public void Fallback_Unknown_IsRefused() =>
        Refused(TestRegistry.Of(Everything).Now, "segmentation@1.0|0.7").Reason.ShouldBe(Reasons.UnknownVersion);

    [Fact]
    public void Fallback_ThatIsAskedForAnyway_RunsOnce()
    {
        var mesh = TestRegistry.Of(Packages.Depth(), Packages.Depth("1.0"), Packages.Depth("2.0")).Now;
        Fallbacks("depth@1.0|0.1", "depth@0.1").ShouldBe(["depth@1.0", "depth@0.1"]);
        Fallbacks("depth", "depth@1.0|2.0").ShouldBe(["depth@2.0", "depth@1.0"]);
        Fallbacks("depth@2.0|0.1", "depth@1.0|0.1").ShouldBe(["depth@2.0|depth@0.1", "depth@1.0"]);

        string[] Fallbacks(params string[] names) =>
            [.. Planned(mesh, names).Steps.Select(step => $"{step.Key}{(step.Fallback is { } fallback ? $"|{fallback.Steps[0].Key}" : "")}")];
    }

    [Theory]
    [InlineData("depth@1.0|0.1", "depth@0.1")]
    [InlineData("depth@0.1", "depth@1.0|0.1")]
    public void Version_GivingWayToOneThatIsAskedForAnyway_IsToldOf(params string[] names)
    {
        var registry = TestRegistry.Of(Packages.Depth());
        registry.Registry.Leave(registry.Join(Packages.Depth("1.0")), "test");
        Planned(registry.Now, names).Steps.ShouldHaveSingleItem().Instead!.What.ShouldBe("depth@1.0");
    }

    [Fact]
    public void Version_WithoutReplica_NamedTwice_IsLeftOutOnce()
    {
        var registry = TestRegistry.Of(Packages.Depth());
        registry.Registry.Leave(registry.Join(Packages.Segmentation()), "test");
        Planned(registry.Now, "depth", "segmentation", "segmentation@0.1").LeftOut.ShouldHaveSingleItem();
    }

    [Fact]
    public void Fallback_NeedingWhatTheRequestDoesNotMake_IsRefused()
    {
        var simple = Packages.Depth("1.0").Replace("model: depth", "model: inpainting", StringComparison.Ordinal);
        var mesh = TestRegistry.Of(simple, Packages.Inpainting(), Packages.Segmentation()).Now;
        Refused(mesh, "inpainting@1.0|0.1").Message.ShouldContain("segmentation.mask");
        Planned(mesh, "segmentation", "inpainting@1.0|0.1").Steps[1].Fallback!.Steps[0].Inputs[1].ShouldBeOfType<ProvidedInput>().Step.ShouldBe(0);
        Planned(mesh, hasMask: true, "inpainting@1.0|0.1").Steps[0].Fallback!.MaskSpecs.Length.ShouldBe(1);
    }

    [Fact]
    public void Fallbacks_OfARefusedPlan_AreEachAloneThenAll()
    {
        var mesh = TestRegistry.Of([.. Everything, Packages.Depth("1.0")]).Now;
        var plan = Planned(mesh, "depth|0.1", "inpainting", "segmentation|0.1");
        var full = Failure.Overloaded(Reasons.QueueFull, "full", TimeSpan.FromSeconds(1));
        var fallbacks = Planner.Fallbacks(plan, full, hasMask: false, mesh).ToList();
        fallbacks.ConvertAll(other => string.Join(' ', Keys(other).Order())).ShouldBe([
            "depth@0.1 inpainting@0.1 segmentation@1.0",
            "depth@1.0 inpainting@0.1 segmentation@0.1",
            "depth@0.1 inpainting@0.1 segmentation@0.1"]);
        fallbacks[0].Steps.Where(step => step.Instead is not null).Select(step => (step.Instead!.What, step.Instead.Why)).ShouldBe([("depth", full)]);
    }

    private static Plan Planned(MeshSnapshot mesh, params string[] names) => Planned(mesh, hasMask: false, names);

    private static Plan Planned(MeshSnapshot mesh, bool hasMask, params string[] names)
    {
        Planner.TryPlan(names, hasMask, mesh, maxModels: 16, out var plan, out var failure).ShouldBeTrue(failure?.Message);
        return plan!;
    }

    private static Failure Refused(MeshSnapshot mesh, params string[] names)
    {
        Planner.TryPlan(names, hasMask: false, mesh, maxModels: 16, out _, out var failure).ShouldBeFalse();
        return failure!;
    }

    private static string[] Keys(Plan plan) => [.. plan.Steps.Select(step => step.Key.ToString())];
}
