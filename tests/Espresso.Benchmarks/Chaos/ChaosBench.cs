using Espresso.Benchmarks.Load;
using Espresso.Benchmarks.Overload;
using Espresso.Benchmarks.Serving;
using Espresso.Minions.Execution;
using Spectre.Console;

namespace Espresso.Benchmarks.Chaos;

/// <summary>What it costs the callers when a replica dies, falls silent, or is replaced while they ask.</summary>
internal sealed class ChaosBench(ChaosOptions options)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(6);

    private readonly Figures _figures = new();
    private readonly TimeSpan _deadline = TimeSpan.FromMilliseconds(options.DeadlineMs);

    /// <summary>Requests a second.</summary>
    private double Rate
    {
        get
        {
            var (a, b) = SimulatedExecutor.Parse(options.Simulated);
            return options.Load * 2 * options.MaxBatch * 1000 / (a + (b * options.MaxBatch));
        }
    }

    public async Task Run()
    {
        var parts = options.Parts.Split(',');
        AnsiConsole.WriteLine($"{Rate:0}/s, each with {options.DeadlineMs} ms");
        if (parts.Contains("kill"))
            await Kill();
        if (parts.Contains("stop"))
            await Stop();
        if (parts.Contains("rolling"))
            await Rolling();
        Report.Write(_figures);
        if (options.Json.Length > 0)
            _figures.WriteJson(options.Json);
    }

    /// <summary>One of two replicas is killed, and started again as any supervisor does: nobody may notice.</summary>
    private async Task Kill()
    {
        await using var fleet = await Small();
        var sent = await Under(fleet, async () =>
        {
            await Wait(Calm);
            Signals.Kill9(fleet.Minions[0].Process);
            await fleet.Minion("0.1");
            await Wait(Calm);
        });
        Note("kill", sent);
        _figures.Derive("chaos.kill_failed", sent.Count(one => one.Answer != Answer.Fine));
        _figures.Derive("chaos.kill_requests", sent.Count);
    }

    /// <summary>One of two replicas stands still: nobody may wait for it beyond the deadline, and it gets work again when it is back.</summary>
    private async Task Stop()
    {
        await using var fleet = await Small();
        var (stopped, thawed) = (0L, 0L);
        var sent = await Under(fleet, async () =>
        {
            await Wait(Calm);
            Signals.Freeze(fleet.Minions[0].Process);
            await Wait(Silence);
            Signals.Thaw(fleet.Minions[0].Process);
            await Wait(2 * Calm);
            stopped = await Done(fleet.Minions[0]);
            await Wait(Calm);
            thawed = await Done(fleet.Minions[0]);
        });
        Note("stop", sent);
        _figures.Derive("chaos.stop_late", sent.Count(one => one.Answer == Answer.Late));
        _figures.Derive("chaos.stop_failed", sent.Count(one => one.Answer == Answer.Failed));
        _figures.Derive("chaos.stop_refused", sent.Count(one => one.Answer == Answer.Refused));
        _figures.Derive("chaos.stop_returned_per_second", (thawed - stopped) / Calm.TotalSeconds);
    }

    /// <summary>Everything is replaced, one process after the other: two minions by a new version, two preprocessors, two coordinators.</summary>
    private async Task Rolling()
    {
        await using var fleet = new Fleet(options, coordinators: 4);
        await fleet.Coordinator();
        await fleet.Coordinator();
        await Task.WhenAll(fleet.Preprocessor(), fleet.Preprocessor(), fleet.Minion("0.1"), fleet.Minion("0.1"));
        foreach (var coordinator in fleet.Coordinators)
            await Fleet.Ready(coordinator);
        var sent = await Under(fleet, async client =>
        {
            for (var i = 0; i < 2; i++)
            {
                await fleet.Minion("0.2");
                await End(fleet.Minions[i]);
            }

            for (var i = 0; i < 2; i++)
            {
                await fleet.Preprocessor();
                await End(fleet.Preprocessors[i]);
            }

            for (var i = 0; i < 2; i++)
            {
                var next = await fleet.Coordinator();
                await Fleet.Ready(next);
                client.Add(next.Http);
                await End(fleet.Coordinators[i]);
                client.Remove(fleet.Coordinators[i].Http);
            }

            await Wait(Calm);
        });
        Note("rolling", sent);
        _figures.Derive("chaos.rolling_failed", sent.Count(one => one.Answer != Answer.Fine));
        _figures.Derive("chaos.rolling_requests", sent.Count);
    }

    private async Task<Fleet> Small()
    {
        var fleet = new Fleet(options, coordinators: 1);
        var coordinator = await fleet.Coordinator();
        await Task.WhenAll(fleet.Preprocessor(), fleet.Minion("0.1"), fleet.Minion("0.1"));
        await Fleet.Ready(coordinator);
        return fleet;
    }

    private Task<List<Sent>> Under(Fleet fleet, Func<Task> events) => Under(fleet, _ => events());

    /// <summary>The load, from a calm beginning to the events' end.</summary>
    private async Task<List<Sent>> Under(Fleet fleet, Func<MeshClient, Task> events)
    {
        using var client = new MeshClient(fleet.Coordinators.Select(one => one.Http), "simulated", Pictures.Small(), _deadline);
        await OpenLoop.Run(Rate, WarmUp, client.Call);
        using var over = new CancellationTokenSource();
        var load = OpenLoop.Run(Rate, TimeSpan.FromMinutes(10), client.Call, over.Token);
        await events(client);
        await over.CancelAsync();
        return await load;
    }

    private static async Task End(ServedProcess process)
    {
        Signals.Terminate(process.Process);
        await process.Process.WaitForExitAsync();
    }

    private static async Task<long> Done(ServedProcess minion)
    {
        using var client = new HttpClient();
        var metrics = await client.GetStringAsync(new Uri(minion.Http, "/metrics"));
        return metrics.Split('\n').Where(line => line.StartsWith("espresso_minion_received", StringComparison.Ordinal))
            .Sum(line => (long)double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static Task Wait(TimeSpan time) => Task.Delay(time, TimeProvider.System);

    private static void Note(string part, List<Sent> sent)
    {
        var wrong = sent.Where(one => one.Answer != Answer.Fine).ToList();
        AnsiConsole.WriteLine($"{part}: {sent.Count} requests, {wrong.Count} not answered"
            + (wrong.Count == 0 ? "" : $", the first after {wrong[0].At.TotalSeconds:0.0} s: {wrong[0].Answer}, {wrong[0].Ms:0} ms: {wrong[0].Why}"));
    }
}
