using System.Net;
using Espresso.Mesh.Tests.Client;
using Espresso.Mesh.Tests.Pictures;

namespace Espresso.Mesh.Tests;

/// <summary>Requests share batches, connections and pooled memory, and nothing of their contents.</summary>
[Collection(MeshCollection.Name)]
public sealed class IsolationTests(SharedMesh mesh)
{
    private const int Callers = 32;
    private const int Rounds = 8;
    private const int Side = 256;

    /// <summary>A simulated model gives back the red of its input; some requests are given up on the way, so that their memory goes back early.</summary>
    [Fact]
    public async Task Infer_ManyDifferentPicturesAtOnce_EachGetsTheAnswerToItsOwn()
    {
        var echo = await mesh.Mesh.StartMinion(mesh.Mesh.Folders.CopyOf("segmentation/0.1", "echo", "1.0"), "--simulated", "5,1");
        try
        {
            var replies = await Task.WhenAll(Enumerable.Range(0, Callers).Select(Caller));

            var answered = replies.SelectMany(mine => mine).Where(one => one.Reply.Status == HttpStatusCode.OK).ToList();
            answered.Count.ShouldBeGreaterThanOrEqualTo(Callers * Rounds * 3 / 4);
            foreach (var (red, reply) in answered)
                reply.Picture("echo", "mask").Samples.ShouldAllBe(sample => sample == red);
            answered.Max(one => one.Reply.Result("echo").GetProperty("timings").GetProperty("batch_size").GetInt32()).ShouldBeGreaterThan(1);
        }
        finally
        {
            await mesh.Mesh.Dismiss(echo);
        }
    }

    private async Task<List<(int Red, Reply Reply)>> Caller(int caller)
    {
        var mine = new List<(int, Reply)>();
        for (var round = 0; round < Rounds; round++)
        {
            var red = (caller * Rounds) + round; // 0 to 255, each once
            var picture = Png.Write(Raster.Of(Side, Side, 3, (_, _, channel) => channel == 0 ? red : 255 - red));
            var givenUp = red % 4 == 3;
            var reply = await mesh.Client.Post($"models=echo&{(givenUp ? $"deadline_ms={1 + (red / 8)}" : MeshClient.NoHurry)}", MeshClient.Bytes(picture));
            if (!givenUp)
                reply.ShouldBeOk();
            mine.Add((red, reply));
        }

        return mine;
    }
}
