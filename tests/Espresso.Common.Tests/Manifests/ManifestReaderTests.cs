using System.Text;
using Espresso.Manifests;

namespace Espresso.Common.Tests.Manifests;

public sealed class ManifestReaderTests
{
    [Fact]
    public void Read_Smallest_TakesTheDefaults()
    {
        var manifest = ManifestReader.Read(Yaml.Smallest, "here");

        manifest.Name.ShouldBe("depth/1.2");
        manifest.Title.ShouldBe("depth");
        var input = manifest.Inputs.ShouldHaveSingleItem();
        (input.Kind, input.Fit, input.Channels, input.Layout).ShouldBe((InputKind.Picture, FitKind.Stretch, ChannelOrder.Rgb, TensorLayout.Nchw));
        (input.Scale, input.Fill, input.Grow, input.Threshold, input.From).ShouldBe((1f / 255, 0, 0, null, null));
        input.ChannelCount.ShouldBe(3);
        input.Mean.ShouldBeEmpty();
        input.Std.ShouldBeEmpty();
        var output = manifest.Outputs.ShouldHaveSingleItem();
        (output.As, output.Kind, output.Range, output.Layout, output.Media, output.Blend)
            .ShouldBe(("out", OutputKind.Map, null, TensorLayout.Nchw, MediaKind.Png, null));
        manifest.Batching.ShouldBe(new BatchingSpec { Max = 8 });
        manifest.Execution.Providers.ShouldBe(["cpu"]);
        (manifest.Execution.Require, manifest.Execution.Instances, manifest.Execution.Threads).ShouldBe((null, 0, 1));
        manifest.Warmup.BudgetMs.ShouldBe(3000);
        manifest.Serving.ShouldBe(new ServingSpec { DeadlineMs = 10_000, MaxPending = 64 });
        manifest.Requirements.ShouldBe(new RequirementsSpec());
        manifest.Provenance.ShouldBe(new ProvenanceSpec());
        manifest.Samples.ShouldBeEmpty();
        manifest.Fetch.ShouldBeNull();
    }

    private static string LabelsInAFile => Yaml.Full.Replace("labels: [day, night, \"1\"]", "labels: names.txt");

