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
    public void Register_MoreShapesThanServed_TakesThePlaceOfTheOneThatIsIdleLongest()
    {
        var forgotten = new List<string>();
        var pool = new BufferPool(new FakeExecutor(accelerator: false), maxBatch: 4, forgotten.Add);
        for (var i = 0; i < 32; i++)
        {
            pool.Register($"{i}", [[1, 100 + i]]).ShouldBeNull();
            pool.Enter($"{i}").ShouldBeTrue();
        }

        pool.Register("more", [[1, 200]]).ShouldNotBeNull().Kind.ShouldBe(FailureKind.Overloaded);
        pool.Leave("7");
        var buffers = pool.Take("7");
        pool.Leave("5");
        pool.Enter("5").ShouldBeTrue();
        pool.Leave("5");
        pool.Register("more", [[1, 200]]).ShouldBeNull();
        forgotten.ShouldBe(["7"]);
        pool.Enter("7").ShouldBeFalse();
        pool.Return(buffers);
        pool.Register("7", [[1, 107]]).ShouldBeNull();
        forgotten.ShouldBe(["7", "5"]);
    }

    [Fact]
    public void Register_MoreBytesThanThereAre_TakesThePlaceOfOthers()
    {
        _pool.Register("a", [[1, 50_000_000]]).ShouldBeNull(); // 0.8 GB of inputs for a batch of four
        _pool.Enter("a");
        _pool.Register("b", [[1, 60_000_000]]).ShouldNotBeNull().Kind.ShouldBe(FailureKind.Overloaded);
        _pool.Leave("a");
        _pool.Register("b", [[1, 60_000_000]]).ShouldBeNull();
        _pool.Enter("a").ShouldBeFalse();
    }
}
