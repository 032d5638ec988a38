using System.Xml.Linq;
using Espresso.Cli.Client;
using Espresso.Cli.Waterfall;

namespace Espresso.Cli.Tests.Waterfall;

public sealed class WaterfallTests
{
    private static readonly InferReply Reply = new(
        "1",
        new PictureInfo("jpeg", 800, 600),
        new Dictionary<string, ResultInfo>(StringComparer.Ordinal)
        {
            // The mask's reader comes first in the reply, yet starts last.
            ["inpainting"] = Result("inpainting", new ModelTimings(60, 40, 0, 20, 10, 25, 5, 1, "idle")),
            ["segmentation"] = Result("segmentation", new ModelTimings(20, 40, 10, 25, 5, 35, 0, 2, "full")),
        },
        new RequestTimings(100, 2, 3, 15));

    [Fact]
    public void Of_Reply_LaysStretchesEndToEnd()
    {
        var waterfall = RequestWaterfall.Of(Reply);

        waterfall.TotalMs.ShouldBe(100);
        waterfall.Rows.Select(row => row.Title).ShouldBe(["receive", "plan", "preprocess", "segmentation 1.0", "inpainting 1.0"]);
        waterfall.Rows[2].Segments.ShouldBe([new Segment(SegmentKind.Decode, 5, 15)]);
        waterfall.Rows[3].Segments.ShouldBe([
            new Segment(SegmentKind.Queue, 20, 10), new Segment(SegmentKind.Compute, 30, 25), new Segment(SegmentKind.Encode, 55, 5)]);
        waterfall.Rows[4].Segments.ShouldBe([
            new Segment(SegmentKind.Resample, 60, 5), new Segment(SegmentKind.Compute, 65, 20),
            new Segment(SegmentKind.Transfer, 85, 5), new Segment(SegmentKind.Encode, 90, 10)]);
        waterfall.Rows[3].Note.ShouldBe("batch 2, full");
    }

    [Fact]
    public void Of_FailedModelWithoutTimings_HasNoRow()
    {
        var failed = Reply with { Results = new(StringComparer.Ordinal) { ["depth"] = Result("depth", null) } };

        RequestWaterfall.Of(failed).Rows.Select(row => row.Title).ShouldBe(["receive", "plan", "preprocess"]);
    }

    [Fact]
    public void Lines_HundredMillisecondsInHundredColumns_AreToScale()
    {
        var lines = WaterfallText.Lines(RequestWaterfall.Of(Reply), 16 + 2 + 100 + 2 + 25);

        var bars = lines.Skip(1).Take(5).Select(line => line[18..]).ToList();
        bars[0].ShouldStartWith("░░ ");
        bars[1].ShouldStartWith("  ▏▏▏ ");
        bars[2].ShouldStartWith(new string(' ', 5) + new string('▓', 15) + " ");
        bars[3].ShouldStartWith(new string(' ', 20) + new string('·', 10) + new string('█', 25) + new string('▒', 5) + " ");
        bars[3].ShouldEndWith("40.0 ms  batch 2, full");
        bars[4].ShouldStartWith(new string(' ', 60) + new string('▚', 5) + new string('█', 20) + new string('─', 5) + new string('▒', 10));
    }

    [Fact]
    public void Lines_Axis_MarksStandWhereTheyBelong()
    {
        var axis = WaterfallText.Lines(RequestWaterfall.Of(Reply), 16 + 2 + 100 + 2 + 25)[0][18..];

        axis.IndexOf("20", StringComparison.Ordinal).ShouldBe(20);
        axis.IndexOf("80", StringComparison.Ordinal).ShouldBe(80);
        axis.ShouldEndWith("ms");
    }

    [Fact]
    public void Lines_ShortStage_IsStillSeen()
    {
        var reply = Reply with { Timings = new RequestTimings(10_000, 0, 0.1, 15) };

        WaterfallText.Lines(RequestWaterfall.Of(reply), 80)[2].ShouldContain('▏');
    }

    [Theory]
    [InlineData(100, 20)]
    [InlineData(900, 200)]
    [InlineData(40, 10)]
    [InlineData(0.9, 0.2)]
    public void Step_Total_GivesARoundNumber(double total, double step) => WaterfallText.Step(total).ShouldBe(step, 1e-9);

    [Fact]
    public void Draw_Reply_IsWellFormedAndToScale()
    {
        var svg = XDocument.Parse(WaterfallSvg.Draw(RequestWaterfall.Of(Reply), "<cat> & dog.jpg"));

        XNamespace space = "http://www.w3.org/2000/svg";
        var bars = svg.Descendants(space + "rect").Where(rect => rect.Element(space + "title") is not null)
            .ToDictionary(rect => rect.Element(space + "title")!.Value, rect => (double)rect.Attribute("width")!);
        bars["decode: 15 ms"].ShouldBe(5 * bars["plan: 3 ms"], 0.1);
        svg.Descendants(space + "text").ShouldContain(text => text.Value == "<cat> & dog.jpg");
    }

    private static ResultInfo Result(string model, ModelTimings? timings) => new(model, "1.0", timings is null ? "failed" : "ok", null, null, null, timings);
}