    [Fact]
    public void Read_Full_HasEveryValue()
    {
        var manifest = ManifestReader.Read(Yaml.Full, "here");

        (manifest.Name, manifest.Title, manifest.Network).ShouldBe(("in-painting2/3.14", "Fills holes", "fill.onnx"));
        var (picture, mask, tensor) = (manifest.Inputs[0], manifest.Inputs[1], manifest.Inputs[2]);
        (picture.Width, picture.Height, picture.Fit, picture.Channels, picture.Layout, picture.Scale, picture.Fill)
            .ShouldBe((640, 480, FitKind.Pad, ChannelOrder.Bgr, TensorLayout.Nhwc, 0.5f, 128));
        picture.Mean.ShouldBe([1, 2, 3]);
        picture.Std.ShouldBe([4, 5, 6]);
        (mask.Kind, mask.From, mask.Fit, mask.Threshold, mask.Grow, mask.ChannelCount)
            .ShouldBe((InputKind.Mask, "segmentation.mask", FitKind.Crop, 0.25f, 7, 1));
        mask.Mean.ShouldBe([0.5f]);
        tensor.Kind.ShouldBe(InputKind.Tensor);
        tensor.Shape.ShouldBe([4, 2]);
        var (image, seen) = (manifest.Outputs[0], manifest.Outputs[1]);
        (image.As, image.Kind, image.Range, image.Layout, image.Media, image.Blend)
            .ShouldBe(("background", OutputKind.Image, new ValueRange(-1, 1.5f), TensorLayout.Nhwc, MediaKind.Webp, "mask"));
        (seen.As, seen.Kind, seen.Range, seen.Media).ShouldBe(("seen", OutputKind.Mask, null, MediaKind.Png16));
        var (tags, quality) = (manifest.Outputs[2], manifest.Outputs[3]);
        (tags.As, tags.Kind, tags.Top, tags.Least, tags.Activation, tags.LabelsFile).ShouldBe(("tags", OutputKind.Labels, 2, 0.1f, Activation.Softmax, null));
        tags.Labels.ShouldBe(["day", "night", "1"]);
        quality.Scores.ShouldBe(
            [new ScoreSpec("sharpness", new ValueRange(0, 2), "0 blurred to 2 crisp"), new ScoreSpec("exposure", new ValueRange(-1, 1), "-1 dark to 1 bright")]);
        (manifest.Outputs[4].Kind, manifest.Outputs[4].Size).ShouldBe((OutputKind.Embedding, 16));
        (manifest.Outputs[5].Kind, manifest.Outputs[5].Length).ShouldBe((OutputKind.Text, 200));
        manifest.Batching.Max.ShouldBe(16);
        manifest.Execution.Providers.ShouldBe(["tensorrt", "cuda", "cpu"]);
        (manifest.Execution.Require, manifest.Execution.Instances, manifest.Execution.Threads).ShouldBe(("cuda", 2, 3));
        manifest.Warmup.BudgetMs.ShouldBe(500);
        manifest.Serving.ShouldBe(new ServingSpec { DeadlineMs = 2500, MaxPending = 12 });
        (manifest.Requirements.MemoryMb, manifest.Requirements.Gpu).ShouldBe((900, true));
        manifest.Requirements.BatchMs.ShouldBe(new Dictionary<int, double> { [1] = 12.5, [16] = 90 }, ignoreOrder: true);
        manifest.Provenance.ShouldBe(new ProvenanceSpec { Source = "here", Licence = "MIT", Sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" });
        var sample = manifest.Samples.ShouldHaveSingleItem();
        (sample.Image, sample.Mask, sample.Expect["background"], sample.Tolerance)
            .ShouldBe(("samples/a.jpg", "samples/m.png", "samples/a.png", 0.02));
        manifest.Fetch.ShouldBe(new FetchSpec
        {
            Npm = "nets",
            Version = "1.4.5",
            Resource = "/models/one",
            Sha256 = "ab6d1f0f7a9f1b0d6b3a0c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f",
            Size = 512,
        });
    }

    [Fact]
    public void Read_ManyFaults_TellsAllAtOnce()
    {
        var error = Should.Throw<ManifestException>(() => ManifestReader.Read(
            """
            model: Depth
            version: "1"
            network: sub/depth.onnx
            inputs:
              - name: image
                width: 0
                height: 17000
                fit: squeeze
            outputs:
              - name: out
                kind: sculpture
            batching: { max: 0 }
            """,
            "here.yaml"));

        error.Faults.Count.ShouldBe(8);
        error.Message.Split(Environment.NewLine).Length.ShouldBe(8);
        error.Message.Split(Environment.NewLine).ShouldAllBe(line => line.StartsWith("here.yaml: "));
    }

    [Fact]
    public void Read_UnknownKey_IsAFaultThatNamesItsLine() =>
        Should.Throw<ManifestException>(() => ManifestReader.Read(Yaml.Smallest + "\ncolour: red", "here"))
            .Faults.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
                fault => fault.Line.ShouldBe(10),
                fault => fault.Field.ShouldBe("colour"));

    [Fact]
    public void Read_UnknownKeyLeniently_IsPassedOver()
    {
        var text = Yaml.Smallest.Replace("width: 64", "width: 64\n    hue: { any: [1, 2] }") + "\ncolour: red\n";

        ManifestReader.Read(text, "here", lenient: true).Name.ShouldBe("depth/1.2");
    }

    [Fact]
    public void Read_FaultyLeniently_IsStillFaulty() =>
        Should.Throw<ManifestException>(() => ManifestReader.Read(Yaml.Smallest.Replace("width: 64", "width: 0"), "here", lenient: true));

    [Theory]
    [InlineData("")]
    [InlineData("# nothing but this")]
    public void Read_Empty_SaysSo(string text) =>
        Should.Throw<ManifestException>(() => ManifestReader.Read(text, "here")).Faults.ShouldHaveSingleItem().Wrong.ShouldBe("the manifest is empty");

    [Theory]
    [InlineData("- a\n- b")]
    [InlineData("just a word")]
    [InlineData("model: [unclosed")]
    [InlineData("model: a\nmodel: b")]
    [InlineData("batching: { max: many }")]
    [InlineData("inputs: { width: 99999999999 }")]
    [InlineData("model: *nowhere")]
    [InlineData("\u0001")]
    [InlineData("{{{{")]
    public void Read_NoManifestAtAll_IsAFaultNotACrash(string text) =>
        Should.Throw<ManifestException>(() => ManifestReader.Read(text, "here")).Faults.ShouldNotBeEmpty();

    [Theory]
    [InlineData("model: a\n\tversion: 1\n", 2)]
    [InlineData("model: a\ninputs:\n  - name: image\n\t  kind: picture\n", 4)]
    [InlineData("model: a\r\nwarmup:\r\n  budget_ms: 1\r\nserving:\r\n\tdeadline_ms: 1\r\n\tmax_pending: 1\r\n", 5)]
    [InlineData("# a\tb\nmodel: a\ntitle:\tb\ninputs:\n\t- name: image\n", 5)]
    public void Read_TabAsIndentation_NamesItsLineAndTheMend(string text, int line) =>
        Should.Throw<ManifestException>(() => ManifestReader.Read(text, "here")).Faults.ShouldHaveSingleItem()
            .ShouldBe(new ManifestFault(line, "", "a tab in the indentation", "indent with spaces, here and below"));

    [Theory]
    [InlineData("inputs: [~]")]
    [InlineData("outputs: [~]")]
    [InlineData("samples: [~]")]
    [InlineData("execution: { providers: [~] }")]
    [InlineData("inputs: [{ name: a, mean: [~] }]")]
    [InlineData("samples: [{ image: a, expect: { out: ~ } }]")]
    public void Read_EmptyEntry_IsAFaultNotACrash(string part) =>
        Should.Throw<ManifestException>(() => ManifestReader.Read("model: a\nversion: \"1.0\"\n" + part, "here"));

    [Theory]
    [InlineData("fetch: { parts: ", "}")]
    [InlineData("outputs: [{ range: ", "}]")]
    public void Read_NestedWithoutEnd_IsAFaultNotACrash(string before, string after)
    {
        var text = new StringBuilder(before).Append('[', 100_000).Append(']', 100_000).Append(after).ToString();

        Should.Throw<ManifestException>(() => ManifestReader.Read(text, "here", lenient: true)).Message.ShouldContain("nested");
    }

    [Theory]
    [InlineData("day\nnight\nblue hour\n", "day|night|blue hour")]
    [InlineData("day\r\nnight\r\n\r\n", "day|night")]
    public void Read_LabelsInAFile_AreItsLines(string text, string labels)
    {
        var output = ManifestReader.Read(LabelsInAFile, "here", files: name => name == "names.txt" ? text : null).Outputs[2];

        string.Join('|', output.Labels).ShouldBe(labels);
        output.LabelsFile.ShouldBe("names.txt");
    }

    [Theory]
    [InlineData("day\n\nnight\n", "line 2 of 'names.txt' is empty")]
    [InlineData("", "line 1 of 'names.txt' is empty")]
    [InlineData("day\nnight\nday", "'day' stands here twice")]
    public void Read_LabelsInABadFile_IsAFault(string text, string fault) =>
        Should.Throw<ManifestException>(() => ManifestReader.Read(LabelsInAFile, "here", files: _ => text))
            .Faults.ShouldHaveSingleItem().Wrong.ShouldBe(fault);

    [Fact]
    public void FileIn_AFolder_IsItsTextUpToAMebibyte()
    {
        var folder = Directory.CreateTempSubdirectory("espresso-").FullName;
        File.WriteAllText(Path.Combine(folder, "names.txt"), "day");
        File.WriteAllText(Path.Combine(folder, "large.txt"), new string('x', (1 << 20) + 1));

        ManifestReader.FileIn(folder, "names.txt").ShouldBe("day");
        ManifestReader.FileIn(folder, "large.txt").ShouldBeNull();
        ManifestReader.FileIn(folder, "none.txt").ShouldBeNull();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void ReadFolder_NoManifest_NamesThePath()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"espresso-{Guid.NewGuid():n}");

        Should.Throw<ManifestException>(() => ManifestReader.ReadFolder(folder)).Message.ShouldStartWith(Path.Combine(folder, "manifest.yaml"));
    }

    [Fact]
    public void ReadFolder_EveryPackageOfTheRepository_IsFaultless()
    {
        Repository.Packages.Count.ShouldBeGreaterThanOrEqualTo(4);
        foreach (var folder in Repository.Packages)
        {
            var (manifest, text) = ManifestReader.ReadFolder(folder);
            manifest.Name.ShouldBe(Path.GetRelativePath(Path.Combine(Repository.Root, "minions"), folder).Replace('\\', '/'));
            ManifestReader.Read(text, "lease", lenient: true, name => ManifestReader.FileIn(folder, name)).Name.ShouldBe(manifest.Name);
        }
    }
}
