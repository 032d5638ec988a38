using System.Text;
using Espresso.Coordinator.Traffic;
using Espresso.Errors;
using Espresso.Manifests;

namespace Espresso.Coordinator.Tests.Traffic;

public sealed class PolicyReaderTests
{
    [Fact]
    public void Policy_Complete_IsRead() => Read("""
        {"default":"1.0","canary":{"version":"1.1","percent":10},"shadow":{"version":"2.0","percent":0.5},
         "budget":{"errors":0.05,"latency":2,"window_seconds":120,"least_requests":7}}
        """).ShouldBe(new TrafficPolicy(
            new ModelVersion(1, 0), new Split(new ModelVersion(1, 1), 10), new Split(new ModelVersion(2, 0), 0.5),
            new VersionBudget { Errors = 0.05, Latency = 2, WindowSeconds = 120, LeastRequests = 7 }));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"default":null,"canary":null,"shadow":null,"budget":{}}""")]
    public void Policy_Empty_IsNone(string json) => Read(json).ShouldBe(TrafficPolicy.None);

    [Theory]
    [InlineData("{", "no JSON")]
    [InlineData("[]", "a policy is an object")]
    [InlineData("""{"pin":"1.0"}""", "no key 'pin'")]
    [InlineData("""{"default":1.0}""", "default: a version in quotes")]
    [InlineData("""{"default":"1"}""", "default: a version in quotes")]
    [InlineData("""{"canary":{"version":"1.0"}}""", "canary: version and percent are needed")]
    [InlineData("""{"canary":{"version":"1.0","percent":101}}""", "canary.percent: a number from 0 to 100")]
    [InlineData("""{"canary":{"version":"1.0","percent":1,"sticky":true}}""", "no key 'canary.sticky'")]
    [InlineData("""{"shadow":7}""", "shadow: an object with version and percent")]
    [InlineData("""{"budget":{"latency":0.5}}""", "budget.latency: a number from 1 to 100")]
    [InlineData("""{"budget":{"window":5}}""", "no key 'budget.window'")]
    public void Policy_Wrong_NamesTheFault(string json, string naming) =>
        Should.Throw<FailureException>(() => Read(json)).Failure.Message.ShouldContain(naming);

    [Fact]
    public void Faults_Several_AreAllNamed()
    {
        var failure = Should.Throw<FailureException>(() => PolicyReader.ReadAll("""{"depth":{"pin":1},"tags":{"default":1}}"""u8.ToArray())).Failure;
        failure.Reason.ShouldBe(Reasons.InvalidRequest);
        failure.Message.ShouldContain("depth: pin");
        failure.Message.ShouldContain("tags: default");
    }

    private static TrafficPolicy Read(string json) => PolicyReader.Read(Encoding.UTF8.GetBytes(json));
}
