namespace Espresso.Minions.Tests.Api;

/// <summary>The face under another implementation of gRPC.</summary>
public sealed class NodeClientTests(DepthMinion minion)
{
    [Theory]
    [InlineData("live_and_ready")]
    [InlineData("metadata")]
    [InlineData("infer_raw")]
    [InlineData("infer_typed_equals_raw")]
    [InlineData("infer_picture_quantised")]
    [InlineData("infer_many")]
    [InlineData("wrong_shape")]
    [InlineData("unknown_model")]
    [InlineData("deadline")]
    [InlineData("cancel")]
    public Task GrpcJs_Check_Passes(string check) => NodeClient.ShouldPass(check, minion.Process);
}
