using Espresso.Coordinator.Traffic;

namespace Espresso.Coordinator.Tests.Traffic;

public sealed class StickinessTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 100)]
    [InlineData(10, 1_000)]
    [InlineData(50, 5_000)]
    [InlineData(100, 10_000)]
    public void Keys_Many_FallInByTheirPercentage(double percent, int expected) =>
        ((double)Keys().Count(key => Stickiness.IsIn("canary of depth", key, percent))).ShouldBe(expected, 4 * Math.Sqrt(expected) * (1 - (percent / 100)) + 0.1);

    [Fact]
    public void Key_ThatIsIn_StaysInWhenThePercentageGrows() =>
        Keys().Where(key => Stickiness.IsIn("canary of depth", key, 5)).ShouldAllBe(key => Stickiness.IsIn("canary of depth", key, 6));

    [Fact]
    public void Purposes_Different_ChooseOtherKeys()
    {
        var both = Keys().Count(key => Stickiness.IsIn("canary of depth", key, 10) && Stickiness.IsIn("shadow of depth", key, 10));
        both.ShouldBeInRange(50, 150); // a tenth of a tenth
    }

    private static IEnumerable<string> Keys() => Enumerable.Range(0, 10_000).Select(i => $"user-{i}");
}
