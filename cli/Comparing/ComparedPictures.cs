using System.Security.Cryptography;
using Espresso.Cli.Checking;
using Espresso.Cli.Client;
using Espresso.Cli.Packages;
using Espresso.Manifests;

namespace Espresso.Cli.Comparing;

/// <param name="Mask">For a model that takes one.</param>
internal sealed record ComparedPicture(string Name, byte[] Picture, byte[]? Mask);

/// <summary>What two versions are compared on: the samples of both, each once, and the photos that were named.</summary>
internal static class ComparedPictures
{
    public static async Task<IReadOnlyList<ComparedPicture>> Samples(ModelPackage a, ModelPackage b, CancellationToken cancellation)
    {
        var pictures = new List<ComparedPicture>();
        foreach (var package in new[] { a, b })
        {
            foreach (var sample in package.Manifest.Samples)
            {
                pictures.Add(new ComparedPicture(
                    $"{sample.Image} of {package.Title}",
                    await File.ReadAllBytesAsync(package.PathOf(sample.Image), cancellation),
                    sample.Mask is null ? null : await File.ReadAllBytesAsync(package.PathOf(sample.Mask), cancellation)));
            }
        }

        return [.. pictures.DistinctBy(picture => (Sum(picture.Picture), Sum(picture.Mask ?? [])))];
    }

    /// <summary>Whose result fills the mask of photos that come without one; null: no mask is taken, or nobody here makes it.</summary>
    public static ModelPackage? MaskMaker(Manifest manifest, IReadOnlyList<ModelPackage> packages) =>
        manifest.Inputs.FirstOrDefault(input => input is { Kind: InputKind.Mask, From: not null })?.From is { } from
            ? packages.LastOrDefault(package => package.HasNetwork && package.Manifest.Model == from.Split('.')[0])
            : null;

    /// <summary>Photos that were named, each with a mask that <paramref name="maker"/> makes once for both versions.</summary>
    /// <exception cref="CliException">A mask is needed, and nobody makes one.</exception>
    public static async Task<IReadOnlyList<ComparedPicture>> Photos(
        IReadOnlyList<(string Name, byte[] Picture)> photos, Manifest manifest, ModelPackage? maker, MeshClient mesh, CancellationToken cancellation)
    {
        var pictures = new List<ComparedPicture>();
        foreach (var (name, picture) in photos)
            pictures.Add(new ComparedPicture(name, picture, manifest.Inputs.FirstOrDefault(input => input.Kind == InputKind.Mask) is { } input ? await Mask(input, picture) : null));
        return pictures;

        async Task<byte[]?> Mask(InputSpec input, byte[] picture)
        {
            if (maker is null)
                throw new CliException($"{manifest.Model} takes a mask, and there is no package here that makes {input.From ?? "one"}: compare the samples only, which have theirs");
            return (await GoldenCheck.Ask(mesh, maker.Manifest, picture, null, cancellation)).Outputs![input.From!.Split('.')[1]].Data;
        }
    }

    private static string Sum(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
