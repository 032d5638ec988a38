using System.Diagnostics;
using System.Text.Json;
using Espresso.Mesh.Tests.Pictures;
using Espresso.Mesh.Tests.Processes;

namespace Espresso.Mesh.Tests.Grpc;

/// <summary>The script's one run, shared by the cases.</summary>
public sealed class NodeRun(SharedMesh mesh) : IAsyncLifetime
{
    public static readonly string[] Checks =
    [
        "infer", "infer_own_mask", "infer_stream", "list_models", "unknown_model", "not_a_picture", "too_many_models", "body_too_large", "deadline", "health",
    ];

    private readonly Dictionary<string, string?> _errors = [];
    private string _otherOutput = "";

    public async ValueTask InitializeAsync()
    {
        using var folders = new Folders();
        var (picture, mask) = (Path.Combine(folders.Work, "scene.png"), Path.Combine(folders.Work, "mask.png"));
        await File.WriteAllBytesAsync(picture, Scene.Picture);
        await File.WriteAllBytesAsync(mask, Scene.Mask);
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Grpc", "mesh.mjs"), Path.Combine(Repository.Root, "protos"), mesh.Mesh.Grpc.Authority, picture, mask, .. Checks,
        ];
        using var process = Process.Start(new ProcessStartInfo("node", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        try
        {
            using var limit = new CancellationTokenSource(MeshProcess.Patience);
            var standardError = process.StandardError.ReadToEndAsync(limit.Token);
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                var result = JsonSerializer.Deserialize<Result>(line, JsonSerializerOptions.Web)!;
                _errors.Add(result.Check, result.Error);
            }

            _otherOutput = await standardError;
        }
        finally
        {
            process.Kill();
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public void ShouldHavePassed(string check)
    {
        _errors.ShouldContainKey(check, $"{check} did not report. Other output:\n{_otherOutput}");
        _errors[check].ShouldBeNull();
    }

    private sealed record Result(string Check, string? Error);
}

/// <summary>The coordinator over gRPC, through npm's @grpc/grpc-js and the protos as they are.</summary>
[Collection(MeshCollection.Name)]
public sealed class NodeTests(NodeRun run) : IClassFixture<NodeRun>
{
    public static TheoryData<string> All => new(NodeRun.Checks);

    [Theory]
    [MemberData(nameof(All))]
    public void GrpcJs_Check_Passes(string check) => run.ShouldHavePassed(check);
}
