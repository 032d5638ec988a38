namespace Espresso.Cli.Processes;

/// <summary>A process to be run: what it is called on the screen and how it is started.</summary>
/// <param name="Joins">True: it is ready once it has joined a coordinator; false: once it listens.</param>
internal sealed record ProcessSpec(string Name, string FileName, IReadOnlyList<string> Arguments, bool Joins);
