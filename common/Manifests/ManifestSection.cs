using System.Collections.ObjectModel;
using System.Globalization;
using System.Text.RegularExpressions;
using static Espresso.Manifests.YamlPart;

namespace Espresso.Manifests;

/// <summary>A mapping of the manifest, read field by field. What is missing gives its default, what is wrong a fault and its default.</summary>
internal sealed partial class ManifestSection
{
    private readonly ManifestReading _reading;
    private readonly YamlMap _map;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _elsewhere = new(StringComparer.Ordinal);

    public ManifestSection(ManifestReading reading, YamlMap map, string path)
    {
        (_reading, _map, Path) = (reading, map, path);
        reading.Add(this);
    }

    /// <summary>"inputs[0]"; empty: the manifest itself.</summary>
    public string Path { get; }

    public bool Has(string key)
    {
        Know(key);
        return _map.Entries.ContainsKey(key);
    }

    public void Fault(string key, string wrong, string mend) =>
        _reading.Fault(_map.Entries.TryGetValue(key, out var entry) ? entry.Value.Line : _map.Line, At(key), wrong, mend);

    public void Rule(bool holds, string key, string wrong, string mend)
    {
        if (!holds)
            Fault(key, wrong, mend);
    }

    /// <summary>The text of a file that stands beside the manifest; null: there is none.</summary>
    public string? FileText(string name) => _reading.Files(name);

    /// <summary>These fields belong to another kind of section: where one stands here, the fault says so.</summary>
    public void BelongTo(string kind, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
            _elsewhere[key] = kind;
    }

    /// <summary>A text that is not blank; null where there is none.</summary>
    public string? Text(string key, string mend) => Find(key) switch
    {
        YamlScalar { IsText: true } text when !string.IsNullOrWhiteSpace(text.Text) => text.Text,
        YamlScalar { IsText: true } => Wrong<string>(key, "an empty text", mend),
        YamlScalar { IsNull: false } number => Wrong<string>(key, $"{number.Text} without quotes is no text to YAML", mend),
        { } part => Wrong<string>(key, Found(part), mend),
        null => null,
    };

    /// <summary>A text that must be there; empty where it is not.</summary>
    public string Needed(string key, string mend) => Require(key, mend) ? Text(key, mend) ?? "" : "";

    public T Word<T>(string key, T otherwise)
        where T : struct, Enum
    {
        var words = Array.ConvertAll(Enum.GetNames<T>(), static name => name.ToLowerInvariant());
        var mend = $"write one of {string.Join(", ", words)}";
        if (Text(key, mend) is not { } word)
            return otherwise;
        if (Array.IndexOf(words, word) is >= 0 and var index)
            return Enum.GetValues<T>()[index];
        Fault(key, $"'{word}' is none of the choices", mend);
        return otherwise;
    }

    public int Whole(string key, int low, int high, int otherwise)
    {
        var mend = $"write a whole number from {low} to {high}";
        if (Find(key) is not { } part)
            return otherwise;
        if (part is not YamlScalar { IsPlain: true } scalar || !TryNumber(scalar.Text, out var number) || number != Math.Floor(number))
            return Wrong(key, Found(part), mend, otherwise);
        return number >= low && number <= high ? (int)number : Wrong(key, $"{scalar.Text} is out of range", mend, otherwise);
    }

    /// <summary>A whole number that must be there.</summary>
    public int NeededWhole(string key, int low, int high) =>
        Require(key, $"write a whole number from {low} to {high}") ? Whole(key, low, high, low) : low;

    public double? Number(string key, Predicate<double> holds, string mend)
    {
        if (Find(key) is not { } part)
            return null;
        if (part is not YamlScalar { IsPlain: true } scalar || !TryNumber(scalar.Text, out var number))
            return Wrong<double?>(key, Found(part), mend);
        return holds(number) ? number : Wrong<double?>(key, $"{scalar.Text} is out of range", mend);
    }

    public bool Flag(string key) => Find(key) switch
    {
        null => false,
        YamlScalar { IsPlain: true, Text: "true" or "True" or "TRUE" } => true,
        YamlScalar { IsPlain: true, Text: "false" or "False" or "FALSE" } => false,
        { } part => Wrong(key, Found(part), "write true or false", otherwise: false),
    };

    /// <summary>The numbers of a list; null where there is no list, or a wrong one.</summary>
    public List<double>? Numbers(string key, Predicate<double> holds, string mend)
    {
        if (Items(key, mend) is not { } items)
            return null;
        var numbers = new List<double>();
        foreach (var item in items)
        {
            if (item is YamlScalar { IsPlain: true } scalar && TryNumber(scalar.Text, out var number) && holds(number))
                numbers.Add(number);
            else
                return Wrong<List<double>>(key, Found(item), mend);
        }

        return numbers;
    }

