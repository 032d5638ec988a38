using Espresso.Cli.Client;
using Espresso.Cli.Commands;

namespace Espresso.Cli.Tests.Commands;

public sealed class ResultsTests
{
    [Fact]
    public void Summary_OfAPicture_IsItsSizeAndOfAMapItsRange()
    {
        Results.Summary(new OutputInfo("mask", "image/png", 640, 480)).ShouldBe(", 640 × 480");
        Results.Summary(new OutputInfo("map", "image/png", 640, 480, -1, 2.5)).ShouldBe(", 640 × 480, black -1 to white 2.5");
    }

    [Fact]
    public void Summary_OfLabels_TellsNamesAndScores()
    {
        Results.Summary(new OutputInfo("labels") { Labels = [new LabelInfo("day", 0.975f), new LabelInfo("red", 0.5f)] }).ShouldBe(": day 0.98, red 0.5");
        Results.Summary(new OutputInfo("labels") { Labels = [] }).ShouldBe(": none");
    }

    [Fact]
    public void Summary_OfScores_TellsThem() =>
        Results.Summary(new OutputInfo("scores") { Scores = new(StringComparer.Ordinal) { ["sharpness"] = 0.25f, ["exposure"] = -0.5f } }).ShouldBe(": sharpness 0.25, exposure -0.5");

    [Fact]
    public void Summary_OfAnEmbedding_TellsItsSizeAndItsBeginning() =>
        Results.Summary(new OutputInfo("embedding") { Embedding = [1, 2, 3, 4, 5] }).ShouldBe(": 5 numbers, 1, 2, 3, 4, …");

    [Fact]
    public void Summary_OfAText_CannotSteerTheTerminal() =>
        Results.Summary(new OutputInfo("text") { Text = "a\u001b[31m cup\n" }).ShouldBe(": a [31m cup ");
}
