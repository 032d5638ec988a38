using System.Runtime.InteropServices;
using Espresso.Hosting;
using Espresso.Manifests;
using Espresso.Minions.Batching;
using Espresso.Minions.Execution;

namespace Espresso.Minions.Lifecycle;

/// <summary>Runs every batch size before the first request does, and enters the times into the cost table.</summary>
/// <remarks>
/// One, two and the largest come first, then the sizes between; what the budget does not reach is interpolated, and learnt in service. Each
/// size runs once to allocate, then up to three times, of which the fastest counts: a neighbour's noise must not look like a batch's gain. The pictures are noise with a fixed seed: a network's time does not depend on what it sees.
/// </remarks>
internal sealed class Warmup(IExecutor executor, Manifest manifest, CostTable costs)
{
    private const int MostRuns = 3;

    /// <returns>How many sizes were measured.</returns>
    /// <exception cref="StartupException">The network fails, on one item or on a batch of several.</exception>
    public int Measure(string bucket, IReadOnlyList<long[]> shapes, CancellationToken cancellation)
    {
        var buffers = new BatchBuffers(bucket, executor, shapes, executor.OutputShapes(shapes), costs.MaxBatch);
        foreach (var input in buffers.Inputs)
            Noise(input);

        var clock = TimeProvider.System;
        var begin = clock.GetTimestamp();
        var budget = TimeSpan.FromMilliseconds(manifest.Warmup.BudgetMs);
        var measured = 0;
        foreach (var size in Order(costs.MaxBatch))
        {
            cancellation.ThrowIfCancellationRequested();
            var expected = 2 * (costs.Knows(bucket) ? costs.Estimate(bucket, size) : TimeSpan.Zero);
            if (measured > 0 && clock.GetElapsedTime(begin) + expected > budget)
                continue; // a smaller size may still fit
            Run(0, size, buffers);
            var best = TimeSpan.MaxValue;
            for (var run = 0; run < MostRuns && (run == 0 || clock.GetElapsedTime(begin) + best < budget); run++)
            {
                var start = clock.GetTimestamp();
                Run(0, size, buffers);
                var took = clock.GetElapsedTime(start);
                best = took < best ? took : best;
            }

            costs.Set(bucket, size, best);
            measured++;
        }

        for (var instance = 1; instance < executor.Instances; instance++)
            Run(instance, 1, buffers); // the others are like the first, but have to allocate, too
        return measured;
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
