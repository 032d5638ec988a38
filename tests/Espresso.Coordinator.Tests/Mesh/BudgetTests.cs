using System.Net;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Tests.Planning;
using Espresso.Errors;
using Espresso.Manifests;
using Espresso.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>One deadline through preprocess, waves and encode, as the processes behind the coordinator see it.</summary>
public sealed class BudgetTests
{
    private static readonly byte[] Ten = FakePictures.File(40, 30, 10);

    private readonly FakeTime _time = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task Waves_GetADeadlineEach_ThatLeavesTheNextItsTime()
    {
        await using var mesh = await TestMesh.Start(_time, _ => { }, Packages.Segmentation(), Packages.Inpainting());
        var start = _time.GetUtcNow().UtcDateTime;
        Costs(mesh).Run(Key("inpainting")).Learn(20_000);
        Costs(mesh).Encode(Key("inpainting")).Learn(10_000);
        var deadlines = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var model in new[] { "segmentation", "inpainting" })
        {
            mesh.Process.Models.Before[model] = context =>
            {
                deadlines[model] = (context.Deadline - start).TotalSeconds;
                return Task.CompletedTask;
            };
        }

        await mesh.Infer("?models=inpainting&deadline_ms=60000", Ten);
        deadlines["segmentation"].ShouldBe(30, 3); // the wire's deadline is measured by the system's clock
        deadlines["inpainting"].ShouldBe(50, 3);
    }

    [Fact]
    public async Task Step_ThatCannotMeetWhatIsLeft_IsNotStarted()
    {
        await using var mesh = await TestMesh.Start(_time, _ => { }, Packages.Segmentation(), Packages.Inpainting());
        Costs(mesh).Run(Key("inpainting")).Learn(20_000);
        var (response, json) = await mesh.Infer("?models=segmentation,inpainting&deadline_ms=15000", Ten);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var inpainting = json.GetProperty("results").GetProperty("inpainting");
        inpainting.GetProperty("status").GetString().ShouldBe("deadline");
        inpainting.GetProperty("reason").GetString().ShouldBe(Reasons.DeadlineUnmeetable);
        mesh.Process.Models.Calls.ShouldBe(1);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Version_WhoseFirstCallWasSlow_IsTriedAgainAtOnce()
    {
        await using var mesh = await TestMesh.Start(_time, _ => { }, Packages.Depth());
        mesh.Process.Models.Before["depth"] = _ =>
        {
            _time.Advance(TimeSpan.FromSeconds(4));
            return Task.CompletedTask;
        };
        await mesh.Infer("?models=depth&deadline_ms=9000", Ten);
        mesh.Process.Models.Before.Clear();

        var (response, _) = await mesh.Infer("?models=depth&deadline_ms=1000", Ten);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Version_ThatCannotMeetWhatIsLeft_GivesWayToAQuickerOne()
    {
        await using var mesh = await TestMesh.Start(_time, _ => { }, Packages.Depth(), Packages.Depth("1.0"));
        Costs(mesh).Run(new ModelKey("depth", new ModelVersion(1, 0))).Learn(20_000);
        var (_, json) = await mesh.Infer("?models=depth@1.0|0.1&deadline_ms=15000", Ten);
        var depth = json.GetProperty("results").GetProperty("depth");
        depth.GetProperty("version").GetString().ShouldBe("0.1");
        depth.GetProperty("fallback").GetProperty("reason").GetString().ShouldBe(Reasons.DeadlineUnmeetable);
        await mesh.ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_AndEncode_AreLearnt()
    {
        await using var mesh = await TestMesh.Start(_time, _ => { }, Packages.Inpainting(), Packages.Segmentation());
        mesh.Process.Models.Before["inpainting"] = _ => Pass(7_000);
        mesh.Process.Pictures.BeforeEncode = (_, _) => Pass(3_000);
        await mesh.Infer("?models=inpainting&deadline_ms=60000", Ten);
        Costs(mesh).Run(Key("inpainting")).MeanMs.ShouldBe(7_000, 10); // less the 1.5 ms that it says it waited
        Costs(mesh).Encode(Key("inpainting")).MeanMs.ShouldBe(3_000);
        Costs(mesh).Encode(Key("segmentation")).MeanMs.ShouldBe(0);

        Task Pass(int milliseconds)
        {
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Decode_ThatAnotherBegan_IsNotLearnt()
    {
        await using var mesh = await TestMesh.Start(_time, _ => { }, Packages.Depth());
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        mesh.Process.Pictures.BeforeDecode = () =>
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            return Task.CompletedTask;
        };
        mesh.Process.Models.Before["depth"] = _ =>
        {
            began.TrySetResult();
            return goOn.Task;
        };
        var first = mesh.Infer("?models=depth&deadline_ms=60000", Ten);
        await began.Task;
        Costs(mesh).Decode.MeanMs.ShouldBe(2_000);
        using var joined = new MetricCount(mesh, "espresso.coordinator.shared", "inference", 1);

        var second = mesh.Infer("?models=depth&deadline_ms=60000", Ten);
        await joined.All; // so its decode is over

        Costs(mesh).Decode.MeanMs.ShouldBe(2_000);
        goOn.SetResult();
        await Task.WhenAll(first, second);
        mesh.Process.Pictures.Decodes.ShouldBe(1);
        await mesh.ShouldBeEmpty();
    }

    private static LearnedCosts Costs(TestMesh mesh) => mesh.App.Services.GetRequiredService<LearnedCosts>();

    private static ModelKey Key(string model) => new(model, new ModelVersion(0, 1));
}
