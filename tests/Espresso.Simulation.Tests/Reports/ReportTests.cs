using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Espresso.Simulation.Fleet;
using Espresso.Simulation.Policies;
using Espresso.Simulation.Reports;
using Espresso.Simulation.Scenarios;
using Espresso.Simulation.Traces;

namespace Espresso.Simulation.Tests.Reports;

public sealed class ReportTests
{
    [Fact]
    public void Report_SameSeed_IsTheSameToTheByte()
    {
        var (first, second) = (Runner.Run([Small], seed: 5), Runner.Run([Small], seed: 5));

        HtmlReport.Render(second, 5, quick: true).ShouldBe(HtmlReport.Render(first, 5, quick: true));
        Json(second).ShouldBe(Json(first));
    }

    [Fact]
    public void Report_OtherSeed_Differs() => Json(Runner.Run([Small], seed: 6)).ShouldNotBe(Json(Runner.Run([Small], seed: 5)));

    [Fact]
    public void Figures_Scenario_StandUnderItsName()
    {
        using var json = JsonDocument.Parse(Json(Runner.Run([Small], seed: 5)));

        json.RootElement.GetProperty("small.goodput").GetDouble().ShouldBeGreaterThan(0);
        json.RootElement.GetProperty("runs").GetProperty("small").GetProperty("espresso").GetProperty("answered").GetInt64().ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData(false, 4)]
    [InlineData(true, 2)]
    public void Chart_Scenario_IsXmlWithALineAStackInsideTheFrame(bool tail, int expected)
    {
        var kind = tail ? ChartKind.Tail : ChartKind.Goodput;
        var svg = XDocument.Parse(Charts.Of(Runner.Run([Small with { Chart = kind }], seed: 5)[0]).Render());
        var lines = svg.Descendants().Where(element => element.Name.LocalName == "polyline").ToList();

        lines.Count.ShouldBe(expected);
        foreach (var point in lines.SelectMany(line => line.Attribute("points")!.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            var at = point.Split(',').Select(double.Parse).ToArray();
            at[0].ShouldBeInRange(0, 760);
            at[1].ShouldBeInRange(0, 380);
        }
    }

    [Fact]
    public void Catalogue_EveryScenario_BeginsWithTheMeshItself() =>
        Catalogue.All(quick: true).ShouldAllBe(scenario => scenario.Stacks[0].Name == Stack.Mesh.Name && scenario.Stacks[0].Routing == Stack.Mesh.Routing);

    private static Scenario Small { get; } = new(
        "small", "A small one", "For tests & nothing else.", [Stack.Mesh, Stack.Plain],
        (stack, seed) =>
        {
            var options = new FleetOptions { Shapes = ShapeMix.HeavyTailed(10, 2, 256, 512, 1024), Stack = stack, Replicas = 3, Coordinators = 2, MaxBatch = 8 };
            var load = new Espresso.Simulation.Fleet.Load(
                Rates.Steady(0.7 * options.Capacity), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1));
            return new FleetSimulation(options, load, seed).Run();
        },
        results => [("goodput", results[0].Goodput)]);

    private static string Json(IReadOnlyList<ScenarioResult> results)
    {
        using var stream = new MemoryStream();
        FiguresFile.Write(stream, results);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
