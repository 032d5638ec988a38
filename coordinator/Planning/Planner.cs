using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Espresso.Coordinator.Registry;
using Espresso.Errors;

namespace Espresso.Coordinator.Planning;

/// <summary>Names become versions, versions become steps. Pure: the same names and the same mesh give the same plan.</summary>
internal static class Planner
{
    /// <param name="names">As the client wrote them (<see cref="ModelRequest"/>); none: every model's default version.</param>
    /// <param name="hasMask">True: the client sent a mask; every mask input takes it.</param>
    /// <param name="choice">Of versions, where the client names none; null: the highest.</param>
    public static bool TryPlan(
        IReadOnlyList<string> names, bool hasMask, MeshSnapshot mesh, int maxModels,
        [NotNullWhen(true)] out Plan? plan, [NotNullWhen(false)] out Failure? failure, VersionChoice? choice = null)
    {
        plan = null;
        failure = null;
        if (names.Count > maxModels)
        {
            failure = Failure.Invalid(Reasons.TooManyModels, $"{names.Count} models in one request; {maxModels} at the most");
            return false;
        }

        try
        {
            return TryPlan([.. names.Select(ModelRequest.Parse)], hasMask, mesh, choice ?? VersionChoice.Highest, out plan, out failure);
        }
        catch (FailureException error)
        {
            failure = error.Failure;
            return false;
        }
    }

    public static bool TryPlan(
        ImmutableArray<ModelRequest> requests, bool hasMask, MeshSnapshot mesh, VersionChoice choice,
        [NotNullWhen(true)] out Plan? plan, [NotNullWhen(false)] out Failure? failure)
    {
        plan = null;
        var graph = new PlanGraph(mesh, hasMask, choice);
        failure = requests.IsEmpty ? Everything(mesh, graph, choice) : Named(requests, mesh, graph, choice);
        failure ??= graph.ToPlan(requests, out plan);
        return plan is not null;
    }

    /// <summary>The plans that put fallbacks in the place of what was refused: each alone, then all of them.</summary>
    public static IEnumerable<Plan> Fallbacks(Plan refused, Failure why, bool hasMask, MeshSnapshot mesh, VersionChoice? versions = null)
    {
        var requests = refused.Requests;
        var replaceable = Enumerable.Range(0, requests.Length).Where(i => requests[i].Fallback is not null).ToList();
        var choices = replaceable.ConvertAll(i => requests.SetItem(i, requests[i].Replace(why)));
        if (replaceable.Count > 1)
            choices.Add([.. requests.Select(request => request.Fallback is null ? request : request.Replace(why))]);
        foreach (var choice in choices)
        {
            if (TryPlan(choice, hasMask, mesh, versions ?? VersionChoice.Highest, out var plan, out _))
                yield return plan;
        }
    }

    private static Failure? Named(ImmutableArray<ModelRequest> requests, MeshSnapshot mesh, PlanGraph graph, VersionChoice choice)
    {
        var branches = new List<Branch>();
        var absent = new List<(ServedVersion Version, Failure Why)>();
        foreach (var request in requests)
        {
            if (Resolve(request, mesh, choice, out var branch, out var version) is not { } failure)
                branches.Add(branch!);
            else if (version is not null && !request.Required && failure.Kind == FailureKind.Unavailable)
                absent.Add((version, failure));
            else
                return failure;
        }

        graph.Request(branches);
        foreach (var branch in branches)
        {
            if (graph.Add(branch.Version) is not { } failure)
                continue;
            if (branch.Required || failure.Kind != FailureKind.Unavailable)
                return failure;
            absent.Add((branch.Version, failure));
        }

        absent.ForEach(one => graph.LeaveOut(one.Version, one.Why)); // its failure is its own
        return graph.IsEmpty ? absent[0].Why : null;
    }

    private static Failure? Everything(MeshSnapshot mesh, PlanGraph graph, VersionChoice choice)
    {
        var defaults = mesh.Models.Values.Select(choice.Default).OfType<ServedVersion>().Where(version => version.IsLive).ToList();
        if (defaults.Count == 0)
            return Failure.Unavailable(Reasons.NoReplica, "no model has a live replica");

        graph.Request(defaults.Select(version => new Branch(version) { Shadow = ShadowOf(version, mesh, choice) }));
        Failure? last = null;
        foreach (var version in defaults)
        {
            if (graph.Add(version) is { } why)
                graph.LeaveOut(version, last = why);
        }

        return graph.IsEmpty ? last : null;
    }

    /// <summary>A version that is not there gives way to its fallback at once.</summary>
    /// <param name="version">Also where it has no live replica; null: there is none of that name.</param>
    private static Failure? Resolve(ModelRequest request, MeshSnapshot mesh, VersionChoice choice, out Branch? branch, out ServedVersion? version)
    {
        branch = null;
        var failure = Resolve(request.Name, mesh, choice, out version);
        if (failure is not null && request.Fallback is not null && failure.Reason != Reasons.UnknownModel)
            return Resolve(request.Replace(failure), mesh, choice, out branch, out version);
        if (failure is not null)
            return failure;

        ServedVersion? fallback = null;
        if (request.Fallback is { } lower && Resolve(request.Name with { Version = lower }, mesh, choice, out fallback) is { Kind: FailureKind.NotFound } unknown)
            return unknown;
        branch = new Branch(version!)
        {
            Required = request.Required,
            Fallback = fallback == version ? null : fallback,
            Instead = request.Instead,
            Shadow = ShadowOf(version!, mesh, choice),
        };
        return null;
    }

    private static Failure? Resolve(ModelName name, MeshSnapshot mesh, VersionChoice choice, out ServedVersion? version)
    {
        version = null;
        if (!mesh.Models.TryGetValue(name.Model, out var model))
        {
            return mesh.Models.IsEmpty
                ? Failure.Unavailable(Reasons.NoReplica, $"no model has joined yet, so '{ModelName.Told(name.Model)}' may still come")
                : Failure.NotFound(Reasons.UnknownModel, $"no model '{ModelName.Told(name.Model)}'; served: {string.Join(", ", mesh.Models.Keys)}");
        }

        if (name.Version is not { } pinned)
        {
            version = choice.Default(model) ?? model.Versions[0];
            return version.IsLive ? null : NoReplica(version.Key.ToString());
        }

        version = model.Find(pinned);
        if (version is null)
        {
            var versions = string.Join(", ", model.Versions.Select(served => served.Key.Version));
            return Failure.NotFound(Reasons.UnknownVersion, $"no version {pinned} of '{model.Name}'; served: {versions}");
        }

        return version.IsLive ? null : NoReplica(version.Key.ToString());
    }

    private static ServedVersion? ShadowOf(ServedVersion version, MeshSnapshot mesh, VersionChoice choice) =>
        choice.Shadow(mesh.Models[version.Key.Model]) is { } shadow && shadow.Key != version.Key ? shadow : null;

    private static Failure NoReplica(string what) => Failure.Unavailable(Reasons.NoReplica, $"{what} has no live replica now");
}
