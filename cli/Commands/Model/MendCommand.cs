using System.CommandLine;
using Espresso.Cli.Checking;
using Espresso.Cli.Graphs;
using Google.Protobuf;

namespace Espresso.Cli.Commands.Model;

/// <summary><c>espresso model mend FILE</c>: a graph whose batch was fixed by its export can be served.</summary>
internal static class MendCommand
{
    public static Command Create(CliContext context)
    {
        var file = new Argument<FileInfo>("FILE") { Description = "an ONNX file; it is written anew" };
        var command = new Command("mend", "make the batch of a network variable that was exported with a fixed one") { file };
        command.SetAction(async (parsed, cancellation) => await Run(context, parsed.GetRequiredValue(file).FullName, cancellation));
        return command;
    }

    private static async Task<int> Run(CliContext context, string path, CancellationToken cancellation)
    {
        var graph = NetworkGraph.Read(path);
        graph.MustBeServable();
        if (!graph.Inputs.Any(input => input.HasFixedBatch))
        {
            context.Output.WriteLine($"the batch of {path} is variable already");
            return 0;
        }

        var changed = BatchMend.Apply(graph.Model);
        try
        {
            await WholeFile.Write(path, graph.Model.ToByteArray(), cancellation);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path} cannot be written: {error.Message}", error);
        }

        context.Output.WriteLine($"the batch of {path} is variable now, {PackageFiles.Count(changed, "reshape")} mended; sha256 {await PackageFiles.Sum(path, cancellation)}");
        return 0;
    }
}
