using Espresso.Mesh.Tests.Client;
using Espresso.Mesh.Tests.Pictures;
using Espresso.Mesh.Tests.Processes;

namespace Espresso.Mesh.Tests;

/// <summary>Several versions live side by side; a client pins one or takes the default.</summary>
[Collection(MeshCollection.Name)]
public sealed class VersionTests(SharedMesh mesh)
{
    [Fact]
    public async Task Infer_BothVersionsOfAModel_AreNamedApartAndDiffer()
    {
        var reply = (await mesh.Client.Infer(Scene.Picture, "inpainting@0.1,inpainting@1.0")).ShouldBeOk();

        reply.Results.ShouldBe(["inpainting@0.1", "inpainting@1.0"], ignoreOrder: true);
        reply.Data("inpainting@0.1", "background").ShouldNotBe(reply.Data("inpainting@1.0", "background"));
    }

    [Theory]
    [InlineData("inpainting", "1.0")]
    [InlineData("inpainting@1.0", "1.0")]
    [InlineData("inpainting@0.1", "0.1")]
    public async Task Infer_Name_GivesThatVersion(string name, string version)
    {
        var reply = (await mesh.Client.Infer(Scene.Picture, name)).ShouldBeOk();

        reply.Result("inpainting").GetProperty("version").GetString().ShouldBe(version);
    }

    [Fact]
    public async Task Infer_ProviderPinned_IsTheOneThatTheOthersTake()
    {
        // A folder, and nobody else is told. Simulated, it echoes its input: its mask is the red of the picture.
        var other = await mesh.Mesh.StartMinion(mesh.Mesh.Folders.CopyOf("segmentation/0.1", "segmentation", "0.9"), "--simulated", "1,1");
        try
        {
            var newest = (await mesh.Client.Infer(Scene.Picture, "inpainting")).ShouldBeOk();
            var pinned = (await mesh.Client.Infer(Scene.Picture, "segmentation@0.1,inpainting")).ShouldBeOk();

            Provider(newest).ShouldBe("0.9", "the highest version is the default as soon as it is there");
            pinned.Result("segmentation").GetProperty("version").GetString().ShouldBe("0.1");
            pinned.Json.TryGetProperty("pulled_in", out _).ShouldBeFalse("no other segmentation ran");
            pinned.Data("inpainting", "background").ShouldNotBe(newest.Data("inpainting", "background"));
        }
        finally
        {
            await mesh.Mesh.Dismiss(other);
        }

        Provider((await mesh.Client.Infer(Scene.Picture, "inpainting")).ShouldBeOk()).ShouldBe("0.1", "and no longer than it is there");
    }

    [Fact]
    public async Task Models_List_TellsVersionsDefaultsAndReplicas()
    {
        var models = (await mesh.Client.Get("/v1/models")).ShouldBeOk().Json.GetProperty("models").EnumerateArray()
            .ToDictionary(model => $"{model.GetProperty("model")}/{model.GetProperty("version")}");

        foreach (var package in SharedMesh.Packages)
        {
            models.ShouldContainKey(package);
            models[package].GetProperty("is_default").GetBoolean().ShouldBe(package != "inpainting/0.1", package);
            models[package].GetProperty("replicas").GetArrayLength().ShouldBe(1, package);
        }

        models["inpainting/1.0"].GetProperty("inputs").EnumerateArray().Single(input => input.GetProperty("name").GetString() == "mask")
            .GetProperty("from").GetString().ShouldBe("segmentation.mask");
    }

    [Fact]
    public async Task Status_Mesh_TellsThePreprocessorAndLoads()
    {
        var status = (await mesh.Client.Get("/v1/status")).ShouldBeOk().Json;

        status.GetProperty("preprocessors").GetArrayLength().ShouldBe(1);
        var replica = status.GetProperty("models").EnumerateArray().First(model => model.GetProperty("model").GetString() == "depth").GetProperty("replicas")[0];
        replica.GetProperty("device").GetString().ShouldBe("cpu");
        replica.GetProperty("resident_bytes").GetInt64().ShouldBePositive();
        replica.GetProperty("draining").GetBoolean().ShouldBeFalse();
    }

    private static string? Provider(Reply reply) =>
        reply.Json.GetProperty("pulled_in").GetProperty("segmentation").GetProperty("version").GetString();
}
