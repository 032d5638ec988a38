namespace Espresso.Cli.Checking;

/// <summary>What a step of the check came to.</summary>
/// <param name="Said">What holds, in a line; with faults it may be empty.</param>
/// <param name="Faults">What does not, a line each: where, what, and the mend.</param>
internal sealed record Finding(string Said, IReadOnlyList<string> Faults)
{
    public bool IsGood => Faults.Count == 0;

    public static Finding Good(string said) => new(said, []);

    public static Finding Bad(params IReadOnlyList<string> faults) => new("", faults);

    /// <summary>Good if <paramref name="faults"/> is empty.</summary>
    public static Finding Of(string said, IReadOnlyList<string> faults) => new(faults.Count == 0 ? said : "", faults);
}
