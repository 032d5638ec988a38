using Espresso.Hosting;

namespace Espresso.Coordinator.Tests;

public sealed class CoordinatorOptionsTests
{
    [Fact]
    public void Defaults_AreThoseOfTheReadme()
    {
        var options = OptionsReader.Read<CoordinatorOptions>([], out _, _ => null);
        (options.GrpcPort, options.HttpPort, options.MaxBodyBytes, options.MaxModels).ShouldBe((8081, 8080, 25 << 20, 16));
        (options.LeaseExpiryMs, options.LeaseReportMs).ShouldBe((5000, 500));
    }

    [Fact]
    public void Expiry_ShorterThanTwoReports_IsRefused() =>
        Should.Throw<OptionsException>(() => OptionsReader.Read<CoordinatorOptions>(["--lease-expiry-ms", "900"], out _, _ => null))
            .Message.ShouldContain("--lease-expiry-ms");

    [Theory]
    [InlineData("8081")]
    [InlineData("8080")]
    public void JoinPort_AnotherListenersOwn_IsRefused(string port) =>
        Should.Throw<OptionsException>(() => OptionsReader.Read<CoordinatorOptions>(["--join-port", port], out _, _ => null))
            .Message.ShouldContain("--join-port");

    [Fact]
    public void Faults_AreToldTogether() =>
        Should.Throw<OptionsException>(() => OptionsReader.Read<CoordinatorOptions>(["--max-models", "0", "--transfer-seconds", "soon"], out _, _ => null))
            .Faults.Count.ShouldBe(2);
}
