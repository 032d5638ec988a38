using Espresso.Manifests;
using Proto = Espresso.Protos.Registry;

namespace Espresso.Coordinator.Traffic;

internal static class TrafficChanges
{
    public static TrafficChange Of(Proto.TrafficChange change) => new(
        DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(change.AtMs, (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())),
        change.By,
        change.What,
        ModelVersion.TryParse(change.Serving, out var serving) ? serving : null,
        IsDecided: true);

    public static Proto.TrafficChange ToProto(TrafficChange change) => new()
    {
        AtMs = (ulong)change.At.ToUnixTimeMilliseconds(),
        By = change.By,
        What = change.What,
        Serving = change.Serving?.ToString() ?? "",
    };
}
