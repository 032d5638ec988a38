using Espresso.Cli.Client;
using Espresso.Cli.Comparing;

namespace Espresso.Cli.Tests.Comparing;

public sealed class ValueMeasuresTests
{
    [Fact]
    public void Labels_SameFirst_TellsItsScores() =>
        ValueMeasures.Of(Labels(("day", 0.9f), ("sharp", 0.5f)), Labels(("day", 0.8f), ("green", 0.5f))).ShouldBe("the same first label, 0.9 to 0.8; 1 of 2 labels in both");

    [Fact]
    public void Labels_OtherFirst_NamesBoth() =>
        ValueMeasures.Of(Labels(("day", 0.9f)), Labels(("night", 0.8f), ("day", 0.1f))).ShouldBe("another first label, day and night; 1 of 1 labels in both");

    [Fact]
    public void Scores_Values_StandSideBySide() =>
        ValueMeasures.Of(Scores(("sharpness", 0.5f)), Scores(("sharpness", 0.25f))).ShouldBe("sharpness 0.5 to 0.25");

    [Theory]
    [InlineData(new[] { 1f, 0 }, new[] { 2f, 0 }, "cosine 1")]
    [InlineData(new[] { 1f, 0 }, new[] { 0f, 1 }, "cosine 0")]
    [InlineData(new[] { 0f, 0 }, new[] { 0f, 0 }, "cosine 1")]
    [InlineData(new[] { 1f }, new[] { 1f, 1 }, "1 and 2 numbers")]
    public void Embedding_Vectors_AreComparedByTheirAngle(float[] one, float[] other, string said) =>
        ValueMeasures.Of(new OutputInfo("embedding") { Embedding = one }, new OutputInfo("embedding") { Embedding = other }).ShouldBe(said);

    [Fact]
    public void Text_Same_IsSaid() => ValueMeasures.Of(new OutputInfo("text") { Text = "a" }, new OutputInfo("text") { Text = "a" }).ShouldBe("the same text");

    [Fact]
    public void Kinds_Different_CannotBeCompared() =>
        ValueMeasures.Of(new OutputInfo("text") { Text = "a" }, Scores(("a", 1))).ShouldBe("text and scores cannot be compared");

    private static OutputInfo Labels(params (string Name, float Score)[] labels) => new("labels") { Labels = [.. labels.Select(label => new LabelInfo(label.Name, label.Score))] };

    private static OutputInfo Scores(params (string Name, float Score)[] scores) => new("scores") { Scores = scores.ToDictionary(score => score.Name, score => score.Score, StringComparer.Ordinal) };
}
