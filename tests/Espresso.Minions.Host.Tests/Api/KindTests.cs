using System.Text;
using Espresso.Minions.Tests.Fakes;

namespace Espresso.Minions.Tests.Api;

/// <summary>Outputs that are no pictures, of a real network: see <see cref="Networks.Kinds"/>.</summary>
public sealed class KindTests : IAsyncLifetime
{
    private MinionProcess _minion = null!;

    public async ValueTask InitializeAsync() => _minion = await MinionProcess.Start(Packages.Write(Packages.Kinds, Networks.Kinds), "--standalone");

    public ValueTask DisposeAsync() => _minion.DisposeAsync();

    [Fact]
    public async Task Infer_LabelsScoresAndVector_AreTheNetworksNumbers()
    {
        var reply = await _minion.Client.ModelInferAsync(Requests.Raw("kinds", [1, 3, 2, 4], Picture(0.25f, 0.5f, 0.125f)));

        reply.Outputs.Select(output => (output.Name, output.Datatype)).ShouldBe([("labels", "FP32"), ("scores", "FP32"), ("vector", "FP32"), ("words", "UINT8")]);
        for (var i = 0; i < 3; i++)
            reply.Output<float>(i).ShouldBe([0.25f, 0.5f, 0.125f]);
    }

    [Fact]
    public async Task Infer_ABatchOfTexts_AreEachTheirUtf8AndZeros()
    {
        var reply = await _minion.Client.ModelInferAsync(Requests.Raw("kinds", [2, 3, 2, 4], [.. Picture(0, 1, 0), .. Picture(1, 0, 0)]));

        reply.Outputs[3].Shape.ShouldBe([2, 32]);
        Encoding.UTF8.GetString(reply.RawOutputContents[3].Span[..32]).ShouldBe("grün" + new string('\0', 27));
        Encoding.UTF8.GetString(reply.RawOutputContents[3].Span[32..]).ShouldBe("red" + new string('\0', 29));
    }

    /// <summary>A picture of one colour, in planes.</summary>
    private static float[] Picture(float red, float green, float blue) =>
        [.. Enumerable.Repeat(red, 8), .. Enumerable.Repeat(green, 8), .. Enumerable.Repeat(blue, 8)];
}
