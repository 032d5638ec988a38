using System.CommandLine;
using Espresso.Cli.Display;
using Espresso.Cli.Fetching;
using Espresso.Manifests;

namespace Espresso.Cli.Commands.Model;

/// <summary><c>espresso model fetch URL --sha256 SUM</c>: somebody's published weights, whole and verified or not at all.</summary>
internal static class FetchCommand
{
    private const int SumDigits = 64;

    public static Command Create(CliContext context)
    {
        var url = new Argument<Uri>("URL")
        {
            Description = "where the file is: https://…",
            CustomParser = result =>
            {
                if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
                    return address;
                result.AddError($"URL: an address such as https://example.org/model.onnx; found {result.Tokens[0].Value}");
                return null!;
            },
        };
        var sum = Sum("what the file must have, as its publisher tells it");
        sum.Required = true;
        var output = new Option<FileInfo?>("-o", "--output") { Description = "where to put it: a file, or a folder that is there; otherwise here, under the name that it has there", HelpName = "FILE" };
        var command = new Command("fetch", "download a file and verify it; what broke off is gone on with the next time") { url, sum, output };
        command.SetAction(async (parsed, cancellation) =>
        {
            var address = parsed.GetRequiredValue(url);
            var path = parsed.GetValue(output)?.FullName ?? Environment.CurrentDirectory;
            if (Directory.Exists(path))
                path = Path.Combine(path, NameOf(address));
            await Fetch(context, address, Checksum.Sha256(parsed.GetRequiredValue(sum)), path, cancellation);
            return 0;
        });
        return command;
    }

    /// <summary>A checksum that something is held against.</summary>
    public static Option<string> Sum(string description)
    {
        var sum = new Option<string>("--sha256") { Description = description, HelpName = "SUM" };
        sum.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is var text && (text.Length != SumDigits || !text.All(char.IsAsciiHexDigit)))
                result.AddError($"--sha256: {SumDigits} hexadecimal digits; found {text}");
        });
        return sum;
    }

    private static async Task Fetch(CliContext context, Uri address, Checksum sum, string path, CancellationToken cancellation)
    {
        if (!RegularFile.OrNone(path))
            throw new CliException($"{path} is a folder, a pipe, a socket or a device; say with -o where the file is to be");
        if (File.Exists(path) && await sum.Fault(path, cancellation) is null)
        {
            context.Output.WriteLine($"{path} is there already");
            return;
        }

        if (Path.GetDirectoryName(path) is { } folder && !Directory.Exists(folder))
            throw new CliException($"there is no folder {folder}");
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan }; // the download watches for a standstill itself
        await new StepLog(context).Watched("fetching", async progress =>
        {
            await new Download(client, context.Time).To(path, address, sum, (have, all) => progress.Report(all > 0 ? (double)have / all : 0), cancellation);
            return true;
        });
        context.Output.WriteLine($"{path}: {new FileInfo(path).Length / 1e6:0.0} MB, verified");
    }

    private static string NameOf(Uri address) =>
        Path.GetFileName(address.LocalPath) is { Length: > 0 } name ? name : throw new CliException($"{address} names no file; say where to put it with -o");
}
