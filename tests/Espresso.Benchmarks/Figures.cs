using System.Text.Json;
using Espresso.Benchmarks.Load;

namespace Espresso.Benchmarks;

/// <summary>Measurements by name over the rounds, and the figures drawn from their medians.</summary>
internal sealed class Figures
{
    private readonly Dictionary<string, List<LoadResult>> _rounds = [];
    private readonly Dictionary<string, List<double>> _added = [];
    private readonly SortedDictionary<string, double> _derived = new(StringComparer.Ordinal);

    public void Add(string name, LoadResult result)
    {
        if (!_rounds.TryGetValue(name, out var rounds))
            _rounds[name] = rounds = [];
        rounds.Add(result);
    }

    /// <summary>What requests took longer than the same work bare, turn by turn.</summary>
    public void AddTurns(string name, IEnumerable<double> addedMs)
    {
        if (!_added.TryGetValue(name, out var turns))
            _added[name] = turns = [];
        turns.AddRange(addedMs);
    }

    /// <summary>The median over all turns; null: not measured.</summary>
    public double? AddedMs(string name) => _added.TryGetValue(name, out var turns) ? turns.Order().ElementAt(turns.Count / 2) : null;

    public IReadOnlyList<string> Names => [.. _rounds.Keys];

    public LoadResult Median(string name) => LoadResult.Median(_rounds[name]);

    public IReadOnlyList<LoadResult> Rounds(string name) => _rounds[name];

    /// <summary>A figure with a stable name, for people and for scripts.</summary>
    public void Derive(string name, double value) => _derived[name] = value;

    public IReadOnlyDictionary<string, double> Derived => _derived;

    public void WriteJson(string path)
    {
        using var file = File.Create(path);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        foreach (var (name, value) in _derived)
        {
            if (double.IsFinite(value))
                json.WriteNumber(name, Math.Round(value, 4));
        }

        json.WriteStartObject("measurements");
        foreach (var name in _rounds.Keys)
        {
            var result = Median(name);
            json.WriteStartObject(name);
            json.WriteNumber("images_per_second", Math.Round(result.ImagesPerSecond, 2));
            json.WriteNumber("p50_ms", Math.Round(result.P50Ms, 3));
            json.WriteNumber("p95_ms", Math.Round(result.P95Ms, 3));
            json.WriteNumber("p99_ms", Math.Round(result.P99Ms, 3));
            json.WriteNumber("cores", Math.Round(result.Cores, 3));
            json.WriteNumber("client_cores", Math.Round(result.ClientCores, 3));
            json.WriteNumber("resident_mb", Math.Round(result.ResidentBytes / 1048576.0, 1));
            json.WriteNumber("failures", result.Failures);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
