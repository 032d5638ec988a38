using Espresso.Coordinator.Planning;
using Espresso.Errors;

namespace Espresso.Coordinator.Tests.Planning;

public sealed class ModelRequestTests
{
    [Theory]
    [InlineData("depth", "depth", false, null)]
    [InlineData("depth!", "depth", true, null)]
    [InlineData("depth@1.0!", "depth@1.0", true, null)]
    [InlineData("depth@1.0|0.1", "depth@1.0", false, "0.1")]
    [InlineData("depth@1.0|depth@0.1!", "depth@1.0", true, "0.1")]
    [InlineData("depth|0.1", "depth", false, "0.1")]
    public void Text_WellFormed_IsRead(string text, string name, bool required, string? fallback)
    {
        var request = ModelRequest.Parse(text);
        request.Name.ToString().ShouldBe(name);
        request.Required.ShouldBe(required);
        request.Fallback?.ToString().ShouldBe(fallback);
        (request.Fallback is null).ShouldBe(fallback is null);
    }

    [Theory]
    [InlineData("!")]
    [InlineData("depth!!")]
    [InlineData("depth|")]
    [InlineData("depth|0.1|0.2")]
    [InlineData("depth|1")]
    [InlineData("depth@|0.1")]
    [InlineData("depth|segmentation@0.1")]
    public void Text_Malformed_IsRefused(string text) =>
        Should.Throw<FailureException>(() => ModelRequest.Parse(text)).Failure.Reason.ShouldBe(Reasons.InvalidRequest);

    [Fact]
    public void Write_SaysTheSameShortly()
    {
        ModelRequest.Write("depth", required: false, fallback: "").ShouldBe("depth");
        ModelRequest.Parse(ModelRequest.Write("depth@1.0", required: true, "0.1")).ShouldBe(ModelRequest.Parse("depth@1.0|0.1!"));
    }
}
