using System.Runtime.InteropServices;
using Espresso.Wire;

namespace Espresso.Common.Tests.Wire;

public sealed class PayloadPoolTests
{
    [Fact]
    public void BucketOf_GrowingLengths_NeverShrinks()
    {
        var before = PayloadPool.BucketOf(0);
        for (var length = 1L; length < Array.MaxLength; length = Math.Max(length + 1, (long)(length * 1.0137)))
        {
            var bucket = PayloadPool.BucketOf((int)length);
            bucket.Bag.ShouldBeInRange(before.Bag, before.Bag + 1);
            bucket.Size.ShouldBeGreaterThanOrEqualTo(before.Size);
            (bucket.Bag == before.Bag).ShouldBe(bucket.Size == before.Size, $"length {length}");
            before = bucket;
        }
    }

    [Fact]
    public void BucketOf_AnyLength_HoldsItWithAQuarterOfWasteAtMost() => Seeds.Check(1000, random =>
    {
        var length = (int)Math.Min(Array.MaxLength, Math.Exp(random.NextDouble() * Math.Log(int.MaxValue)));

        var size = PayloadPool.BucketOf(length).Size;

        size.ShouldBeGreaterThanOrEqualTo(length);
        if (length > 4096)
            (size - length).ShouldBeLessThanOrEqualTo(length / 4);
    });

    [Theory]
    [InlineData(0, 4096)]
    [InlineData(4096, 4096)]
    [InlineData(4097, 5120)]
    [InlineData(5120, 5120)]
    [InlineData(8192, 8192)]
    [InlineData(8193, 10240)]
    [InlineData(256 * 256 * 3 * 4, 256 * 256 * 3 * 4)] // a picture in FP32 wastes nothing
    [InlineData(int.MaxValue - 60, 0x7FFFFFC7)]
    public void BucketOf_Length_HasThisSize(int length, int size) => PayloadPool.BucketOf(length).Size.ShouldBe(size);

    [Fact]
    public void Return_Rented_ComesBackAtTheNextRentOfItsBucket()
    {
        var pool = new PayloadPool(1 << 20);
        var array = pool.Rent(5000);

        pool.Return(array);

        pool.KeptBytes.ShouldBe(array.Length);
        pool.Rent(5100).ShouldBeSameAs(array);
        pool.KeptBytes.ShouldBe(0);
    }

    [Fact]
    public void Return_PastTheCap_IsNotKept()
    {
        var pool = new PayloadPool(10_000);
        var arrays = Enumerable.Range(0, 4).Select(_ => pool.Rent(4096)).ToList();

        arrays.ForEach(pool.Return);

        pool.KeptBytes.ShouldBe(8192);
    }

    [Fact]
    public void Return_ArrayThatIsNotOfThePool_IsNotKept()
    {
        var pool = new PayloadPool(1 << 20);

        pool.Return(new byte[5000]);

        pool.KeptBytes.ShouldBe(0);
    }

    [Fact]
    public void Rent_ManyThreads_NobodySharesAnArray()
    {
        var pool = new PayloadPool(1 << 20);
        Parallel.For(0, 20_000, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            var array = pool.Rent(4096 + (i % 3 * 1024));
            var mark = BitConverter.GetBytes(i);
            mark.CopyTo(array, 0);
            mark.CopyTo(array, array.Length - 4);
            Thread.Yield();
            array.AsSpan(0, 4).SequenceEqual(mark).ShouldBeTrue();
            array.AsSpan(array.Length - 4).SequenceEqual(mark).ShouldBeTrue();
            pool.Return(array);
        });

        pool.KeptBytes.ShouldBeInRange(0, 1 << 20);
    }
}

public sealed class PayloadTests
{
    private const int Length = 900_000; // of a size that no other test rents

    [Fact]
    public void Dispose_Twice_GivesTheBufferBackOnce()
    {
        var payload = Payload.Rent(Length);
        var array = ArrayOf(payload);
        payload.Dispose();
        payload.Dispose();

        using var first = Payload.Rent(Length);
        using var second = Payload.Rent(Length);

        ArrayOf(first).ShouldBeSameAs(array);
        ArrayOf(second).ShouldNotBeSameAs(array);
    }

    [Fact]
    public void Abandon_ThenDispose_LeavesTheBufferToItsReader()
    {
        var payload = Payload.Rent(Length * 2);
        var array = ArrayOf(payload);
        payload.Abandon();
        payload.Dispose();

        using var next = Payload.Rent(Length * 2);

        ArrayOf(next).ShouldNotBeSameAs(array);
    }

    [Fact]
    public void Span_AfterTheEnd_Throws()
    {
        var payload = Payload.Rent(10);
        payload.Dispose();

        Should.Throw<ObjectDisposedException>(() => payload.Span.Length);
        Should.Throw<ObjectDisposedException>(() => payload.Memory);
    }

    [Fact]
    public void CopyOf_Bytes_HasThemAndNoMore()
    {
        using var payload = Payload.CopyOf([1, 2, 3]);

        payload.Length.ShouldBe(3);
        payload.Span.ToArray().ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void Rent_Nothing_IsEmpty()
    {
        using var payload = Payload.Rent(0);

        payload.Span.IsEmpty.ShouldBeTrue();
    }

    private static byte[] ArrayOf(Payload payload)
    {
        MemoryMarshal.TryGetArray<byte>(payload.Memory, out var array).ShouldBeTrue();
        return array.Array!;
    }
}
