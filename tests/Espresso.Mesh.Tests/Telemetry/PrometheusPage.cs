using System.Globalization;
using System.Text.RegularExpressions;

namespace Espresso.Mesh.Tests.Telemetry;

/// <summary>A page in Prometheus' text format 0.0.4, read strictly: whatever is not allowed there is an error.</summary>
internal sealed partial class PrometheusPage
{
    private readonly Dictionary<string, string> _types = [];
    private readonly Dictionary<(string Name, string Labels), double> _samples = [];

    public PrometheusPage(string text)
    {
        text.ShouldEndWith("\n");
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (TypePattern().Match(line) is { Success: true } type)
                _types.TryAdd(type.Groups["name"].Value, type.Groups["type"].Value).ShouldBeTrue($"twice: {line}");
            else if (SamplePattern().Match(line) is { Success: true } sample)
                Add(sample, line);
            else
                HelpPattern().IsMatch(line).ShouldBeTrue($"neither sample nor comment: {line}");
        }

        foreach (var name in _types.Where(type => type.Value == "histogram").Select(type => type.Key))
            CheckHistogram(name);
    }

    /// <summary>Of all series of the name that have these labels.</summary>
    /// <param name="labels">Such as <c>model="depth"</c>.</param>
    public double Sum(string name, params string[] labels) => Matching(name, labels).Sum();

    public bool Has(string name, params string[] labels) => Matching(name, labels).Any();

    private IEnumerable<double> Matching(string name, string[] labels) =>
        _samples.Where(sample => sample.Key.Name == name && labels.All(sample.Key.Labels.Split("\",").Select(label => label.TrimEnd('"') + '"').Contains)).Select(sample => sample.Value);

    private void Add(Match sample, string line)
    {
        var name = sample.Groups["name"].Value;
        var family = _types.ContainsKey(name) ? name : SuffixPattern().Replace(name, "");
        _types.ShouldContainKey(family, $"a sample without a type: {line}");
        (family == name).ShouldBe(_types[family] != "histogram", line);
        if (_types[family] == "counter")
            name.ShouldEndWith("_total");
        _samples.TryAdd((name, sample.Groups["labels"].Value), Number(sample.Groups["value"].Value)).ShouldBeTrue($"twice: {line}");
    }

    /// <summary>Every series has its buckets in order up to +Inf, which is its count.</summary>
    private void CheckHistogram(string name)
    {
        var counts = _samples.Where(sample => sample.Key.Name == name + "_count").ToList();
        counts.ShouldNotBeEmpty($"{name} has a type and no samples");
        foreach (var ((_, labels), count) in counts)
        {
            _samples.ShouldContainKey((name + "_sum", labels));
            var buckets = _samples
                .Where(sample => sample.Key.Name == name + "_bucket" && BoundPattern().Replace(sample.Key.Labels, "") == labels)
                .Select(sample => (Bound: Number(BoundPattern().Match(sample.Key.Labels).Groups["bound"].Value), sample.Value))
                .OrderBy(bucket => bucket.Bound)
                .ToList();
            buckets[^1].ShouldBe((double.PositiveInfinity, count), name);
            buckets.Select(bucket => bucket.Value).ShouldBeInOrder(SortDirection.Ascending, name);
        }
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex(@"^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TypePattern();

    [GeneratedRegex(@"^# HELP [a-zA-Z_:][a-zA-Z0-9_:]* .*$", RegexOptions.None, 1000)]
    private static partial Regex HelpPattern();

    [GeneratedRegex(
        """^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\["\\n])*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\["\\n])*")*)\})? (?<value>[+-]Inf|NaN|[0-9.eE+-]+)$""",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SamplePattern();

    [GeneratedRegex("_(bucket|sum|count)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SuffixPattern();

    [GeneratedRegex(""",?le="(?<bound>[^"]*)"$""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BoundPattern();
}
