using System.Text;
using System.Text.Json;
using Espresso.Cli.Client;
using Espresso.Protos.Preprocessor;

namespace Espresso.Cli.Checking;

/// <summary>How far an answer is from a file that has another (<see cref="ResultFiles.Content"/> wrote it): 0 the same, 1 nothing in common.</summary>
/// <remarks>
/// Pictures: mean absolute difference of the pixels, of full scale, at the file's size. Labels: the largest difference of a score; a name that
/// one of the two does not tell has there at the most the lowest score that is told, or none where only the best is told. Scores and embeddings: the largest difference of a
/// number, of the largest that occurs where that is above 1. Texts: the same or not.
/// </remarks>
internal sealed class OutputDifference(PictureClient pictures)
{
    /// <exception cref="CliException">The file is none of the output's kind.</exception>
    public async Task<double> Of(OutputInfo got, byte[] expected, CancellationToken cancellation)
    {
        if (got.Data is { } data)
            return await Pixels(data, got.Kind == "image" ? Channels.Rgb : Channels.Gray, expected, cancellation);
        if (got.Text is { } text)
            return text == Encoding.UTF8.GetString(expected).TrimEnd('\n') ? 0 : 1;
        var wanted = Read(expected);
        return (got, wanted) switch
        {
            ({ Labels: { } labels }, { Labels: { } others }) => Labels(labels, others),
            ({ Scores: { } scores }, { Scores: { } others }) when scores.Keys.Order(StringComparer.Ordinal).SequenceEqual(others.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal) =>
                Numbers([.. scores.Select(score => (score.Value, others[score.Key]))]),
            ({ Embedding: { } vector }, { Embedding: { } other }) when vector.Count == other.Count => Numbers([.. vector.Zip(other)]),
            _ => throw new CliException($"the expected file does not hold {got.Kind} of this form; --record writes what the model gives now"),
        };
    }

    /// <summary>Mean absolute difference of two pictures' pixels, of full scale, at the second's size.</summary>
    public async Task<double> Pixels(byte[] got, Channels channels, byte[] expected, CancellationToken cancellation)
    {
        var (width, height) = await pictures.Size(expected, cancellation);
        var size = new TensorSpec { Width = width, Height = height, Channels = channels };
        var (wanted, given) = (await pictures.Decode(expected, size, cancellation), await pictures.Decode(got, size, cancellation));
        var sum = 0L;
        for (var i = 0; i < wanted.Pixels.Length; i++)
            sum += Math.Abs(wanted.Pixels[i] - given.Pixels[i]);
        return sum / 255.0 / wanted.Pixels.Length;
    }

    internal static double Labels(IReadOnlyList<LabelInfo> got, IReadOnlyList<LabelInfo> wanted)
    {
        var names = got.Concat(wanted).Select(label => label.Name).Distinct(StringComparer.Ordinal);
        return names.Select(name => Math.Abs(Score(got, name) - Score(wanted, name))).DefaultIfEmpty(0).Max();

        static double Score(IReadOnlyList<LabelInfo> labels, string name) =>
            labels.FirstOrDefault(label => label.Name == name)?.Score ?? (labels.Count > 1 ? labels.Min(label => label.Score) : 0);
    }

    private static double Numbers(IReadOnlyList<(float One, float Other)> pairs)
    {
        var scale = pairs.Select(pair => Math.Max(Math.Abs(pair.One), Math.Abs(pair.Other))).Append(1).Max();
        return pairs.Select(pair => Math.Abs((double)pair.One - pair.Other)).DefaultIfEmpty(0).Max() / scale;
    }

    private static OutputInfo? Read(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, MeshJson.Default.OutputInfo);
        }
        catch (JsonException)
        {
            return null; // told as a file that is not of the kind
        }
    }
}
