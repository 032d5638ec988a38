using Espresso.Errors;
using Espresso.Minions.Execution;
using Espresso.Minions.Tests.Fakes;

namespace Espresso.Minions.Tests.Execution;

public sealed class BufferPoolTests
{
    private readonly BufferPool _pool = new(new FakeExecutor(accelerator: false), maxBatch: 4);

    [Fact]
    public void Take_Returned_IsUsedAgain()
    {
        _pool.Register("b", [[1, 5]]).ShouldBeNull();
        var buffers = _pool.Take("b");
        _pool.Take("b").ShouldNotBeSameAs(buffers);

        _pool.Return(buffers);

        _pool.Take("b").ShouldBeSameAs(buffers);
        buffers.Inputs[0].Memory.Length.ShouldBe(4 * 5 * 4);
    }

    [Fact]
    public void Register_ShapesThatTheNetworkRefuses_IsInvalid() =>
        _pool.Register("b", [[1, 13]]).ShouldNotBeNull().ShouldSatisfyAllConditions(
            failure => failure.Kind.ShouldBe(FailureKind.Invalid),
            failure => failure.Message.ShouldContain("thirteen is not taken"));

    [Theory]
    [InlineData(500_000_000)] // 2 GB an item
    [InlineData(200_000_000)] // 0.8 GB an item: a batch of four is larger than an array
    [InlineData(long.MaxValue / 2)]
    public void Register_BatchLargerThanAnArray_IsTooLarge(long width) =>
        _pool.Register("b", [[1, width]]).ShouldNotBeNull().Kind.ShouldBe(FailureKind.TooLarge);

    [Fact]
    public void Register_MoreShapesThanServed_IsRefused()
    {
        for (var i = 0; i < 32; i++)
            _pool.Register($"{i}", [[1, 100 + i]]).ShouldBeNull();

        _pool.Register("more", [[1, 200]]).ShouldNotBeNull();
        _pool.Register("5", [[1, 105]]).ShouldBeNull();
    }
}
