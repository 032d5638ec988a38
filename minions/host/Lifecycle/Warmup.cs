using System.Runtime.InteropServices;
using Espresso.Hosting;
using Espresso.Manifests;
using Espresso.Minions.Batching;
using Espresso.Minions.Execution;

namespace Espresso.Minions.Lifecycle;

/// <summary>Runs every batch size before the first request does, and enters the times into the cost table.</summary>
/// <remarks>
/// One, two, the largest and its half come first, then the sizes between; what the budget does not reach is interpolated, and learnt in service.
/// Each size first runs to allocate, twice, since the second run allocates again by the plan that the first one made; then a few run in turns,
/// and of each the fastest counts: a neighbour's noise must not look like a batch's gain. Where times scatter, as on a CPU, most batches gain
/// nothing, and to know that exactly would take most of a start: a size that promises nothing has no further turn, and where two together
/// promise nothing, no more are tried.
/// The pictures are noise with a fixed seed: a network's time does not depend on what it sees.
/// </remarks>
internal sealed class Warmup(IExecutor executor, Manifest manifest, CostTable costs, TimeProvider clock)
{
    private const int Passes = 4;

    /// <summary>Sizes that take turns: the first few are known well before any other is tried.</summary>
    private readonly int _together = costs.IsSteady ? 4 : 2;

    /// <returns>How many sizes were measured.</returns>
    /// <exception cref="StartupException">The network fails, on one item or on a batch of several.</exception>
    public int Measure(string bucket, IReadOnlyList<long[]> shapes, CancellationToken cancellation)
    {
        var outputs = executor.OutputShapes(shapes);
        var buffers = Buffers(bucket, shapes, outputs, costs.MaxBatch);
        var begin = clock.GetTimestamp();
        var budget = TimeSpan.FromMilliseconds(manifest.Warmup.BudgetMs);
        var best = new SortedDictionary<int, TimeSpan>();
        foreach (var group in Order(costs.MaxBatch).Chunk(_together))
        {
            for (var pass = 0; pass < Passes; pass++)
            {
                foreach (var size in group.Where(size => pass == 0 || size == 1 || Promises(size)))
                    Time(size, allocates: pass == 0);
            }

            if (!group.Any(Promises))
                break;
        }

        // What the largest batch has needed is given back if such batches do not pay: memory that is spread wide computes slower, too.
        var usual = BatchPolicy.BestSize(bucket, costs.MaxBatch, costs);
        if (best.Keys.Max() > usual)
            executor.RunAndTrim(0, usual, buffers.Inputs, buffers.Outputs);
        SideBySide(usual, () => Buffers(bucket, shapes, outputs, usual));
        return best.Count;

        void Time(int size, bool allocates)
        {
            cancellation.ThrowIfCancellationRequested();
            var expected = best.Count == 0 ? TimeSpan.Zero : best.TryGetValue(size, out var known) ? known : 2 * costs.Estimate(bucket, size);
            if (best.Count > 0 && !Fits(expected))
                return; // a smaller size may still fit
            var (runs, took) = (allocates ? 3 : 1, TimeSpan.Zero);
            do
            {
                var start = clock.GetTimestamp();
                Run(0, size, buffers);
                took = clock.GetElapsedTime(start);
            }
            while (--runs > 0 && Fits(took)); // a slow network's first run has to do
            best[size] = best.TryGetValue(size, out known) && known < took ? known : took;
            costs.Set(bucket, size, best[size]);
        }

        // Half of what a batch must gain, since one run may be late by the other half.
        bool Promises(int size) =>
            costs.IsSteady || (size > 1 && best.TryGetValue(size, out var known) && known < size * best[1] * (1 - (costs.WorthwhileGain / 2)));

        bool Fits(TimeSpan time) => clock.GetElapsedTime(begin) + time <= budget;
    }

    /// <summary>The instances are alike, but each needs memory to compute in, also where they share a session.</summary>
    private void SideBySide(int size, Func<BatchBuffers> buffers)
    {
        if (executor.Instances == 1)
            return;
        var runs = Enumerable.Range(0, executor.Instances)
            .Select(instance => (instance, Buffers: buffers()))
            .Select(one => Task.Factory.StartNew(
                () => Run(one.instance, size, one.Buffers), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        Task.WhenAll(runs).GetAwaiter().GetResult();
    }

    /// <summary>1, 2, the largest, then by halving the gaps.</summary>
    internal static IEnumerable<int> Order(int max)
    {
        var seen = new HashSet<int>();
        foreach (var size in new[] { 1, Math.Min(2, max), max })
        {
            if (seen.Add(size))
                yield return size;
        }

        for (var step = max / 2; step >= 1; step /= 2)
        {
            for (var size = step; size < max; size += step)
            {
                if (seen.Add(size))
                    yield return size;
            }
        }
    }

    private void Run(int instance, int size, BatchBuffers buffers)
    {
        try
        {
            executor.Run(instance, size, buffers.Inputs, buffers.Outputs);
        }
        catch (Exception error)
        {
            var mend = size == 1 ? "" : "; if it fixes its batch inside, set batching.max to 1 or export it with a dynamic batch";
            throw new StartupException($"{manifest.Name}: {manifest.Network} fails on a batch of {size}{mend}: {error.Message}", error);
        }
    }

    private BatchBuffers Buffers(string bucket, IReadOnlyList<long[]> inputs, IReadOnlyList<long[]> outputs, int rows)
    {
        var buffers = new BatchBuffers(bucket, executor, inputs, outputs, rows);
        foreach (var input in buffers.Inputs)
            Noise(input);
        return buffers;
    }

    private static void Noise(TensorMemory tensor)
    {
        var random = new Random(1);
        if (tensor.Datatype != Datatype.Fp32)
        {
            tensor.Memory.Span.Clear(); // indices and the like: nothing else is surely legal
            return;
        }

        foreach (ref var value in MemoryMarshal.Cast<byte, float>(tensor.Memory.Span))
            value = random.NextSingle();
    }
}
