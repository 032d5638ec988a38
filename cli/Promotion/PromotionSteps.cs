using System.Text.Json.Nodes;
using Espresso.Cli.Client;

namespace Espresso.Cli.Promotion;

/// <summary>Moves a model's default in a mesh that runs, by its traffic policy; nothing is started anew.</summary>
internal sealed class PromotionSteps(MeshClient mesh, string model)
{
    public const string Promote = "promote";
    public const string Rollback = "rollback";

    /// <summary>What the mesh says of the model's traffic.</summary>
    public Task<JsonNode> Traffic(CancellationToken cancellation) => mesh.Traffic(model, cancellation);

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
    /// <param name="traffic">What the mesh said before.</param>
    /// <param name="by">Who, for the history.</param>
    public async Task Move(JsonNode traffic, string version, string by, CancellationToken cancellation)
    {
        var policy = traffic["policy"]!.DeepClone();
        if (policy["default"] is null && traffic["serving"] is { } serving && serving.GetValue<string>() != version)
        {
            // The highest served so far without anybody's word; the history must have it, or nothing could return to it.
            policy["default"] = serving.DeepClone();
            await mesh.SetTraffic(model, policy.DeepClone(), cancellation, by);
        }

        policy["default"] = version;
        foreach (var split in new[] { "canary", "shadow" })
        {
            if (policy[split]?["version"]?.GetValue<string>() == version)
                policy[split] = null;
        }

        await mesh.SetTraffic(model, policy, cancellation, by);
    }
}
