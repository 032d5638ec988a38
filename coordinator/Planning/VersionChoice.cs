using Espresso.Coordinator.Registry;

namespace Espresso.Coordinator.Planning;

/// <summary>Which versions a request gets that names none.</summary>
/// <param name="Default">Answers; null: none can.</param>
/// <param name="Shadow">Runs beside it for comparison; null: none.</param>
internal sealed record VersionChoice(Func<ServedModel, ServedVersion?> Default, Func<ServedModel, ServedVersion?> Shadow)
{
    /// <summary>The highest live version, without traffic policies.</summary>
    public static VersionChoice Highest { get; } = new(static model => model.Default, static _ => null);
}
