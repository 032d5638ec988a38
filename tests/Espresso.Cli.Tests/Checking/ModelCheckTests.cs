using Espresso.Cli.Graphs;
using Espresso.Cli.Tests.Graphs;
using Espresso.Cli.Tests.Packages;
using Espresso.TestKit;
using Google.Protobuf;
using static Espresso.Cli.Tests.Graphs.Networks;

namespace Espresso.Cli.Tests.Checking;

/// <summary>Whole checks with the mesh's own processes: a good package, and every way of being broken.</summary>
public sealed class ModelCheckTests : IDisposable
{
    private const string ExpectsMap = "expect: { map: map.png }";

    private readonly TestPackage _package = new();

    public void Dispose() => _package.Dispose();

    [Fact]
    public async Task Check_GoodPackage_TellsEveryStepAndEndsWithZero()
    {
        _package.Write(Brightness());
        var (recorded, told) = await _package.Run("model", "check", _package.Folder, "--record");
        recorded.ShouldBe(0, told);
        told.ShouldContain("map.png written");

        var (code, output) = await _package.Run("model", "check", _package.Folder);

        code.ShouldBe(0, output);
        foreach (var step in new[] { "manifest", "files", "contract", "start", "cost", "batches", "repeats", "extremes", "samples" })
            output.ShouldContain($"{step.PadRight(10)} ");
        output.ShouldContain("2, 3, 4 together give what each gives alone");
        output.ShouldContain("1: ");
        output.ShouldNotContain("FAULT");
    }

    [Fact]
    public async Task Check_Record_ReplacesWhatWasExpectedBefore()
    {
        _package.Write(Brightness());
        using var golden = new OldFile(_package["map.png"]);

        (await _package.Run("model", "check", _package.Folder, "--record")).Code.ShouldBe(0);

        golden.MustBeReplaced();
    }

    [Theory]
    [InlineData("width: 8", "width: 0", "manifest: ", "width")]
    [InlineData("title: Brightness", "titel: Brightness", "manifest: ", "titel")]
    [InlineData("title: Brightness", "title: [", "manifest: ", "not closed; mend the YAML")]
    [InlineData("network: tiny.onnx", "network: other.onnx", "files: network: there is no other.onnx beside the manifest")]
    [InlineData("licence: none, ", "", "files: provenance.licence: say under which licence it may be used")]
    [InlineData("image: photo.jpg", "image: ../photo.jpg", "files: samples[0].image: ../photo.jpg lies outside of the package")]
    [InlineData("image: photo.jpg", "image: nothing.jpg", "files: samples[0].image: there is no nothing.jpg")]
    [InlineData("expect: { map: map.png }, ", "", "files: samples[0].expect: nothing is expected of output 'map'")]
    [InlineData(ExpectsMap, "expect: { map: map.png, depth: map.png }", "files: samples[0].expect.depth: there is no such output")]
    [InlineData(ExpectsMap, "expect: { map: nothing.png }", "files: samples[0].expect.map: there is no nothing.png")]
    [InlineData("samples:\n  - { image: photo.jpg, expect: { map: map.png }, tolerance: 0.01 }\n", "", "files: samples: at least one picture")]
    [InlineData("kind: picture, width: 8, height: 8 }", "kind: picture, width: 8, height: 8 }\n  - { name: mask, kind: mask, width: 8, height: 8 }", "files: samples[0].mask: the model takes a mask")]
    public async Task Check_BrokenManifestOrFiles_NamesTheFault(string was, string now, params string[] told)
    {
        _package.Write(Brightness(), TestPackage.Manifest.Replace(was, now));
        File.Copy(TestPackage.Photo, _package["map.png"]);

        await Faulty(told);
    }

    [Theory]
    [InlineData("network: tiny.onnx", "network: .tiny.onnx", "files: network: .tiny.onnx would be left out by espresso model pack, as hidden files")]
    [InlineData("kind: map, range: [0, 1]", "kind: labels, labels: names.part", "files: outputs[0].labels: names.part would be left out")]
    [InlineData("image: photo.jpg", "image: .samples/photo.jpg", "files: samples[0].image: .samples/photo.jpg would be left out")]
    [InlineData("image: photo.jpg", "image: photo.jpg, mask: __pycache__/mask.png", "files: samples[0].mask: __pycache__/mask.png would be left out")]
    [InlineData(ExpectsMap, "expect: { map: ./map.pyc }", "files: samples[0].expect.map: ./map.pyc would be left out")]
    public async Task Check_FileThatPackLeavesOut_IsAFault(string was, string now, string told)
    {
        _package.Write(Brightness(), TestPackage.Manifest.Replace(was, now));
        foreach (var file in new[] { ".tiny.onnx", "names.part", ".samples/photo.jpg", "__pycache__/mask.png", "map.png", "map.pyc" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_package[file])!);
            File.WriteAllText(_package[file], "it is there");
        }

