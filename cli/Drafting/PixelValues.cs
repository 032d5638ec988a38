namespace Espresso.Cli.Drafting;

/// <summary>What a network was trained to see of a pixel: tensor = (pixel · scale − mean) / std. No graph says it, so people are asked by these names.</summary>
/// <param name="Mean">A value a channel; empty: 0.</param>
/// <param name="Std">A value a channel; empty: 1.</param>
internal sealed record PixelValues(string Name, string Meaning, string Scale, IReadOnlyList<string> Mean, IReadOnlyList<string> Std)
{
    private const string Full = "0.00392156862745098"; // 1/255

    public static IReadOnlyList<PixelValues> All { get; } =
    [
        new("unit", "0 to 1: the pixel divided by 255", Full, [], []),
        new("imagenet", "0 to 1, then ImageNet's mean and deviation, as torchvision's classifiers", Full, ["0.485", "0.456", "0.406"], ["0.229", "0.224", "0.225"]),
        new("symmetric", "-1 to 1", Full, ["0.5", "0.5", "0.5"], ["0.5", "0.5", "0.5"]),
        new("bytes", "0 to 255: the pixel as it is, or normalised by the graph itself", "1", [], []),
    ];

    public static PixelValues Named(string name) =>
        All.FirstOrDefault(values => values.Name == name) ?? throw new CliException($"--values {name}: one of {string.Join(", ", All.Select(values => values.Name))}");
}
