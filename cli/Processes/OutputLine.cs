using System.Text.RegularExpressions;

namespace Espresso.Cli.Processes;

internal enum LineLevel
{
    Information,
    Debug,
    Warning,
    Error,
}

/// <summary>What a line of a process's output announces.</summary>
internal enum Announcement
{
    None,
    Listening,
    Joined,
}

/// <summary>A line that a process wrote: <c>12:00:01.250 warn text</c>, taken apart. What has another form is text as it is.</summary>
internal readonly partial record struct OutputLine(string Text, LineLevel Level, Announcement Announcement, Uri? Grpc = null, Uri? Http = null)
{
    public static OutputLine Parse(string line)
    {
        var match = Stamped().Match(line);
        if (!match.Success)
            return new OutputLine(line, LineLevel.Information, Announcement.None);

        var text = match.Groups["text"].Value;
        var level = match.Groups["level"].Value switch
        {
            "debug" => LineLevel.Debug,
            "warn" => LineLevel.Warning,
            "error" => LineLevel.Error,
            _ => LineLevel.Information,
        };
        if (level != LineLevel.Information)
            return new OutputLine(text, level, Announcement.None);
        if (Listening().Match(text) is { Success: true } listening
            && Uri.TryCreate(listening.Groups["grpc"].Value, UriKind.Absolute, out var grpc)
            && Uri.TryCreate(listening.Groups["http"].Value, UriKind.Absolute, out var http))
            return new OutputLine(text, level, Announcement.Listening, grpc, http);
        return new OutputLine(text, level, text.StartsWith("joined coordinator ", StringComparison.Ordinal) ? Announcement.Joined : Announcement.None);
    }

    [GeneratedRegex(@"^\d\d:\d\d:\d\d\.\d{3} (?:(?<level>debug|warn|error) +)?(?<text>.*)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Stamped();

    [GeneratedRegex(@"^\S+( \S+)* listening grpc=(?<grpc>\S+) http=(?<http>\S+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Listening();
}
