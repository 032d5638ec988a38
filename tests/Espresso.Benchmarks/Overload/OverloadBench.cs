using System.Globalization;
using Espresso.Benchmarks.Load;
using Espresso.Benchmarks.Serving;
using Espresso.Minions.Execution;
using Spectre.Console;

namespace Espresso.Benchmarks.Overload;

/// <summary>More than the mesh can do, offered for a while: how much it still does, how soon it says no, and whether its memory grows.</summary>
internal sealed class OverloadBench(OverloadOptions options)
{
    /// <summary>Callers of the closed loop that measures the capacity: enough for two batches on their way at any time.</summary>
    private const int CallersPerBatch = 3;

    private readonly Figures _figures = new();

    public async Task Run()
    {
        var (a, b) = SimulatedExecutor.Parse(options.Simulated);
        var batchMs = a + (b * options.MaxBatch);
        var deadline = TimeSpan.FromMilliseconds(options.DeadlineMs > 0 ? options.DeadlineMs : Math.Max(500, 5 * batchMs));
        await using var mesh = await ServedMesh.Start(
            Folder("0.1"), "--simulated", options.Simulated, "--max-batch", $"{options.MaxBatch}");
        using var client = new MeshClient([mesh.Http], "simulated", Pictures.Small(), deadline);

        // The device's own best is what arithmetic says; what the mesh reaches of it without any excess is the capacity.
        var callers = CallersPerBatch * options.MaxBatch;
        await WarmUp.Run(callers, _ => Fine(client), mesh.Processes);
        var calm = await ClosedLoop.Run(callers, TimeSpan.FromSeconds(Math.Max(10, 10 * batchMs / 1000)), _ => Fine(client), mesh.Processes);
        var best = options.MaxBatch * 1000 / batchMs;
        AnsiConsole.WriteLine($"capacity {calm.ImagesPerSecond:0.0}/s of {best:0.0}/s that the device could do; bound {deadline.TotalMilliseconds:0} ms");
        _figures.Derive("overload.capacity_per_second", calm.ImagesPerSecond);
        _figures.Derive("overload.device_best_per_second", best);
        _figures.Derive("overload.bound_ms", deadline.TotalMilliseconds);

        var loads = options.Load.Split(',').Select(load => double.Parse(load, CultureInfo.InvariantCulture)).ToList();
        var before = Usage.Of(mesh.Processes).ResidentBytes;
        var results = new List<OverloadResult>();
        foreach (var load in loads)
        {
            var sent = await OpenLoop.Run(load * calm.ImagesPerSecond, TimeSpan.FromSeconds(options.Seconds), client.Call);
            var result = OverloadResult.Of(sent, TimeSpan.FromSeconds(options.Seconds), Usage.Of(mesh.Processes).ResidentBytes);
            results.Add(result);
            AnsiConsole.WriteLine($"load ×{load}: {result}");
            var name = load.ToString(CultureInfo.InvariantCulture);
            _figures.Derive($"overload.goodput_ratio_{name}", result.Goodput / calm.ImagesPerSecond);
            _figures.Derive($"overload.accepted_p99_ms_{name}", result.AcceptedP99Ms);
            _figures.Derive($"overload.refused_p99_ms_{name}", result.RefusedP99Ms);
        }

        _figures.Derive("overload.goodput_ratio", results.Min(result => result.Goodput) / calm.ImagesPerSecond);
        _figures.Derive("overload.accepted_p99_ms", results.Max(result => result.AcceptedP99Ms));
        _figures.Derive("overload.refused_p99_ms", results.Max(result => result.RefusedP99Ms));
        _figures.Derive("overload.failed", results.Sum(result => result.Failed));
        _figures.Derive("overload.late", results.Sum(result => result.Late));
        _figures.Derive("overload.memory_ratio", (double)results[^1].ResidentBytes / before);
        Report.Write(_figures);
        if (options.Json.Length > 0)
            _figures.WriteJson(options.Json);
    }

    public static string Folder(string version) => Path.Combine(AppContext.BaseDirectory, "models/simulated", version);

    private static async Task<bool> Fine(MeshClient client) => (await client.Call()).Answer == Answer.Fine;
}

/// <param name="Goodput">Answers within the deadline, a second.</param>
internal sealed record OverloadResult(
    double Goodput, double AcceptedP99Ms, double RefusedP99Ms, int Refused, int Late, int Failed, long ResidentBytes, string Example)
{
    public static OverloadResult Of(List<Sent> sent, TimeSpan length, long resident)
    {
        var fine = Latencies(sent, Answer.Fine);
        var refused = Latencies(sent, Answer.Refused);
        return new OverloadResult(
            fine.Count / length.TotalSeconds, At99(fine), At99(refused), refused.Count, sent.Count(one => one.Answer == Answer.Late),
            sent.Count(one => one.Answer == Answer.Failed), resident,
            sent.FirstOrDefault(one => one.Answer is Answer.Failed or Answer.Late).Why ?? "");
    }

    public override string ToString() =>
        $"{Goodput:0.0}/s answered, p99 {AcceptedP99Ms:0} ms; {Refused} refused, p99 {RefusedP99Ms:0.0} ms; {Late} late, {Failed} failed; "
        + $"{ResidentBytes >> 20} MB{(Example.Length > 0 ? $"; {Example}" : "")}";

    private static List<double> Latencies(List<Sent> sent, Answer answer) => [.. sent.Where(one => one.Answer == answer).Select(one => one.Ms).Order()];

    private static double At99(List<double> sorted) => sorted.Count == 0 ? 0 : sorted[(int)(sorted.Count * 0.99)];
}
