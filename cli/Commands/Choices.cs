using System.CommandLine;

namespace Espresso.Cli.Commands;

/// <summary>Options that several commands share, and their values' checks.</summary>
internal static class Choices
{
    public static Argument<FileInfo> Photo() => new("PHOTO") { Description = "a picture file: JPEG, PNG, WebP, AVIF, HEIC, TIFF or GIF" };

    public static Option<string> Models(string otherwise) => new("--models")
    {
        Description = "models with commas between, each by itself or with a version: depth,inpainting@0.1; "
            + "then |0.1, a version to run in its place if it fails; then !, if the whole request fails with it: depth!,segmentation@1.0|0.1",
        HelpName = "a,b@1.0",
        DefaultValueFactory = _ => otherwise,
    };

    public static Option<FileInfo?> Mask() => new("--mask")
    {
        Description = "a picture of the photo's size, white where something is to be removed; without it segmentation makes one",
        HelpName = "FILE",
    };

    public static Option<DirectoryInfo> Out() => new("--out")
    {
        Description = "folder for the results",
        HelpName = "DIR",
        DefaultValueFactory = _ => new DirectoryInfo("espresso-out"),
    };

    /// <summary>Makes the folder for what is to come, so that a place where there can be none is told before the work and not after it.</summary>
    /// <exception cref="CliException">There can be none.</exception>
    public static void Make(DirectoryInfo folder)
    {
        try
        {
            Directory.CreateDirectory(folder.FullName);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"--out {folder}: there can be no such folder: {error.Message}", error);
        }
    }

    public static Option<bool> Light() => new("--light") { Description = "leave out models whose network has to be fetched" };

    public static Option<Uri> Url() => Url("--url", "http://127.0.0.1:8080", "the mesh's HTTP address");

    public static Option<Uri> Url(string name, string otherwise, string description) => new(name)
    {
        Description = description,
        HelpName = "URL",
        DefaultValueFactory = _ => new Uri(otherwise),
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
                return address;
            result.AddError($"{name}: an address such as {otherwise}; found {result.Tokens[0].Value}");
            return null;
        },
    };

    public static Option<int> Port(string name, int otherwise, string description) => new Option<int>(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => otherwise,
    }.Within(0, 65_535);

    /// <summary>"a, b@1.0" → ["a", "b@1.0"].</summary>
    public static IReadOnlyList<string> Names(string list) =>
        list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <exception cref="CliException">It cannot be read.</exception>
    public static async Task<byte[]> Read(FileInfo file, CancellationToken cancellation)
    {
        try
        {
            return await File.ReadAllBytesAsync(file.FullName, cancellation);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException($"there is no file {file}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{file} cannot be read: {(Directory.Exists(file.FullName) ? "it is a folder" : error.Message)}", error);
        }
    }

    public static Option<int> Within(this Option<int> option, int low, int high)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var value) && (value < low || value > high))
                result.AddError($"{option.Name}: {low} to {high}; found {value}");
        });
        return option;
    }
}
