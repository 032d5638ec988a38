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
    /// <param name="hasMask">One of the two takes a mask: a sample without says no more than the same one with.</param>
    public static async Task<IReadOnlyList<ComparedPicture>> Of(
        ModelPackage a, ModelPackage b, IReadOnlyList<(string Name, byte[] Picture)> photos, bool hasMask, CancellationToken cancellation)
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

        var masked = pictures.Where(picture => hasMask && picture.Mask is not null).Select(picture => Sum(picture.Picture)).ToHashSet(StringComparer.Ordinal);
        return [
            .. pictures.Where(picture => picture.Mask is not null || !masked.Contains(Sum(picture.Picture))).DistinctBy(picture => (Sum(picture.Picture), Sum(picture.Mask ?? []))),
            .. photos.Select(photo => new ComparedPicture(photo.Name, photo.Picture, null))];
    }

    /// <summary>Whose result fills the mask of pictures that come without one.</summary>
    /// <param name="taker">Takes a mask.</param>
    /// <exception cref="CliException">Nobody here makes it.</exception>
    public static ModelPackage MaskMaker(Manifest taker, IReadOnlyList<ModelPackage> packages)
    {
        var from = Input(taker).From;
        return packages.LastOrDefault(package => package.HasNetwork && package.Manifest.Model == from?.Split('.')[0])
            ?? throw new CliException($"{taker.Model} takes a mask, and there is no package here that makes {from ?? "one"}: compare samples only that have theirs");
    }

    /// <summary>The pictures, those without a mask with one that <paramref name="maker"/> makes once for both versions.</summary>
    /// <exception cref="CliException">It makes none of a picture.</exception>
    public static async Task<IReadOnlyList<ComparedPicture>> Masked(
        IReadOnlyList<ComparedPicture> pictures, Manifest taker, ModelPackage maker, MeshClient mesh, CancellationToken cancellation)
    {
        var masked = new List<ComparedPicture>();
        foreach (var picture in pictures)
            masked.Add(picture.Mask is null ? picture with { Mask = await Mask(picture) } : picture);
        return masked;

        async Task<byte[]?> Mask(ComparedPicture picture)
        {
            try
            {
                return (await GoldenCheck.Ask(mesh, maker.Manifest, picture.Picture, null, cancellation)).Outputs![Input(taker).From!.Split('.')[1]].Data;
            }
            catch (CliException error)
            {
                throw new CliException($"{picture.Name}: {maker.Title} makes no mask of it: {error.Message}", error);
            }
        }
    }

    private static InputSpec Input(Manifest taker) => taker.Inputs.First(input => input.Kind == InputKind.Mask);

    private static string Sum(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
