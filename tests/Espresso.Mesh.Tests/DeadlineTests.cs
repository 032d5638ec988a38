using System.Net;
using Espresso.Mesh.Tests.Client;
using Espresso.Mesh.Tests.Pictures;

namespace Espresso.Mesh.Tests;

/// <summary>An answer or a clear refusal before the deadline.</summary>
[Collection(MeshCollection.Name)]
public sealed class DeadlineTests(SharedMesh mesh)
{
    [Fact]
    public async Task Infer_DeadlineOfAMillisecond_IsToldToBePassed()
    {
        var reply = await mesh.Client.Post("models=depth&deadline_ms=1", MeshClient.Bytes(Scene.Picture));

        reply.ShouldBeProblem(HttpStatusCode.GatewayTimeout, "deadline_exceeded");
    }

    [Fact]
    public async Task Infer_DeadlineInTheHeader_Counts()
    {
        var reply = await mesh.Client.Post("models=depth", MeshClient.Bytes(Scene.Picture), ("X-Deadline-Ms", "1"));

        reply.ShouldBeProblem(HttpStatusCode.GatewayTimeout, "deadline_exceeded");
    }

    [Fact]
    public async Task Infer_ModelThatHangs_LosesThatResultOnly()
    {
        var hung = await mesh.Mesh.StartMinion(mesh.Mesh.Folders.CopyOf("depth/0.1", "hung", "1.0"), "--simulated", "1,1");
        hung.Freeze();
        try
        {
            // Long enough for depth on a busy machine.
            var reply = (await mesh.Client.Post("models=depth,hung&deadline_ms=5000", MeshClient.Bytes(Scene.Picture))).ShouldBeOk();

            reply.Result("depth").GetProperty("status").GetString().ShouldBe("ok");
            reply.Result("hung").GetProperty("status").GetString().ShouldBe("deadline");
            reply.Result("hung").GetProperty("reason").GetString().ShouldBe("deadline_exceeded");
        }
        finally
        {
            hung.Thaw();
            await mesh.Mesh.Dismiss(hung);
        }
    }
}
