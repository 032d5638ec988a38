using Espresso.Manifests;

namespace Espresso.Common.Tests.Manifests;

/// <summary>One change to a faultless manifest, and the one fault that it must give.</summary>
public sealed class ManifestRuleTests
{
    [Theory]
    [InlineData("model: in-painting2", "model: 2fill", "model: lower-case")]
    [InlineData("model: in-painting2", "model: a/b", "model: lower-case")]
    [InlineData("model: in-painting2", "model: \"\"", "model: lower-case")]
    [InlineData("version: \"3.14\"", "version: 3", "version: major.minor")]
    [InlineData("version: \"3.14\"", "version: \"3.014\"", "version: major.minor")]
    [InlineData("version: \"3.14\"", "", "version: major.minor")]
    [InlineData("network: fill.onnx", "", "network: the name")]
    [InlineData("network: fill.onnx", "network: ../fill.onnx", "network: a file beside")]
    [InlineData("name: image", "name: \"\"", "inputs: every input has a name")]
    [InlineData("width: 640", "width: 0", "input 'image': width: 1 to 16384; found 0")]
    [InlineData("width: 640", "width: 16385", "input 'image': width: 1 to 16384")]
    [InlineData("height: 480", "", "input 'image': height: 1 to 16384")]
    [InlineData("kind: picture", "kind: photo", "input 'image': kind: 'photo' is none of picture, mask, tensor")]
    [InlineData("kind: picture", "kind: 0", "input 'image': kind: '0' is none of")]
    [InlineData("fit: pad", "fit: fill", "input 'image': fit: 'fill' is none of stretch, pad, crop")]
    [InlineData("channels: bgr", "channels: rgba", "input 'image': channels: 'rgba' is none of rgb, bgr, gray")]
    [InlineData("mean: [1, 2, 3]", "mean: [1, 2]", "input 'image': mean: one value a channel (3), or none; found 2")]
    [InlineData("std: [4, 5, 6]", "std: [4]", "input 'image': std: one value a channel")]
    [InlineData("std: [4, 5, 6]", "std: [4, 0, 6]", "input 'image': std: a zero")]
    [InlineData("scale: 0.5", "scale: .nan", "input 'image': scale, mean and std: finite")]
    [InlineData("mean: [1, 2, 3]", "mean: [1, .inf, 3]", "input 'image': scale, mean and std: finite")]
    [InlineData("std: [4, 5, 6]", "std: [4, .nan, 6]", "input 'image': scale, mean and std: finite")]
    [InlineData("fill: 128", "fill: 256", "input 'image': fill: 0 to 255")]
    [InlineData("fill: 128", "grow: 2", "input 'image': from, threshold and grow belong")]
    [InlineData("fill: 128", "from: a.b", "input 'image': from, threshold and grow belong")]
    [InlineData("fill: 128", "threshold: 0.5", "input 'image': from, threshold and grow belong")]
    [InlineData("mean: [0.5]", "mean: [1, 2, 3]", "input 'mask': mean: one value a channel (1)")]
    [InlineData("from: segmentation.mask", "from: segmentation", "input 'mask': from: model.output")]
    [InlineData("from: segmentation.mask", "from: segmentation.", "input 'mask': from: model.output")]
    [InlineData("threshold: 0.25", "threshold: 0", "input 'mask': threshold: above 0")]
    [InlineData("threshold: 0.25", "threshold: 1.5", "input 'mask': threshold: above 0")]
    [InlineData("threshold: 0.25", "threshold: .nan", "input 'mask': threshold: above 0")]
    [InlineData("grow: 7", "grow: 257", "input 'mask': grow: 0 to 256")]
    [InlineData("name: steps", "name: image", "inputs: 'image' stands there 2 times")]
    [InlineData("kind: tensor", "kind: picture\n    width: 1\n    height: 1", "inputs: one of kind picture at the most")]
    [InlineData("shape: [4, 2]", "shape: [4, -1]", "input 'steps': shape: whole numbers above 0")]
    [InlineData("shape: [4, 2]", "shape: [0]", "input 'steps': shape: whole numbers above 0")]
    [InlineData("name: filled", "name: \"\"", "outputs: every output has a name")]
    [InlineData("as: background", "as: seen", "outputs: 'seen' stands there 2 times")]
    [InlineData("kind: image", "kind: map", "output 'filled': blend: the name of an input of kind mask")]
    [InlineData("blend: mask", "blend: image", "output 'filled': blend: the name of an input of kind mask")]
    [InlineData("range: [-1, 1.5]", "range: [1, 1]", "output 'filled': range: auto, or [low, high]")]
    [InlineData("range: [-1, 1.5]", "range: [1]", "output 'filled': range: auto, or [low, high]")]
    [InlineData("range: [-1, 1.5]", "range: wide", "output 'filled': range: auto, or [low, high]")]
    [InlineData("range: [-1, 1.5]", "range: [-Infinity, 1]", "output 'filled': range: auto, or [low, high]")]
    [InlineData("range: [-1, 1.5]", "range: { low: 1 }", "output 'filled': range: auto, or [low, high]")]
    [InlineData("media: webp", "media: gif", "output 'filled': media: 'gif' is none of png, png16, webp, jpeg")]
    [InlineData("max: 16", "max: 1025", "batching.max: 1 to 1024; found 1025")]
    [InlineData("max: 16", "max: 0", "batching.max: 1 to 1024")]
    [InlineData("instances: 2", "instances: 65", "execution.instances: 0 to 64")]
    [InlineData("threads: 3", "threads: 0", "execution.threads: 1 to 256")]
    [InlineData("[tensorrt, cuda, cpu]", "[cuda, rocm]", "execution: provider 'rocm' is none of")]
    [InlineData("require: cuda", "require: rocm", "execution.require: 'rocm' is not among the providers")]
    [InlineData("[tensorrt, cuda, cpu]", "[tensorrt, cpu]", "execution.require: 'cuda' is not among the providers")]
    [InlineData("[tensorrt, cuda, cpu], require: cuda", "[]", "execution.providers: at least one")]
    [InlineData("budget_ms: 500", "budget_ms: -1", "warmup.budget_ms: 0 to 600000")]
    [InlineData("deadline_ms: 2500", "deadline_ms: 0", "serving.deadline_ms: 1 to 3600000")]
    [InlineData("max_pending: 12", "max_pending: 0", "serving.max_pending: 1 to 100000")]
    [InlineData("memory_mb: 900", "memory_mb: -1", "requirements.memory_mb: 0 to")]
    [InlineData("image: samples/a.jpg", "tolerance: 0", "samples: every sample names its image")]
    [InlineData("tolerance: 0.02", "tolerance: 1.01", "samples: tolerance: 0 to 1")]
    [InlineData("tolerance: 0.02", "tolerance: .nan", "samples: tolerance: 0 to 1")]
    [InlineData("{ background: samples/a.png }", "{ background: ~ }", "samples: expect: a file for every output")]
    [InlineData("npm: nets, ", "", "fetch.npm: the name")]
    [InlineData("version: 1.4.5, ", "", "fetch.version: the npm package's")]
    [InlineData("resource: /models/one, ", "", "fetch.resource: the network's")]
    [InlineData("sha256: AB6d", "sha256: ", "fetch.sha256: 64 hexadecimal digits")]
    [InlineData("sha256: AB6d", "sha256: ABxd", "fetch.sha256: 64 hexadecimal digits")]
    [InlineData("size: 512", "size: 0", "fetch.size: 1 to")]
    public void Read_OneThingWrong_GivesThisFault(string right, string wrong, string fault)
    {
        Yaml.Full.ShouldContain(right);
        var text = Yaml.Full.Replace(right, wrong);
        if (right == "image: samples/a.jpg")
            text = text.Replace("    tolerance: 0.02", "");

        var faults = Should.Throw<ManifestException>(() => ManifestReader.Read(text, "here")).Faults;

        faults.ShouldHaveSingleItem().ShouldStartWith(fault);
    }

    [Theory]
    [InlineData("inputs")]
    [InlineData("outputs")]
    public void Read_NoneOfThese_IsAFault(string what)
    {
        var text = Yaml.Smallest.Split(what + ":")[0] + (what == "inputs" ? "outputs:\n  - name: out" : "");

        Should.Throw<ManifestException>(() => ManifestReader.Read(text, "here")).Faults.ShouldContain($"{what}: at least one");
    }
}
