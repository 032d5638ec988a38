using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Espresso.Cli.Client;

namespace Espresso.Cli.Commands;

/// <summary><c>espresso traffic MODEL</c>: which versions its requests get; with options, which they get from now on.</summary>
internal static class TrafficCommand
{
    public static Command Create(CliContext context)
    {
        var model = new Argument<string>("MODEL") { Description = "a served model: depth" };
        var url = Choices.Url();
        var pin = new Option<string?>("--default") { Description = "the version for requests that name none; highest: no pin", HelpName = "1.0|highest" };
        var canary = Split("--canary", "a version that gets so many percent of them in its place, the same keys each time");
        var shadow = Split("--shadow", "a version that runs beside the answer's on so many percent, for comparison only");
        var command = new Command("traffic", "show or set which versions of a model its requests get") { model, url, pin, canary, shadow };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var client = new MeshClient(parsed.GetRequiredValue(url));
            var name = parsed.GetRequiredValue(model);
            var traffic = await client.Traffic(name, cancellation);
            var policy = traffic.Policy;
            if (parsed.GetValue(pin) is { } version)
                policy["default"] = version == "highest" ? null : version;
            if (parsed.GetValue(canary) is { } some)
                policy["canary"] = SplitOf(some);
            if (parsed.GetValue(shadow) is { } others)
                policy["shadow"] = SplitOf(others);
            if (parsed.GetValue(pin) is not null || parsed.GetValue(canary) is not null || parsed.GetValue(shadow) is not null)
                traffic = await client.SetTraffic(name, traffic, policy, cancellation);
            foreach (var line in Lines(traffic))
                context.Output.WriteLine(line);
            return 0;
        });
        return command;
    }

    private static Option<string?> Split(string name, string description)
    {
        var option = new Option<string?>(name) { Description = $"{description}; none: no more", HelpName = "1.1:10|none" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is var text && text != "none" && !TrySplit(text, out _, out _))
                result.AddError($"{name}: a version and a percentage, such as 1.1:10, or none; found {text}");
        });
        return option;
    }

    private static bool TrySplit(string text, out string version, out double percent)
    {
        var parts = text.Split(':');
        version = parts[0];
        percent = 0;
        return parts.Length == 2 && version.Length > 0
            && double.TryParse(parts[1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out percent) && percent is >= 0 and <= 100;
    }

    private static JsonObject? SplitOf(string text) =>
        TrySplit(text, out var version, out var percent) ? new JsonObject { ["version"] = version, ["percent"] = percent } : null;

    private static IEnumerable<string> Lines(TrafficReading traffic)
    {
        var (policy, shadow) = (traffic.Policy, traffic.Json["shadow"]!);
        yield return (traffic.Serving, traffic.Pinned) switch
        {
            (null, null) => "default  none is live",
            (null, { } pin) => $"default  {pin} (pinned, and nobody serves it: requests that name no version are refused)",
            ({ } serving, null) => $"default  {serving} (the highest)",
            ({ } serving, _) => $"default  {serving} (pinned)",
        };
        foreach (var part in new[] { "canary", "shadow" })
            yield return $"{part,-8} {(policy[part] is { } split ? $"{split["version"]}, {split["percent"]} %" : "none")}{(part == "shadow" && policy[part] is not null ? Runs(shadow) : "")}";
        foreach (var (version, recent) in traffic.Json["recent"]!.AsObject())
            yield return $"recent   {version}: {recent!["requests"]} requests, {recent["errors"]} errors, {(recent["p95_ms"] is { } p95 ? $"95 % within {p95} ms" : "not timed yet")}";
        foreach (var (output, figures) in shadow["outputs"]!.AsObject())
            yield return $"compared {output}: {Compared(figures!)}";
        foreach (var change in traffic.History)
            yield return $"{change!["at"]!.GetValue<DateTimeOffset>():yyyy-MM-dd HH:mm:ss}  {change["by"]}: {change["what"]}";
    }

    private static string Runs(JsonNode shadow) => $": {shadow["runs"]} runs, {shadow["failed"]} failed, {shadow["skipped"]} skipped";

    private static string Compared(JsonNode figures)
    {
        var parts = new List<string>();
        if (figures["compared"]!.GetValue<long>() is > 0 and var times)
        {
            parts.Add($"{times} times, mean difference {Number(figures["mean_difference"])}, largest {Number(figures["largest_difference"])}");
            if (figures["agreement"] is { } agreement)
                parts.Add($"agreement {Number(agreement)}");
        }

        if (figures["incomparable"]!.GetValue<long>() is > 0 and var others)
            parts.Add($"{others} times it could not be: missing, of another size, or no numbers");
        return string.Join(", ", parts);
    }

    private static string Number(JsonNode? number) => number!.GetValue<double>().ToString("0.####", CultureInfo.InvariantCulture);
}
