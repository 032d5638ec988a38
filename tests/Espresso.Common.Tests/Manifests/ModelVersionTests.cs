using Espresso.Manifests;

namespace Espresso.Common.Tests.Manifests;

public sealed class ModelVersionTests
{
    [Theory]
    [InlineData("0.1", 0, 1)]
    [InlineData("12.0", 12, 0)]
    [InlineData("3.140", 3, 140)]
    public void TryParse_MajorMinor_IsBoth(string text, int major, int minor)
    {
        ModelVersion.TryParse(text, out var version).ShouldBeTrue();
        version.ShouldBe(new ModelVersion(major, minor));
        version.ToString().ShouldBe(text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.")]
    [InlineData(".1")]
    [InlineData("1.2.3")]
    [InlineData("01.2")]
    [InlineData("1.02")]
    [InlineData("-1.2")]
    [InlineData("+1.2")]
    [InlineData("1. 2")]
    [InlineData("1.2 ")]
    [InlineData("1.99999999999")]
    [InlineData("v1.2")]
    public void TryParse_AnythingElse_IsNone(string? text) => ModelVersion.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void CompareTo_Numbers_CountAsNumbers()
    {
        var versions = new[] { "2.0", "1.10", "1.9", "1.2" }.Select(text => ModelVersion.TryParse(text, out var version) ? version : default);

        string.Join(' ', versions.Order()).ShouldBe("1.2 1.9 1.10 2.0");
        (new ModelVersion(1, 9) < new ModelVersion(1, 10)).ShouldBeTrue();
        (new ModelVersion(1, 9) >= new ModelVersion(1, 10)).ShouldBeFalse();
    }
}
