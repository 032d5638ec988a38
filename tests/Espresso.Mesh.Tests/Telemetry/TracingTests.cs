using Espresso.Mesh.Tests.Pictures;

namespace Espresso.Mesh.Tests.Telemetry;

/// <summary>One trace from the client through every process.</summary>
[Collection(MeshCollection.Name)]
public sealed class TracingTests(SharedMesh mesh)
{
    private const string Coordinator = "espresso-coordinator";
    private const string Preprocessor = "espresso-preprocessor";
    private const string Minion = "espresso-minion";

    private static readonly (string Service, string Name, int Times)[] Stages =
    [
        (Coordinator, "plan", 1), (Coordinator, "admit", 1), (Coordinator, "preprocess", 1), (Coordinator, "infer", 3), (Coordinator, "resample", 1), (Coordinator, "encode", 3),
        (Preprocessor, "decode", 1), (Preprocessor, "resample", 1), (Preprocessor, "encode", 3),
        (Minion, "queue", 3), (Minion, "assemble", 3), (Minion, "run", 3), (Minion, "finish", 3),
    ];

    [Fact]
    public async Task Infer_WithATraceparent_GivesOneTreeOfAllProcessesUnderIt()
    {
        var (trace, client) = (Hex(32), Hex(16));

        (await mesh.Client.Infer(Scene.Picture, "depth,segmentation,inpainting", ("traceparent", $"00-{trace}-{client}-01"))).ShouldBeOk();

        var spans = await mesh.Telemetry.Trace(trace, spans =>
            Array.TrueForAll(Stages, stage => Count(spans, stage.Service, stage.Name) >= stage.Times) && IsOneTree(spans, client));
        foreach (var (service, name, times) in Stages)
            Count(spans, service, name).ShouldBe(times, $"{service} {name}");
        spans.Where(span => span.Parent == client).ShouldHaveSingleItem().Service.ShouldBe(Coordinator);
        spans.ShouldAllBe(span => span.StartNs <= span.EndNs);
        var infer = spans.Where(span => span is { Service: Coordinator, Name: "infer" }).Select(span => $"{span.Tags["espresso.model"]}@{span.Tags["espresso.version"]}");
        infer.ShouldBe(["depth@0.1", "segmentation@0.1", "inpainting@1.0"], ignoreOrder: true);
        spans.Where(span => span is { Service: Minion, Name: "run" }).ShouldAllBe(span => span.Tags["espresso.batch.size"] == "1");
        EveryMinionStageIsUnderItsInfer(spans);
    }

    private static void EveryMinionStageIsUnderItsInfer(IReadOnlyList<ReceivedSpan> spans)
    {
        var byId = spans.ToDictionary(span => span.Id);
        foreach (var run in spans.Where(span => span is { Service: Minion, Name: "run" }))
        {
            var above = run;
            while (above is not { Service: Coordinator, Name: "infer" })
                above = byId[above.Parent];
            run.StartNs.ShouldBeGreaterThanOrEqualTo(above.StartNs);
            run.EndNs.ShouldBeLessThanOrEqualTo(above.EndNs);
        }
    }

    private static bool IsOneTree(IReadOnlyList<ReceivedSpan> spans, string root)
    {
        var ids = spans.Select(span => span.Id).Append(root).ToHashSet();
        return spans.All(span => ids.Contains(span.Parent)) && spans.Any(span => span.Parent == root);
    }

    private static int Count(IReadOnlyList<ReceivedSpan> spans, string service, string name) => spans.Count(span => span.Service == service && span.Name == name);

    private static string Hex(int digits) => Random.Shared.GetHexString(digits, lowercase: true);
}
