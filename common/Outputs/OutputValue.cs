namespace Espresso.Outputs;

/// <summary>What a model says that is no picture.</summary>
public abstract record OutputValue;

/// <param name="Labels">The best first; at most as many as the manifest tells, and none below its least score.</param>
public sealed record LabelsValue(IReadOnlyList<NamedScore> Labels) : OutputValue;

/// <param name="Scores">In the manifest's order.</param>
public sealed record ScoresValue(IReadOnlyList<NamedScore> Scores) : OutputValue;

public sealed record EmbeddingValue(IReadOnlyList<float> Vector) : OutputValue;

public sealed record TextValue(string Text) : OutputValue;

public sealed record NamedScore(string Name, float Score);
