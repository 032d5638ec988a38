using System.Globalization;

namespace Espresso.Simulation;

/// <summary>What the command can be told.</summary>
/// <param name="Json">File for the figures; null: only beside the report.</param>
/// <param name="Out">Folder of the report.</param>
/// <param name="Scenario">Only the scenarios whose names begin so, several with commas between; null: all.</param>
internal sealed record SimulationOptions(string? Json, string Out, int Seed, string? Scenario, bool Quick)
{
    public const string Usage = """
        usage: Espresso.Simulation [--json FILE] [--out FOLDER] [--seed N] [--scenario NAME] [--quick]
          --json FILE      write the figures here, too
          --out FOLDER     where the report goes (default artifacts/simulation)
          --seed N         another seed is another draw of all chances; the same one gives the same report (default 1)
          --scenario NAME  only scenarios whose names begin so; several with commas
          --quick          shorter runs and smaller fleets
        """;

    /// <exception cref="FormatException">An argument is unknown or wrong; the message says which.</exception>
    public static SimulationOptions Parse(IReadOnlyList<string> args)
    {
        var options = new SimulationOptions(null, Path.Combine("artifacts", "simulation"), 1, null, false);
        for (var i = 0; i < args.Count; i++)
        {
            options = args[i] switch
            {
                "--quick" => options with { Quick = true },
                "--json" => options with { Json = Value(ref i) },
                "--out" => options with { Out = Value(ref i) },
                "--scenario" => options with { Scenario = Value(ref i) },
                "--seed" => options with { Seed = Number(Value(ref i)) },
                _ => throw new FormatException($"unknown argument '{args[i]}'"),
            };
        }

        return options;

        string Value(ref int i) => ++i < args.Count ? args[i] : throw new FormatException($"{args[i - 1]} needs a value");

        static int Number(string text) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"'{text}' is no seed");
    }
}
