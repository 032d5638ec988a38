namespace Espresso.Cli.Client;

/// <summary>The coordinator's reply to <c>GET /v1/status</c>.</summary>
internal sealed record MeshStatus(IReadOnlyList<ModelStatus> Models, IReadOnlyList<ReplicaStatus> Preprocessors);

/// <param name="CanaryPercent">Of the requests that name no version, which it gets in the default's place; null: it is no canary.</param>
/// <param name="ShadowPercent">On which it runs beside the answer's version; null: it is no shadow.</param>
internal sealed record ModelStatus(
    string Model, string Version, bool IsDefault, string? Title, IReadOnlyList<ReplicaStatus> Replicas, double? CanaryPercent = null, double? ShadowPercent = null);

/// <param name="Pending">Accepted and not finished.</param>
/// <param name="Running">Of these, on the device.</param>
/// <param name="Rejected">Refused at the door.</param>
/// <param name="Health">live, ejected or trial; null: an older coordinator does not say.</param>
internal sealed record ReplicaStatus(
    string Id, string Address, bool Draining, int Pending, int Running, double BacklogMs, double MeanBatch,
    long Done, long Failed, long Rejected, string? Device, int Instances, long ResidentBytes, string? Health = null);
