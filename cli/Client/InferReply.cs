using System.Text.Json;
using System.Text.Json.Serialization;

namespace Espresso.Cli.Client;

/// <summary>The coordinator's reply to <c>POST /v1/infer</c>, as far as it is used here.</summary>
internal sealed record InferReply(string Id, PictureInfo Picture, Dictionary<string, ResultInfo> Results, RequestTimings Timings);

internal sealed record PictureInfo(string Format, int Width, int Height);

/// <param name="Status">ok, failed, skipped, rejected or deadline.</param>
internal sealed record ResultInfo(
    string Model, string Version, string Status, string? Reason, string? Message, Dictionary<string, OutputInfo>? Outputs, ModelTimings? Timings)
{
    public bool IsOk => Status == "ok";

    public string Title => $"{Model} {Version}";
}

/// <summary>A picture file, or one of labels, scores, an embedding and a text.</summary>
/// <param name="Low">What black stands for, for maps.</param>
/// <param name="High">What white stands for, for maps.</param>
internal sealed record OutputInfo(string Kind, string? MediaType = null, int Width = 0, int Height = 0, double? Low = null, double? High = null, byte[]? Data = null)
{
    /// <summary>The best first.</summary>
    public IReadOnlyList<LabelInfo>? Labels { get; init; }

    public Dictionary<string, float>? Scores { get; init; }

    public IReadOnlyList<float>? Embedding { get; init; }

    public string? Text { get; init; }
}

internal sealed record LabelInfo(string Name, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] float Score);

/// <summary>Milliseconds; <paramref name="StartMs"/> counts from the request's arrival.</summary>
internal sealed record ModelTimings(
    double StartMs, double TotalMs, double QueueMs, double ComputeMs, double EncodeMs, double CallMs, double ResampleMs, int BatchSize, string? Release);

/// <summary>Milliseconds.</summary>
/// <param name="ReceiveMs">Until the body was there; then planning began.</param>
internal sealed record RequestTimings(double TotalMs, double ReceiveMs, double PlanMs, double PreprocessMs);

/// <summary>RFC 9457, with the machine-readable reason beside.</summary>
internal sealed record Problem(string? Title, int? Status, string? Detail, string? Reason);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, PropertyNameCaseInsensitive = true, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(InferReply))]
[JsonSerializable(typeof(OutputInfo))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(MeshStatus))]
internal sealed partial class MeshJson : JsonSerializerContext;
