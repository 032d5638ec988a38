using System.Collections.ObjectModel;

namespace Espresso.Manifests;

/// <summary>What a model package declares of itself in <c>manifest.yaml</c>: the hand-over from R&amp;D, and all that the mesh knows of it.</summary>
public sealed record Manifest
{
    /// <summary>Lower-case letters, digits and hyphens; what clients call it.</summary>
    public string Model { get; init; } = "";

    public ModelVersion Version { get; init; }

    public string Title { get; init; } = "";

    /// <summary>The ONNX file, beside the manifest.</summary>
    public string Network { get; init; } = "";

    public IReadOnlyList<InputSpec> Inputs { get; init; } = [];

    public IReadOnlyList<OutputSpec> Outputs { get; init; } = [];

    public BatchingSpec Batching { get; init; } = new();

    public ExecutionSpec Execution { get; init; } = new();

    public WarmupSpec Warmup { get; init; } = new();

    public ServingSpec Serving { get; init; } = new();

    public RequirementsSpec Requirements { get; init; } = new();

    public ProvenanceSpec Provenance { get; init; } = new();

    public IReadOnlyList<SampleSpec> Samples { get; init; } = [];

    public FetchSpec? Fetch { get; init; }

    /// <summary>"depth/0.1".</summary>
    public string Name => $"{Model}/{Version}";
}

public enum InputKind
{
    /// <summary>The request's picture, in colour.</summary>
    Picture,

    /// <summary>A one-channel picture: the client's own, or another model's output (<see cref="InputSpec.From"/>).</summary>
    Mask,

    /// <summary>A plain tensor, only for raw calls over the Open Inference Protocol.</summary>
    Tensor,
}

public enum FitKind
{
    Stretch,
    Pad,
    Crop,
}

public enum ChannelOrder
{
    Rgb,
    Bgr,
    Gray,
}

public enum TensorLayout
{
    Nchw,
    Nhwc,
}

/// <summary>An input of the network and how a picture becomes it: tensor = (pixel · scale − mean) / std, channel by channel.</summary>
public sealed record InputSpec
{
    /// <summary>The tensor's name in the graph.</summary>
    public string Name { get; init; } = "";

    public InputKind Kind { get; init; }

    /// <summary>"model.output": whose result fills this input when the client sends none.</summary>
    public string? From { get; init; }

    /// <summary>Pixels.</summary>
    public int Width { get; init; }

    /// <summary>Pixels.</summary>
    public int Height { get; init; }

    public FitKind Fit { get; init; }

    public ChannelOrder Channels { get; init; }

    public TensorLayout Layout { get; init; }

    public float Scale { get; init; } = 1f / 255;

    public IReadOnlyList<float> Mean { get; init; } = [];

    public IReadOnlyList<float> Std { get; init; } = [];

    /// <summary>0..255, the value of padding.</summary>
    public int Fill { get; init; }

    /// <summary>Masks only: of full white (0..1); at or above becomes 1, below 0. Absent: soft values stay.</summary>
    public float? Threshold { get; init; }

    /// <summary>Masks only: tensor pixels that bright areas grow by.</summary>
    public int Grow { get; init; }

    /// <summary>Tensors only: the shape of one item, without the batch.</summary>
    public IReadOnlyList<long> Shape { get; init; } = [];

    /// <summary>Colour channels of the pixels: 1 or 3.</summary>
    public int ChannelCount => Kind == InputKind.Mask || Channels == ChannelOrder.Gray ? 1 : 3;
}

public sealed record BatchingSpec
{
    /// <summary>Items in one run of the network at the most; 1 to 1024.</summary>
    public int Max { get; init; } = 8;
}

public sealed record ExecutionSpec
{
    /// <summary>Execution providers in the order they are tried: tensorrt, cuda, cpu.</summary>
    public IReadOnlyList<string> Providers { get; init; } = ["cpu"];

    /// <summary>A provider whose absence is a start-up failure instead of a silent fall back.</summary>
    public string? Require { get; init; }

    /// <summary>Sessions side by side; 0: one a core on the CPU, one on an accelerator.</summary>
    public int Instances { get; init; }

    /// <summary>Threads inside a session on the CPU.</summary>
    public int Threads { get; init; } = 1;
}

public sealed record WarmupSpec
{
    /// <summary>Milliseconds for measuring batch sizes at start; sizes that do not fit are extrapolated and learnt in service.</summary>
    public int BudgetMs { get; init; } = 3000;
}

public sealed record ServingSpec
{
    /// <summary>Milliseconds that a request has when it names no deadline.</summary>
    public int DeadlineMs { get; init; } = 10_000;

    /// <summary>Accepted and unfinished items a replica holds at the most; above it refuses.</summary>
    public int MaxPending { get; init; } = 64;
}

public sealed record RequirementsSpec
{
    public int MemoryMb { get; init; }

    /// <summary>Milliseconds that a batch of so many items takes on the device, as measured at the hand-over; may be empty.</summary>
    public IReadOnlyDictionary<int, double> BatchMs { get; init; } = ReadOnlyDictionary<int, double>.Empty;

    public bool Gpu { get; init; }
}

public sealed record ProvenanceSpec
{
    public string Source { get; init; } = "";

    public string Licence { get; init; } = "";

    /// <summary>Of the network file, in lower-case hexadecimal.</summary>
    public string Sha256 { get; init; } = "";
}

/// <summary>A picture, what the model made of it, and how far a later run may be from that (mean absolute difference, of full scale).</summary>
public sealed record SampleSpec
{
    public string Image { get; init; } = "";

    /// <summary>What goes into the mask inputs; null for a model that has none.</summary>
    public string? Mask { get; init; }

    public IReadOnlyDictionary<string, string> Expect { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public double Tolerance { get; init; }
}

/// <summary>Where a network comes from that is not part of the repository, and what is done to it.</summary>
public sealed record FetchSpec
{
    /// <summary>The npm package that carries it.</summary>
    public string Npm { get; init; } = "";

    public string Version { get; init; } = "";

    /// <summary>Its name in the package's list of resources.</summary>
    public string Resource { get; init; } = "";

    /// <summary>Of the file as it comes, before the edit.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>Pixels of a side that the network takes after the edit; its batch becomes variable and its first output is kept.</summary>
    public int Size { get; init; }
}
