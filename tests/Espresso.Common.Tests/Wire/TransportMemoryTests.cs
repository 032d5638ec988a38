using System.Buffers;
using Espresso.Wire;

namespace Espresso.Common.Tests.Wire;

public sealed class TransportMemoryTests
{
    private readonly MemoryPool<byte> _pool = new TransportMemory().Create();

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(65_536)]
    public void Rent_UpToABlock_IsABlock(int atLeast)
    {
        using var block = _pool.Rent(atLeast);

        block.Memory.Length.ShouldBe(65_536);
    }

    [Fact]
    public void Rent_MoreThanABlock_IsRefused() => Should.Throw<ArgumentOutOfRangeException>(() => _pool.Rent(65_537));

    [Fact]
    public void Dispose_Twice_GivesTheBlockBackOnce()
    {
        var block = _pool.Rent();
        block.Dispose();
        block.Dispose();

        using var first = _pool.Rent();
        using var second = _pool.Rent();

        first.ShouldBeSameAs(block);
        second.ShouldNotBeSameAs(block);
    }

    [Fact]
    public void Rent_ManyThreads_NobodySharesABlock() =>
        Parallel.For(0, 5_000, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            using var block = _pool.Rent();
            BitConverter.TryWriteBytes(block.Memory.Span, i);
            Thread.Yield();
            BitConverter.ToInt32(block.Memory.Span).ShouldBe(i);
        });
}
