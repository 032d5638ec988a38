namespace Espresso.Cli.Client;

/// <summary>The coordinator's reply to <c>GET /v1/status</c>.</summary>
internal sealed record MeshStatus(IReadOnlyList<ModelStatus> Models, IReadOnlyList<ReplicaStatus> Preprocessors);

internal sealed record ModelStatus(string Model, string Version, bool IsDefault, string? Title, IReadOnlyList<ReplicaStatus> Replicas);

/// <param name="Pending">Accepted and not finished.</param>
/// <param name="Running">Of these, on the device.</param>
/// <param name="Rejected">Refused at the door.</param>
/// <param name="Health">live, ejected or trial; null: an older coordinator does not say.</param>
internal sealed record ReplicaStatus(
    string Id, string Address, bool Draining, int Pending, int Running, double BacklogMs, double MeanBatch,
    long Done, long Failed, long Rejected, string? Device, int Instances, long ResidentBytes, string? Health = null);
