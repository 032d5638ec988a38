using System.Text.Json.Nodes;
using Espresso.Cli.Client;

namespace Espresso.Cli.Promotion;

/// <summary>Moves a model's default in a mesh that runs, by its traffic policy; nothing is started anew.</summary>
internal sealed class PromotionSteps(MeshClient mesh, string model)
{
    public const string Promote = "promote";
    public const string Rollback = "rollback";

    public Task<TrafficReading> Traffic(CancellationToken cancellation) => mesh.Traffic(model, cancellation);

    /// <exception cref="CliException">The version has no replica in the mesh.</exception>
    public async Task MustBeServed(string version, CancellationToken cancellation)
    {
        var served = (await mesh.Status(cancellation)).Models.Where(one => one.Model == model && one.Replicas.Any(replica => !replica.Draining)).Select(one => one.Version).ToList();
        if (!served.Contains(version, StringComparer.Ordinal))
        {
            throw new CliException($"{model} {version} is not in the mesh; there {(served.Count == 1 ? "is" : "are")}: {string.Join(", ", served)}. "
                + $"espresso minion minions/{model}/{version} brings it in");
        }
    }

    /// <summary>Makes a version the default. A canary or shadow that it was is one no longer; other splits stay.</summary>
    /// <param name="traffic">What it was decided upon.</param>
    /// <param name="by">Who, for the history.</param>
    /// <exception cref="CliException">Somebody, or a budget, has changed the traffic since; what they decided is not undone unseen.</exception>
    public async Task Move(TrafficReading traffic, string version, string by, CancellationToken cancellation)
    {
        var policy = traffic.Policy.DeepClone();
        if (policy["default"] is null && traffic.Serving is { } serving && serving != version)
        {
            // The highest served so far without anybody's word; the history must have it, or nothing could return to it.
            policy["default"] = serving;
            traffic = await mesh.SetTraffic(model, traffic, policy.DeepClone(), cancellation, by);
        }

        policy["default"] = version;
        foreach (var split in new[] { "canary", "shadow" })
        {
            if (policy[split]?["version"]?.GetValue<string>() == version)
                policy[split] = null;
        }

        await mesh.SetTraffic(model, traffic, policy, cancellation, by);
    }
}
