using Espresso.Cli.Processes;

namespace Espresso.Cli.Tests.Processes;

public sealed class RestartPolicyTests
{
    private static readonly TimeSpan Briefly = TimeSpan.FromSeconds(1);

    [Fact]
    public void After_FallsInARow_DoublesUpToTheLimit()
    {
        var policy = new RestartPolicy();

        var waits = Enumerable.Range(0, 9).Select(_ => policy.After(Briefly).TotalSeconds);

        waits.ShouldBe([0.5, 1, 2, 4, 8, 16, 30, 30, 30]);
    }

    [Fact]
    public void After_HealthyRun_BeginsAnew()
    {
        var policy = new RestartPolicy();
        for (var i = 0; i < 5; i++)
            policy.After(Briefly);

        policy.After(RestartPolicy.HealthyAfter).ShouldBe(RestartPolicy.First);
        policy.After(Briefly).ShouldBe(RestartPolicy.First * 2);
    }

    [Fact]
    public void After_AlmostHealthyRun_GoesOn()
    {
        var policy = new RestartPolicy();
        policy.After(Briefly);

        policy.After(RestartPolicy.HealthyAfter - TimeSpan.FromTicks(1)).ShouldBe(RestartPolicy.First * 2);
    }
}
