using System.Runtime.InteropServices;
using Espresso.Manifests;
using Espresso.Minions.Execution;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Pictures;
using Espresso.Preprocessor.Vips;
using Espresso.Preprocessor.Work;
using Microsoft.Extensions.Logging.Abstractions;
using Order = Espresso.Preprocessor.Decoding.ChannelOrder;

namespace Espresso.Packages.Tests;

/// <summary>A package of the repository with its network loaded, fed as the mesh feeds it.</summary>
internal sealed class Package : IDisposable
{
    private static readonly PictureLimits Limits = new(Bytes: 1 << 20, Pixels: 1 << 20, Frames: 1, TensorBytes: 1 << 24, Tensors: 1);
    private readonly string _folder;
    private readonly OnnxExecutor _executor;

    static Package() => VipsRuntime.Start();

    public Package(string name)
    {
        _folder = Path.Combine(Root, "minions", name);
        Manifest = ManifestReader.ReadFolder(_folder).Manifest;
        _executor = OnnxExecutor.Load(Manifest, _folder, NullLogger.Instance);
    }

    public static string Root { get; } = FindRoot();

    /// <summary>"model/version" of every package whose network is here; a fetched one may be missing.</summary>
    public static IEnumerable<string> Present =>
        from manifest in Directory.EnumerateFiles(Path.Combine(Root, "minions"), ManifestReader.FileName, SearchOption.AllDirectories)
        let folder = Path.GetDirectoryName(manifest)!
        where File.Exists(Path.Combine(folder, ManifestReader.ReadFolder(folder).Manifest.Network))
        select Path.GetRelativePath(Path.Combine(Root, "minions"), folder);

    public Manifest Manifest { get; }

    public IReadOnlyList<TensorInfo> Inputs => _executor.Inputs;

    public IReadOnlyList<TensorInfo> Outputs => _executor.Outputs;

    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>The pixels of one of the package's pictures, as the input wants them.</summary>
    public byte[] Pixels(string file, InputSpec input) =>
        Decode(file, new TensorSpec(
            input.Width,
            input.Height,
            input.Fit switch { FitKind.Pad => Fit.Pad, FitKind.Crop => Fit.Crop, _ => Fit.Stretch },
            input switch { { ChannelCount: 1 } => Order.Gray, { Channels: Manifests.ChannelOrder.Bgr } => Order.Bgr, _ => Order.Rgb },
            Threshold: (byte)Math.Ceiling((input.Threshold ?? 0) * byte.MaxValue),
            Grow: input.Grow));

    /// <summary>The pixels of an expected picture at an output's size.</summary>
    public byte[] Expected(string file, TensorInfo output) =>
        Decode(file, new TensorSpec(
            (int)output.Shape[3], (int)output.Shape[2], Fit.Stretch, output.Shape[1] == 1 ? Order.Gray : Order.Rgb));

    /// <summary>Runs a batch; each item has its pixels in the inputs' order.</summary>
    /// <returns>Each output's floats, batch first, in the manifest's order.</returns>
    public IReadOnlyList<float[]> Run(params IReadOnlyList<byte[]>[] items)
    {
        var inputs = Inputs.Select(info => Memory(info, items.Length)).ToList();
        for (var i = 0; i < inputs.Count; i++)
        {
            var spec = Manifest.Inputs.Single(input => input.Name == Inputs[i].Name);
            var at = Manifest.Inputs.ToList().IndexOf(spec);
            var tensor = MemoryMarshal.Cast<byte, float>(inputs[i].Memory.Span);
            var floats = tensor.Length / items.Length;
            for (var item = 0; item < items.Length; item++)
                Minions.Execution.Pixels.Normalise(items[item][at], spec, tensor.Slice(item * floats, floats));
        }

        var outputs = Outputs.Select(info => Memory(info, items.Length)).ToList();
        _executor.Run(0, items.Length, inputs, outputs);
        return [.. Manifest.Outputs.Select(output =>
            MemoryMarshal.Cast<byte, float>(outputs[Outputs.ToList().FindIndex(info => info.Name == output.Name)].Memory.Span).ToArray())];
    }

    public void Dispose() => _executor.Dispose();

    private static TensorMemory Memory(TensorInfo info, int rows)
    {
        var item = info.Shape[1..];
        return new TensorMemory(GC.AllocateArray<byte>((int)TensorMemory.ItemBytes(item, info.Datatype) * rows, pinned: true), info.Datatype, item);
    }

    private byte[] Decode(string file, TensorSpec spec)
    {
        var budget = new WorkBudget(TimeProvider.System, TimeSpan.FromMinutes(1), CancellationToken.None);
        var picture = new PictureDecoder(Limits).Decode(File.ReadAllBytes(PathOf(file)), [spec], budget);
        using var contents = picture.Tensors[0].Contents;
        return contents.Span.ToArray();
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Espresso.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("no Espresso.sln above the tests");
        return folder;
    }
}
