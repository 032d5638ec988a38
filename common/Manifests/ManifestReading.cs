namespace Espresso.Manifests;

/// <summary>What is being read, and all that was found wrong with it.</summary>
internal sealed class ManifestReading(bool lenient, Func<string, string?>? files = null)
{
    private readonly List<ManifestSection> _sections = [];
    private readonly List<ManifestFault> _faults = [];

    /// <summary>The text of a file that stands beside the manifest; null: there is none.</summary>
    public Func<string, string?> Files { get; } = files ?? (static _ => null);

    /// <summary>Every field that was asked for, whether it stood there or not: "inputs[].width".</summary>
    public SortedSet<string> Known { get; } = new(StringComparer.Ordinal);

    public void Add(ManifestSection section) => _sections.Add(section);

    public void Fault(int line, string field, string wrong, string mend) => _faults.Add(new ManifestFault(line, field, wrong, mend));

    /// <summary>All faults, by line; a key that nobody asked for is one, unless the reading is lenient.</summary>
    public IReadOnlyList<ManifestFault> End()
    {
        if (!lenient)
            _sections.ForEach(section => section.RefuseUnread());
        return [.. _faults.OrderBy(fault => fault.Line)];
    }
}
