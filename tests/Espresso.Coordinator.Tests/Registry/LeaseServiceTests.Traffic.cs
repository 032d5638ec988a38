using Espresso.Coordinator.Traffic;
using Espresso.Errors;
using Espresso.Manifests;
using Espresso.Protos.Registry;

namespace Espresso.Coordinator.Tests.Registry;

/// <content>What members bring of their model's traffic, and what they are told of it.</content>
public sealed partial class LeaseServiceTests
{
    [Fact]
    public async Task Traffic_ThatAMemberBrings_HoldsBeforeItCanBeChosen()
    {
        var joined = true;
        _traffic.Changed += (_, _) => joined = _registry.Now.Models.ContainsKey("depth");
        var lease = Hold(Minion(), traffic: Elsewhere(5, "0.1"));

        (await _grants.Next()).Traffic.ShouldBeNull("it need not hear its own word");
        joined.ShouldBeFalse();
        _traffic.Of("depth").Policy.Default.ShouldBe(new ModelVersion(0, 1));
        _traffic.Of("depth").History.ShouldHaveSingleItem().By.ShouldBe("put");
        _reports.End();
        await lease;
    }

    [Fact]
    public async Task Traffic_ThatARefusedMemberBrings_IsNotTaken()
    {
        _registry.Join(Packages.Depth());
        var other = Minion();
        other.Minion.Manifest = Packages.Depth(input: ", mean: [1, 2, 3]");

        var failure = (await Should.ThrowAsync<FailureException>(Hold(other, traffic: Elsewhere(5, "0.1")))).Failure;

        failure.Message.ShouldContain("another contract");
        _traffic.Of("depth").State.ShouldBeNull();
        _traffic.Of("depth").Policy.Default.ShouldBeNull();
    }

    [Fact]
    public async Task Traffic_DecidedHere_IsToldToMembersOfTheModelAlone()
    {
        _traffic.Set("depth", Pin(0, 1), "put");
        var lease = Hold(Minion());
        (await _grants.Next()).Traffic.Revision.ShouldBe(1u);

        _traffic.Set("tags", Pin(3, 0), "put");
        _traffic.Set("depth", Pin(1, 0), "put");

        var told = (await _grants.Next()).Traffic;
        (told.Model, told.Revision, told.Policy.Contains("\"default\":\"1.0\"")).ShouldBe(("depth", 2u, true));
        told.History.Select(change => change.Serving).ShouldBe(["0.1", "1.0"]);
        _reports.End();
        await lease;
    }

    [Fact]
    public async Task Traffic_InALaterReport_IsTakenIfItIsNewerAndAboutTheMembersModel()
    {
        _traffic.Set("depth", Pin(1, 0), "put");
        var lease = Hold(Minion());
        await _grants.Next();

        await Report(Elsewhere(9, "0.1", model: "tags"));
        await Report(Elsewhere(9, "no version"));
        await Report(Elsewhere(0, "0.1"));
        _traffic.Of("tags").Policy.Default.ShouldBeNull();
        _traffic.Of("depth").Policy.Default.ShouldBe(new ModelVersion(1, 0));

        await Report(Elsewhere(2, "0.1"));
        _traffic.Of("depth").Policy.Default.ShouldBe(new ModelVersion(0, 1));
        _reports.End();
        await lease;
    }

    private static TrafficPolicy Pin(int major, int minor) => TrafficPolicy.None with { Default = new ModelVersion(major, minor) };

    private static TrafficState Elsewhere(ulong revision, string pin, string model = "depth") => new()
    {
        Model = model,
        Revision = revision,
        AtMs = 1,
        Coordinator = "another",
        Policy = $$"""{"default":"{{pin}}"}""",
        History = { new Espresso.Protos.Registry.TrafficChange { AtMs = 1, By = "put", What = $"default {pin}", Serving = pin } },
    };
}
