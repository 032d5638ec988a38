namespace Espresso.Manifests;

public enum OutputKind
{
    /// <summary>A value a pixel.</summary>
    Map,

    /// <summary>How much of each pixel belongs to something.</summary>
    Mask,

    /// <summary>A picture in colour.</summary>
    Image,

    /// <summary>Names with a score each, the best first.</summary>
    Labels,

    /// <summary>Named numbers.</summary>
    Scores,

    /// <summary>A vector.</summary>
    Embedding,

    /// <summary>Words.</summary>
    Text,
}

public enum MediaKind
{
    Png,
    Png16,
    Webp,
    Jpeg,
}

/// <summary>What makes scores of the numbers that a graph gives.</summary>
public enum Activation
{
    /// <summary>The graph has done it.</summary>
    None,

    /// <summary>Of logits that exclude each other; the scores' sum is 1.</summary>
    Softmax,

    /// <summary>Of logits that stand each for itself.</summary>
    Sigmoid,
}

/// <summary>An output of the network and what the mesh makes of it.</summary>
public sealed record OutputSpec
{
    /// <summary>The tensor's name in the graph.</summary>
    public string Name { get; init; } = "";

    /// <summary>The public name; the tensor's own where it is not given.</summary>
    public string As { get; init; } = "";

    public OutputKind Kind { get; init; }

    /// <summary>Pictures: what black and white stand for; null: each picture's own smallest and largest value.</summary>
    public ValueRange? Range { get; init; }

    public TensorLayout Layout { get; init; }

    public MediaKind Media { get; init; }

    /// <summary>Images: the name of the mask input outside of which the picture itself stays.</summary>
    public string? Blend { get; init; }

    /// <summary>Labels: their names, in the tensor's order.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Labels: the file beside the manifest that has their names, a line each; null: the manifest has them.</summary>
    public string? LabelsFile { get; init; }

    /// <summary>Labels: how many are told at the most.</summary>
    public int Top { get; init; } = 5;

    /// <summary>Labels: those with a lower score are not told; null: all are.</summary>
    public float? Least { get; init; }

    /// <summary>Labels and scores.</summary>
    public Activation Activation { get; init; }

    /// <summary>Scores: what they are, in the tensor's order.</summary>
    public IReadOnlyList<ScoreSpec> Scores { get; init; } = [];

    /// <summary>Embeddings: numbers in the vector.</summary>
    public int Size { get; init; }

    /// <summary>Texts: bytes of UTF-8 at the most.</summary>
    public int Length { get; init; }

    /// <summary>True: it lies over the picture, and a file is made of it.</summary>
    public bool IsPicture => Kind is OutputKind.Map or OutputKind.Mask or OutputKind.Image;
}

/// <summary>A named number.</summary>
/// <param name="Range">Between which values it lies.</param>
/// <param name="Meaning">What low and high say, for people.</param>
public sealed record ScoreSpec(string Name, ValueRange Range, string Meaning);

public readonly record struct ValueRange(float Low, float High);
