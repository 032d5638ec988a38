using System.Text.Json.Nodes;
using Espresso.Cli.Promotion;

namespace Espresso.Cli.Tests.Promotion;

public sealed class DefaultHistoryTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(null, "promote 1.0")]
    [InlineData(null, "promote 1.0", "put 1.0")]
    [InlineData("1.0", "registry 1.0", "promote 1.1")]
    [InlineData("1.0", "promote 1.0", "promote 1.1", "put 1.1")]
    [InlineData("1.1", "promote 1.0", "promote 1.1", "promote 2.0")]
    [InlineData("1.0", "promote 1.0", "promote 1.1", "promote 2.0", "rollback 1.1")]
    [InlineData(null, "promote 1.0", "promote 1.1", "promote 2.0", "rollback 1.1", "rollback 1.0")]
    [InlineData(null, "promote 1.0", "promote 1.1", "budget 1.0")]
    [InlineData("1.0", "promote 1.0", "promote 1.1", "rollback 1.0", "promote 2.0")]
    [InlineData("1.1", "promote 1.1", "budget 1.0")]
    public void Before_OldestFirst_IsWhatARollbackReturnsTo(string? version, params string[] changes) =>
        DefaultHistory.Before(new JsonArray([.. changes.Reverse().Select(Change)])).ShouldBe(version);

    [Fact]
    public void Before_ChangesWithoutADefault_ArePassedOver() =>
        DefaultHistory.Before(new JsonArray(new JsonObject { ["by"] = "put", ["what"] = "default 1.0" }, new JsonObject { ["by"] = "put", ["serving"] = null })).ShouldBeNull();

    private static JsonNode Change(string change) => new JsonObject { ["by"] = change.Split(' ')[0], ["serving"] = change.Split(' ')[1] };
}
