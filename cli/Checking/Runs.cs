using Espresso.Cli.Client;
using Espresso.Cli.Packages;
using Espresso.Manifests;

namespace Espresso.Cli.Checking;

/// <summary>A warm minion with items to run on it: what the checks of its tensors share.</summary>
/// <param name="Items">Different items; a sample comes first.</param>
internal sealed record Runs(Manifest Manifest, MinionClient Minion, NetworkItems Made, IReadOnlyList<IReadOnlyList<ItemTensor>> Items)
{
    private const int Different = 3;

    /// <summary>The samples, upside down and noise beside them, so that a batch holds different items.</summary>
    /// <exception cref="PackageException">A sample is no picture.</exception>
    public static async Task<Runs> Of(ModelPackage package, MinionClient minion, PictureClient pictures, CancellationToken cancellation)
    {
        var made = new NetworkItems(package, await minion.Metadata(package.Manifest.Model, cancellation));
        var samples = await made.Samples(pictures, cancellation);
        IReadOnlyList<ItemTensor>[] items = [.. samples.Take(Different), NetworkItems.Reversed(samples[0]), made.Like(NetworkItems.Noise)];
        return new Runs(package.Manifest, minion, made, items);
    }

    /// <summary>The largest batch that is checked: the manifest's, or what fits into one message.</summary>
    public int LargestBatch => (int)Math.Clamp(
        MinionClient.LargestMessage / Math.Max(1, Items[0].Sum(tensor => (long)tensor.Bytes.Length)), 1, Manifest.Batching.Max);

    /// <summary>Runs so many items as one batch, the items in turn.</summary>
    public Task<RunResult> Run(int rows, CancellationToken cancellation) => Run([.. Enumerable.Range(0, rows).Select(ItemAt)], cancellation);

    public Task<RunResult> Run(IReadOnlyList<IReadOnlyList<ItemTensor>> rows, CancellationToken cancellation) =>
        Minion.Run(Manifest.Model, rows, cancellation);

    public IReadOnlyList<ItemTensor> ItemAt(int row) => Items[row % Items.Count];

    /// <summary>What the manifest declares of an output; null: nothing.</summary>
    public OutputSpec? Spec(RunOutput output) => Manifest.Outputs.FirstOrDefault(spec => spec.Name == output.Name);

    public string NameOf(RunOutput output) => Spec(output)?.As ?? output.Name;
}
