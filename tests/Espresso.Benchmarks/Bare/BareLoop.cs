using System.Diagnostics;
using Espresso.Benchmarks.Load;
using Espresso.Manifests;
using Espresso.Minions.Batching;
using Espresso.Minions.Execution;
using Microsoft.Extensions.Logging.Abstractions;

namespace Espresso.Benchmarks.Bare;

/// <summary>The network in a loop over the same session and options that the minion uses, with nothing around it: what there is to reach.</summary>
internal static class BareLoop
{
    /// <summary>One configuration: sessions side by side, threads in each, items in a run.</summary>
    public static LoadResult Run(Manifest manifest, string folder, int sessions, int threads, int batch, TimeSpan window)
    {
        var execution = manifest.Execution with { Instances = 1, Threads = threads };
        var executors = Enumerable.Range(0, sessions)
            .Select(_ => OnnxExecutor.Load(manifest with { Execution = execution }, folder, NullLogger.Instance)).ToList();
        var shapes = Shapes(executors[0]);
        var outputs = executors[0].OutputShapes(shapes);
        var runs = executors.Select(executor => (Executor: executor, Buffers: new BatchBuffers("", executor, shapes, outputs, batch))).ToList();
        foreach (var (executor, buffers) in runs)
        {
            executor.Run(0, batch, buffers.Inputs, buffers.Outputs); // the first run allocates,
            executor.Run(0, batch, buffers.Inputs, buffers.Outputs); // and the second once more, as planned from the first
        }

        var latencies = new List<double>[sessions];
        var before = Usage.OfThis();
        var begin = Stopwatch.GetTimestamp();
        var end = begin + (long)(window.TotalSeconds * Stopwatch.Frequency);
        var loops = runs.Select((run, i) => new Thread(() => latencies[i] = Loop(run.Executor, run.Buffers, batch, end))).ToList();
        loops.ForEach(loop => loop.Start());
        loops.ForEach(loop => loop.Join());
        var wall = Stopwatch.GetElapsedTime(begin);
        var after = Usage.OfThis();
        executors.ForEach(executor => executor.Dispose());

        var all = latencies.SelectMany(one => one).Order().ToList();
        return new LoadResult(
            all.Count * batch / wall.TotalSeconds, all[all.Count / 2], all[(int)(all.Count * 0.95)], all[(int)(all.Count * 0.99)],
            (after.Processor - before.Processor) / wall, 0, after.ResidentBytes, 0);
    }

    public static IReadOnlyList<long[]> Shapes(OnnxExecutor executor) => [.. executor.Inputs.Select(input => input.Shape[1..])];

    private static List<double> Loop(OnnxExecutor executor, BatchBuffers buffers, int batch, long end)
    {
        var latencies = new List<double>(4096);
        for (var start = Stopwatch.GetTimestamp(); start < end;)
        {
            executor.Run(0, batch, buffers.Inputs, buffers.Outputs);
            var now = Stopwatch.GetTimestamp();
            latencies.Add(Stopwatch.GetElapsedTime(start, now).TotalMilliseconds);
            start = now;
        }

        return latencies;
    }
}
