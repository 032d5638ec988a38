using Espresso.Cli.Client;
using Espresso.Cli.Commands;
using Espresso.Cli.Packages;
using Espresso.Manifests;

namespace Espresso.Cli.Checking;

/// <summary>Sends the samples through a mesh, as a client does, and compares the answers with what the package expects.</summary>
internal sealed class GoldenCheck(MeshClient mesh, PictureClient pictures)
{
    private const int DeadlineMs = 120_000;

    private readonly OutputDifference _differences = new(pictures);

    /// <param name="record">True: what comes is written as what is expected from now on.</param>
    public async Task<Finding> Run(ModelPackage package, bool record, IProgress<double> progress, CancellationToken cancellation)
    {
        var samples = package.Manifest.Samples;
        if (samples.Count == 0)
            return Finding.Good("none: the model takes no pictures");
        var (said, faults) = (new List<string>(), new List<string>());
        for (var i = 0; i < samples.Count; i++)
        {
            try
            {
                await Judge(package, samples[i], await Ask(package, samples[i], cancellation), record, said, faults, cancellation);
            }
            catch (CliException error)
            {
                faults.Add($"{samples[i].Image}: {error.Message}");
            }

            progress.Report((i + 1.0) / samples.Count);
        }

        return Finding.Of(string.Join("; ", said), faults);
    }

    /// <summary>What this version makes of a sample.</summary>
    /// <exception cref="CliException">Nothing; the message says why.</exception>
    public async Task<ResultInfo> Ask(ModelPackage package, SampleSpec sample, CancellationToken cancellation) => await Ask(
        mesh,
        package.Manifest,
        await Choices.Read(new FileInfo(package.PathOf(sample.Image)), cancellation),
        sample.Mask is null ? null : await Choices.Read(new FileInfo(package.PathOf(sample.Mask)), cancellation),
        cancellation);

    /// <summary>What a version makes of a picture.</summary>
    /// <exception cref="CliException">Nothing; the message says why.</exception>
    public static async Task<ResultInfo> Ask(MeshClient mesh, Manifest manifest, byte[] picture, byte[]? mask, CancellationToken cancellation)
    {
        var reply = MeshClient.Read(await mesh.Infer(new InferRequest(picture, [$"{manifest.Model}@{manifest.Version}"], mask, DeadlineMs), cancellation));
        var result = reply.Results[manifest.Model];
        return result.IsOk ? result : throw new CliException($"{result.Status}, {result.Message ?? result.Reason}");
    }

    private async Task Judge(
        ModelPackage package, SampleSpec sample, ResultInfo answer, bool record, List<string> said, List<string> faults, CancellationToken cancellation)
    {
        var outputs = answer.Outputs!;
        foreach (var (name, file) in sample.Expect)
        {
            if (!outputs.TryGetValue(name, out var got)) // the mesh may serve another package of that version
            {
                faults.Add($"{sample.Image}: the answer has no output '{name}'; it has: {string.Join(", ", outputs.Keys)}");
                continue;
            }

            if (record)
            {
                await WholeFile.Write(package.PathOf(file), ResultFiles.Content(got), cancellation);
                said.Add($"{file} written: {name} of {sample.Image}");
                continue;
            }

            var difference = await _differences.Of(got, await Choices.Read(new FileInfo(package.PathOf(file)), cancellation), cancellation);
            if (difference > sample.Tolerance)
                faults.Add($"{sample.Image}: output '{name}' differs from {file} by {difference:0.####}, {sample.Tolerance} is allowed");
            else
                said.Add($"{name} of {sample.Image} within {difference:0.####} of {file} ({sample.Tolerance} allowed)");
        }
    }
}
