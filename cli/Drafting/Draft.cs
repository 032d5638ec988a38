using Espresso.Manifests;

namespace Espresso.Cli.Drafting;

/// <summary>A package as it is proposed, before it is written.</summary>
internal sealed record Draft(string Model, ModelVersion Version, string Network, string Origin, IReadOnlyList<DraftInput> Inputs, IReadOnlyList<DraftOutput> Outputs)
{
    public string Title { get; init; } = "";

    public string Source { get; init; } = "";

    public string Licence { get; init; } = "";

    public string Sha256 { get; init; } = "";

    /// <summary>The sample picture's name, and the mask's; null: none.</summary>
    public string Image { get; init; } = "";

    public string? Mask { get; init; }

    /// <summary>What was measured; empty before that.</summary>
    public int MemoryMb { get; init; }

    public IReadOnlyDictionary<int, double> BatchMs { get; init; } = new Dictionary<int, double>();
}

/// <param name="Values">Pictures and masks.</param>
/// <param name="Shape">Tensors: without the batch.</param>
internal sealed record DraftInput(string Name, InputKind Kind)
{
    public int Width { get; init; }

    public int Height { get; init; }

    public bool IsNhwc { get; init; }

    public string Channels { get; init; } = "rgb";

    public string Fit { get; init; } = "stretch";

    public PixelValues? Values { get; init; }

    public IReadOnlyList<long> Shape { get; init; } = [];
}

/// <param name="As">The public name.</param>
/// <param name="Kind">A word of the manifest.</param>
internal sealed record DraftOutput(string Name, string As, string Kind)
{
    /// <summary>Pictures and scores: "[0, 1]"; null: each picture's own.</summary>
    public string? Range { get; init; }

    public bool IsNhwc { get; init; }

    /// <summary>Labels: the file's name, and what it holds.</summary>
    public string? Labels { get; init; }

    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Labels: none or softmax.</summary>
    public string Activation { get; init; } = "none";

    /// <summary>Numbers in an item's tensor, where it is no picture.</summary>
    public int Count { get; init; }

    public bool IsPicture => Kind is "map" or "mask" or "image";

    /// <summary>The file beside the sample that shows what is expected.</summary>
    public string Expected => $"samples/{As}.{(IsPicture ? "png" : "json")}";
}
