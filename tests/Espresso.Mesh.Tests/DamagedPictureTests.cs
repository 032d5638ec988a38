using System.Net;
using Espresso.Mesh.Tests.Client;
using Espresso.Mesh.Tests.Pictures;
using Espresso.Protos.Preprocessor;

namespace Espresso.Mesh.Tests;

/// <summary>Files that were pictures until something happened to them.</summary>
[Collection(MeshCollection.Name)]
public sealed class DamagedPictureTests(SharedMesh mesh)
{
    private const int Damages = 48;

    private static readonly string[] Reasons = ["not_a_picture", "truncated_picture", "corrupt_picture", "unsupported_format", "too_many_pixels", "too_many_frames"];

    [Fact]
    public async Task Infer_PictureWithWrongBytes_IsReadOrRefusedButNeverAFault()
    {
        var minion = await mesh.Mesh.StartMinion(mesh.Mesh.Folders.CopyOf("depth/0.1", "any", "1.0"), "--simulated", "1,0");
        try
        {
            var replies = new List<Reply>();
            foreach (var format in Enum.GetValues<Format>())
            {
                var good = await Encoded.Scene((await mesh.Preprocessor.Listening()).Grpc, format);
                foreach (var seeds in Enumerable.Range(0, Damages).Chunk(8))
                    replies.AddRange(await Task.WhenAll(seeds.Select(seed => mesh.Client.Infer(Damaged(good, seed), "any"))));
            }

            foreach (var refused in replies.Where(reply => reply.Status != HttpStatusCode.OK))
            {
                ((int)refused.Status).ShouldBeInRange(400, 428, refused.Text);
                var reason = refused.Json.GetProperty("reason").GetString()!;
                Reasons.ShouldContain(reason);
                refused.ShouldBeProblem(refused.Status, reason);
            }

            replies.ShouldContain(reply => reply.Status != HttpStatusCode.OK);
            foreach (var process in mesh.Mesh.Processes)
                process.IsLive.ShouldBeTrue(process.Name);
        }
        finally
        {
            await mesh.Mesh.Dismiss(minion);
        }
    }

    /// <summary>Bytes changed, doubled or lost; every third one near the beginning, where the headers are.</summary>
    private static byte[] Damaged(byte[] good, int seed)
    {
        var random = new Random(seed);
        var bytes = good.ToList();
        for (var i = 0; i <= seed % 5; i++)
        {
            var at = random.Next(4, seed % 3 == 0 ? 64 : bytes.Count - 64);
            switch (random.Next(3))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.InsertRange(at, bytes.GetRange(at, random.Next(32)));
                    break;
                default:
                    bytes.RemoveRange(at, random.Next(32));
                    break;
            }
        }

        return [.. bytes];
    }
}