        await Faulty(told);
    }

    [Theory]
    [InlineData("tiny.onnx", "files: network: tiny.onnx is a pipe, a socket or a device")]
    [InlineData("photo.jpg", "files: samples[0].image: photo.jpg is a pipe, a socket or a device")]
    [InlineData("map.png", "files: samples[0].expect.map: map.png is a pipe, a socket or a device")]
    [InlineData("manifest.yaml", "manifest: line 1: the manifest is empty")]
    public async Task Check_PipeInAFilesPlace_IsRefusedInsteadOfWaitedFor(string file, string told)
    {
        _package.Write(Brightness());
        File.Copy(TestPackage.Photo, _package["map.png"]);
        File.Delete(_package[file]);
        Pipe.Make(_package[file]);

        await Task.Run(() => Faulty(told), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Check_PackageWithCodeOfItsOwn_IsHeldToItThroughItsProgram()
    {
        var (folder, program) = TestPackage.Detector();

        var (code, output) = await _package.Run("model", "check", folder, "--program", program);
        code.ShouldBe(0, output);

        (code, output) = await _package.Run("model", "check", folder);
        code.ShouldBe(1);
        output.ShouldContain("objects");
        output.ShouldContain("--program");
    }

    [Fact]
    public async Task Check_NoManifest_SaysSo() => await Faulty("manifest: ", "no such file");

    [Fact]
    public async Task Check_NetworkChangedAfterItsHandOver_NamesBothSums()
    {
        _package.Write(Brightness());
        File.WriteAllBytes(_package["tiny.onnx"], Brightness("m").ToByteArray());
        File.Copy(TestPackage.Photo, _package["map.png"]);

        await Faulty("files: provenance.sha256: tiny.onnx has ");
    }

    [Fact]
    public async Task Check_MinorWithAnotherContract_NamesTheField()
    {
        var minor = Minor();
        var manifest = Path.Combine(minor, "manifest.yaml");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("range: [0, 1]", "range: [0, 2]"));

        await FaultyFolder(minor, "contract: outputs[map].range: [0, 1] became [0, 2] since tiny/1.0; a minor keeps its major's contract");
    }

    [Fact]
    public async Task Check_VersionBesideItThatIsTheSame_IsAFault()
    {
        var copy = Minor();
        var manifest = Path.Combine(copy, "manifest.yaml");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("version: \"1.1\"", "version: \"1.0\""));

        await FaultyFolder(copy, "contract: manifest.yaml: version: 1.0 beside it is tiny/1.0, too; a version is one folder: give this one the next number");
    }

    [Fact]
    public async Task Check_VersionBesideItThatCannotBeRead_IsAFault()
    {
        var minor = Minor();
        File.WriteAllText(_package["manifest.yaml"], "model: [");

        await FaultyFolder(minor, "contract: it cannot be compared with 1.0 beside it: ");
    }

    /// <returns>The folder of a 1.1 beside the package, which is a sound 1.0.</returns>
    private string Minor()
    {
        _package.Write(Brightness());
        File.Copy(TestPackage.Photo, _package["map.png"]);
        return _package.Other("1.1");
    }

    public static TheoryData<string, string> Broken => new()
    {
        { "no ONNX", "start: tiny/1.0: no execution provider could load tiny.onnx" },
        { "unknown operator", "Levitate" },
        { "other input", "start: tiny/1.0: input 'image': the network has none of that name; it has 'picture'" },
        { "other output", "start: tiny/1.0: output 'map': the network has none of that name; it has 'depth'" },
        { "other size", "start: tiny/1.0: input 'image': the manifest makes [n,3,8,8], the network takes [-1,3,16,16]" },
        { "fixed batch", "start: tiny/1.0: input 'image': the network's first dimension is 1, but batches need a variable one" },
        { "fixed inside", "fails on a batch of 2" },
        { "mixed batch", "batches: output 'map' of picture" },
        { "random", "repeats: output 'map' differs by " },
        { "infinite", "extremes: a picture of black gives values in output 'map' that are no finite numbers" },
        { "out of range", "extremes: output 'map' has values from " },
        { "no picture", "start: tiny/1.0: output " },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Check_BrokenNetwork_NamesTheFault(string how, string told)
    {
        _package.Write(Network(how));
        File.Copy(TestPackage.Photo, _package["map.png"]);

        await Faulty(told);
    }

    [Theory]
    [InlineData("memory_mb: 400", "memory_mb: 1", "cost: requirements.memory_mb: 1 are declared, but batches of 1 took ")]
    [InlineData("memory_mb: 400", "gpu: false", "cost: requirements.memory_mb: say how much a replica needs; ")]
    [InlineData("memory_mb: 400", "memory_mb: 400, batch_ms: { 1: 0.001 }", "cost: requirements.batch_ms: 0.0 ms are declared for a batch of 1, but it took ")]
    [InlineData("memory_mb: 400", "memory_mb: 400, batch_ms: { 3: 0.001 }", "cost: requirements.batch_ms: 0.0 ms are declared for a batch of 3, but it took ")]
    [InlineData("tolerance: 0.01", "tolerance: 0.01", "samples: photo.jpg: output 'map' differs from map.png by ")]
    public async Task Check_FiguresThatDoNotHold_NamesThem(string was, string now, string told)
    {
        _package.Write(Brightness(), TestPackage.Manifest.Replace(was, now));
        File.Copy(TestPackage.Photo, _package["map.png"]); // another picture than the model's, too

        await Faulty(told);
    }

    [Fact]
    public async Task Check_SampleThatIsNoPicture_NamesTheFile()
    {
        _package.Write(Brightness());
        File.Copy(TestPackage.Photo, _package["map.png"]);
        File.WriteAllText(_package["photo.jpg"], "hello");

        await Faulty("start: photo.jpg: ");
    }

    private static byte[] Network(string how) => how switch
    {
        "no ONNX" => [1, 2, 3],
        "unknown operator" => After(Node("Levitate", ["gray"], "map")).ToByteArray(),
        "other input" => Of(End("picture", "n", 3, 8, 8), End("map", "n", 3, 8, 8), [Node("Identity", ["picture"], "map")]).ToByteArray(),
        "other output" => Of(End("image", "n", 3, 8, 8), End("depth", "n", 3, 8, 8), [Node("Identity", ["image"], "depth")]).ToByteArray(),
        "other size" => Of(End("image", "n", 3, 16, 16), End("map", "n", 3, 16, 16), [Node("Identity", ["image"], "map")]).ToByteArray(),
        "fixed batch" => Brightness("1").ToByteArray(),
        "fixed inside" => After(
            Node("Constant", [], "shape", Tensor("value", Longs("shape", 1, 1, 8, 8))), Node("Reshape", ["gray", "shape"], "map")).ToByteArray(),
        "mixed batch" => After(
            Node("ReduceMax", ["gray"], "brightest", Ints("axes", 0), Int("keepdims", 1)), Node("Div", ["gray", "brightest"], "map")).ToByteArray(),
        "random" => After(Node("RandomUniformLike", ["gray"], "noise"), Node("Mul", ["gray", "noise"], "map")).ToByteArray(),
        "infinite" => After(Node("Log", ["gray"], "map")).ToByteArray(),
        "out of range" => After(
            Node("Constant", [], "much", Tensor("value", Floats("much", [1], 3))), Node("Mul", ["gray", "much"], "map")).ToByteArray(),
        "no picture" => Of(End("image", "n", 3, 8, 8), End("map", "n", 192), [Node("Flatten", ["image"], "map")]).ToByteArray(),
        _ => throw new ArgumentOutOfRangeException(nameof(how), how, "no such break"),
    };

    private Task Faulty(params string[] told) => FaultyFolder(_package.Folder, told);

    /// <summary>One line tells the fault, all of it, and the exit code says that there is one.</summary>
    private async Task FaultyFolder(string folder, params string[] told)
    {
        var (code, output) = await _package.Run("model", "check", folder);

        code.ShouldBe(1, output);
        var lines = output.Split('\n').Where(line => line.StartsWith("FAULT")).ToList();
        lines.ShouldContain(line => told.All(part => line.Contains(part)), $"in\n{output}");
        output.TrimEnd().ShouldEndWith("is not in order");
    }
}
