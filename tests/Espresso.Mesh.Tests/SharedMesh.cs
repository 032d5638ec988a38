using Espresso.Mesh.Tests.Client;
using Espresso.Mesh.Tests.Processes;
using Espresso.Mesh.Tests.Telemetry;

[assembly: CollectionBehavior(DisableTestParallelization = true)] // two cores carry one mesh

namespace Espresso.Mesh.Tests;

/// <summary>Names the tests that share one mesh.</summary>
[CollectionDefinition(Name)]
public sealed class MeshCollection : ICollectionFixture<SharedMesh>
{
    public const string Name = "mesh";
}

/// <summary>The mesh as the README starts it without anything fetched: a coordinator, a preprocessor, four minions; and a collector of their traces.</summary>
public sealed class SharedMesh : IAsyncLifetime
{
    public static readonly string[] Packages = ["depth/0.1", "segmentation/0.1", "inpainting/0.1", "inpainting/1.0"];

    internal OtlpReceiver Telemetry { get; private set; } = null!;

    internal RunningMesh Mesh { get; private set; } = null!;

    internal MeshClient Client => Mesh.Client;

    internal MeshProcess Preprocessor { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Telemetry = await OtlpReceiver.Start();
        Mesh = await RunningMesh.Start(variables: Telemetry.Variables);
        var preprocessor = Mesh.StartPreprocessor();
        await Task.WhenAll([preprocessor, .. Packages.Select(package => Mesh.StartMinion(Repository.Package(package)))]);
        Preprocessor = await preprocessor;
    }

    public async ValueTask DisposeAsync()
    {
        await Mesh.DisposeAsync();
        await Telemetry.DisposeAsync();
    }
}
