using Espresso.Minions.Batching;
using Espresso.Minions.Execution;
using Espresso.Minions.Tests.Fakes;

namespace Espresso.Minions.Tests.Batching;

public sealed class BatchTests
{
    private const int Width = 3;
    private const int MaxBatch = 12;
    private static readonly FakeExecutor Executor = new(accelerator: true);

    [Fact]
    public void AddAndRemove_InAnyOrder_KeepEachItemsRows() => Seeds.Check(200, random =>
    {
        var batch = new Batch(new BatchBuffers("b", Executor, [[1, Width]], [[1, Width]], MaxBatch));
        var items = new List<InferItem>();
        for (var i = 0; i < 40; i++)
        {
            var rows = random.Next(1, 4);
            if (random.Next(2) == 0 && batch.Rows + rows <= MaxBatch)
            {
                var item = Item(rows);
                item.Sequence = i;
                Floats(batch).Slice(batch.Rows * Width, rows * Width).Fill(i);
                batch.Add(item, TimeSpan.FromSeconds(i));
                items.Add(item);
            }
            else if (items.Count > 0)
            {
                var at = random.Next(items.Count);
                batch.Remove(items[at]).ShouldBeTrue();
                items.RemoveAt(at);
            }

            batch.Items.ShouldBe(items);
            batch.Taken.ShouldBe(items.Select(item => TimeSpan.FromSeconds(item.Sequence)));
            batch.Rows.ShouldBe(items.Sum(item => item.Rows));
            Floats(batch)[..(batch.Rows * Width)].ToArray()
                .ShouldBe(items.SelectMany(item => Enumerable.Repeat((float)item.Sequence, item.Rows * Width)));
        }
    });

    [Fact]
    public void Remove_Another_ChangesNothing()
    {
        var batch = new Batch(new BatchBuffers("b", Executor, [[1, Width]], [[1, Width]], MaxBatch));
        batch.Add(Item(2), TimeSpan.Zero);

        batch.Remove(Item(2)).ShouldBeFalse();

        batch.Rows.ShouldBe(2);
    }

    [Fact]
    public void TakeExpired_SomeTooLate_TakesThoseOut()
    {
        var batch = new Batch(new BatchBuffers("b", Executor, [[1, Width]], [[1, Width]], MaxBatch));
        InferItem[] items = [Item(1, 5), Item(2, 3), Item(1), Item(1, 4)];
        foreach (var item in items)
            batch.Add(item, TimeSpan.Zero);
        var expired = new List<InferItem>();

        batch.TakeExpired(TimeSpan.FromSeconds(4), expired);

        expired.ShouldBe([items[1], items[3]]);
        batch.Items.ShouldBe([items[0], items[2]]);
        batch.Rows.ShouldBe(2);
    }

    private static InferItem Item(int rows, double? deadline = null) => new()
    {
        Bucket = "b",
        Rows = rows,
        Deadline = deadline is { } seconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue,
        Inputs = [],
        Outputs = [],
    };

    private static Span<float> Floats(Batch batch) =>
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(batch.Buffers.Inputs[0].Memory.Span);
}
