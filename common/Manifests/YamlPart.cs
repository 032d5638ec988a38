using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Espresso.Manifests;

/// <summary>A piece of YAML that knows its line: a scalar, a list or a mapping. Anchors and aliases are refused: every value stands on a line of its own.</summary>
internal abstract partial record YamlPart(int Line)
{
    private const int DeepestNesting = 20;

    /// <exception cref="YamlException">The text is no YAML, or none that a manifest has.</exception>
    /// <returns>Null where the text is empty.</returns>
    public static YamlPart? Parse(string text)
    {
        var parser = new Parser(new StringReader(text));
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _))
            return null;
        var root = Read(parser, depth: 0);
        parser.Consume<DocumentEnd>();
        return parser.Current is StreamEnd ? root : throw Refused(parser.Current!, "a second document begins");
    }

    private static YamlPart Read(Parser parser, int depth)
    {
        var at = parser.Current!;
        var line = (int)at.Start.Line;
        if (depth > DeepestNesting)
            throw Refused(at, $"nested deeper than {DeepestNesting} levels"); // and reading on would overflow the stack
        if (at is NodeEvent { Anchor.IsEmpty: false })
            throw Refused(at, "an anchor: write the value out where it is needed");
        switch (at)
        {
            case YamlDotNet.Core.Events.Scalar scalar:
                parser.MoveNext();
                return new YamlScalar(line, scalar.Value, scalar.Style == ScalarStyle.Plain);
            case SequenceStart:
                parser.MoveNext();
                var items = new List<YamlPart>();
                while (!parser.TryConsume<SequenceEnd>(out _))
                    items.Add(Read(parser, depth + 1));
                return new YamlList(line, items);
            case MappingStart:
                parser.MoveNext();
                var map = new YamlMap(line, []);
                while (!parser.TryConsume<MappingEnd>(out _))
                    ReadEntry(parser, map, depth);
                return map;
            default:
                throw Refused(at, "an alias: write the value out where it is needed");
        }
    }

    private static void ReadEntry(Parser parser, YamlMap map, int depth)
    {
        var at = parser.Current!;
        if (Read(parser, depth + 1) is not YamlScalar key)
            throw Refused(at, "a key that is no word");
        if (!map.Entries.TryAdd(key.Text, (key.Line, Read(parser, depth + 1))))
            throw Refused(at, $"'{key.Text}' stands here twice");
    }

    private static YamlException Refused(ParsingEvent at, string why) => new(at.Start, at.End, why);

    [GeneratedRegex(@"^(~|null|Null|NULL|)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Nothing();

    [GeneratedRegex(
        @"^(true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NoText();

    /// <summary>What YAML 1.2's core schema makes of it counts, so that other tools read the same: 1.0 without quotes is a number.</summary>
    internal sealed record YamlScalar(int Line, string Text, bool IsPlain) : YamlPart(Line)
    {
        public bool IsNull => IsPlain && Nothing().IsMatch(Text);

        public bool IsText => !IsPlain || (!IsNull && !NoText().IsMatch(Text));
    }

    internal sealed record YamlList(int Line, List<YamlPart> Items) : YamlPart(Line);

    internal sealed record YamlMap(int Line, Dictionary<string, (int Line, YamlPart Value)> Entries) : YamlPart(Line);
}
