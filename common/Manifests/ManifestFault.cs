namespace Espresso.Manifests;

/// <summary>One thing that is wrong with a manifest.</summary>
/// <param name="Line">Of the text, from 1; for what is missing, where the part that lacks it begins; 0: there is no text.</param>
/// <param name="Field">Where in the manifest: "inputs[0].width"; empty: the text as a whole.</param>
/// <param name="Wrong">What is wrong: "0 is out of range".</param>
/// <param name="Mend">What to do: "write a whole number from 1 to 16384".</param>
public sealed record ManifestFault(int Line, string Field, string Wrong, string Mend)
{
    /// <summary>"line 7: inputs[0].width: 0 is out of range; write a whole number from 1 to 16384".</summary>
    public override string ToString() => $"{(Line > 0 ? $"line {Line}: " : "")}{(Field.Length > 0 ? $"{Field}: " : "")}{Wrong}; {Mend}";
}

/// <summary>A manifest that cannot be used; the message names the source and lists every fault, a line each.</summary>
public sealed class ManifestException(string source, IReadOnlyList<ManifestFault> faults)
    : Exception(string.Join(Environment.NewLine, faults.Select(fault => $"{source}: {fault}")))
{
    /// <summary>In the order of their lines.</summary>
    public IReadOnlyList<ManifestFault> Faults { get; } = faults;
}