    /// <summary>The texts of a list; null where there is no list, or a wrong one.</summary>
    public List<string>? Texts(string key, string mend)
    {
        if (Items(key, mend) is not { } items)
            return null;
        var texts = new List<string>();
        foreach (var item in items)
        {
            if (item is not YamlScalar { IsText: true } scalar)
                return Wrong<List<string>>(key, Found(item), mend);
            texts.Add(scalar.Text);
        }

        return texts;
    }

    /// <summary>Whether a field is a list, for those that are one thing or another.</summary>
    public bool IsList(string key) => Find(key) is YamlList;

    /// <summary>A mapping; an empty one where there is none.</summary>
    public ManifestSection Part(string key) => Find(key) switch
    {
        YamlMap map => new ManifestSection(_reading, map, At(key)),
        null => new ManifestSection(_reading, new YamlMap(_map.Line, []), At(key)),
        { } part => Wrong(key, Found(part), "write fields below it, each as name: value", new ManifestSection(_reading, new YamlMap(part.Line, []), At(key))),
    };

    /// <summary>A list of mappings.</summary>
    public List<ManifestSection> Parts(string key)
    {
        const string Mend = "write a list, each entry as - name: value";
        var sections = new List<ManifestSection>();
        foreach (var (item, i) in (Items(key, Mend) ?? []).Select((item, i) => (item, i)))
        {
            if (item is YamlMap map)
                sections.Add(new ManifestSection(_reading, map, $"{At(key)}[{i}]"));
            else
                _reading.Fault(item.Line, $"{At(key)}[{i}]", Found(item), Mend);
        }

        return sections;
    }

    /// <summary>Texts under keys that are the author's own.</summary>
    public Dictionary<string, string> Map(string key, string mend)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Find(key) is not { } part)
            return texts;
        if (part is not YamlMap map)
            return Wrong(key, Found(part), mend, texts);
        foreach (var (own, (line, value)) in map.Entries)
        {
            if (value is YamlScalar { IsText: true } text && !string.IsNullOrWhiteSpace(text.Text))
                texts[own] = text.Text;
            else
                _reading.Fault(line, $"{At(key)}.{own}", Found(value), mend);
        }

        return texts;
    }

    /// <summary>Numbers above 0 under whole numbers.</summary>
    public IReadOnlyDictionary<int, double> Table(string key, int low, int high, string mend)
    {
        if (Find(key) is not { } part)
            return ReadOnlyDictionary<int, double>.Empty;
        if (part is not YamlMap map)
            return Wrong(key, Found(part), mend, ReadOnlyDictionary<int, double>.Empty);
        var numbers = new Dictionary<int, double>();
        foreach (var (own, (line, value)) in map.Entries)
        {
            if (!int.TryParse(own, NumberStyles.None, CultureInfo.InvariantCulture, out var at) || at < low || at > high)
                _reading.Fault(line, $"{At(key)}.{own}", $"'{own}' is no whole number from {low} to {high}", mend);
            else if (value is YamlScalar { IsPlain: true } scalar && TryNumber(scalar.Text, out var number) && number > 0)
                numbers[at] = number;
            else
                _reading.Fault(line, $"{At(key)}.{own}", Found(value), mend);
        }

        return numbers;
    }

    /// <summary>Whether a field that must be there is there; a fault if not.</summary>
    public bool Require(string key, string mend)
    {
        var there = Has(key);
        Rule(there, key, "is missing", mend);
        return there;
    }

    internal void RefuseUnread()
    {
        foreach (var (key, (line, _)) in _map.Entries.Where(entry => !_known.Contains(entry.Key)))
        {
            if (_elsewhere.TryGetValue(key, out var kind))
                _reading.Fault(line, At(key), $"belongs to {kind}", "take it out, or change the kind");
            else
                _reading.Fault(line, At(key), "no such field", $"take it out, or use one of {string.Join(", ", _known.Order(StringComparer.Ordinal))}");
        }
    }

    private string At(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    private void Know(string key)
    {
        if (_known.Add(key))
            _reading.Known.Add(Entry().Replace(At(key), "[]"));
    }

    private YamlPart? Find(string key)
    {
        Know(key);
        return _map.Entries.TryGetValue(key, out var entry) ? entry.Value : null;
    }

    private List<YamlPart>? Items(string key, string mend) => Find(key) switch
    {
        YamlList list => list.Items,
        null => null,
        { } part => Wrong<List<YamlPart>>(key, Found(part), mend),
    };

    private T Wrong<T>(string key, string wrong, string mend, T otherwise)
    {
        Fault(key, wrong, mend);
        return otherwise;
    }

    private T? Wrong<T>(string key, string wrong, string mend)
    {
        Fault(key, wrong, mend);
        return default;
    }

    private static string Found(YamlPart part) => part switch
    {
        YamlScalar { IsNull: true } => "has no value",
        YamlScalar { IsPlain: false } scalar => $"found the text \"{Short(scalar.Text)}\"",
        YamlScalar scalar => $"found {Short(scalar.Text)}",
        YamlList => "found a list",
        _ => "found fields below it",
    };

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    [GeneratedRegex(@"\[\d+\]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Entry();
}
