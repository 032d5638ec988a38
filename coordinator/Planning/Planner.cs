using System.Diagnostics.CodeAnalysis;
using Espresso.Coordinator.Registry;
using Espresso.Errors;

namespace Espresso.Coordinator.Planning;

/// <summary>Names become versions, versions become steps. Pure: the same names and the same mesh give the same plan.</summary>
internal static class Planner
{
    /// <param name="names">As the client wrote them; none: every model's default version.</param>
    /// <param name="hasMask">True: the client sent a mask; every mask input takes it.</param>
    public static bool TryPlan(
        IReadOnlyList<string> names, bool hasMask, MeshSnapshot mesh, int maxModels,
        [NotNullWhen(true)] out Plan? plan, [NotNullWhen(false)] out Failure? failure)
    {
        plan = null;
        if (names.Count > maxModels)
        {
            failure = Failure.Invalid(Reasons.TooManyModels, $"{names.Count} models in one request; {maxModels} at the most");
            return false;
        }

        var graph = new PlanGraph(mesh, hasMask);
        failure = names.Count == 0 ? Everything(mesh, graph) : Named(names, mesh, graph);
        if (failure is null)
            plan = graph.ToPlan();
        return plan is not null;
    }

    private static Failure? Named(IReadOnlyList<string> names, MeshSnapshot mesh, PlanGraph graph)
    {
        var requested = new List<ServedVersion>();
        foreach (var name in names)
        {
            if (Resolve(name, mesh, out var version) is { } unknown)
                return unknown;
            if (!requested.Contains(version!))
                requested.Add(version!);
        }

        graph.Request(requested);
        return requested.Select(graph.Add).FirstOrDefault(failure => failure is not null);
    }

    private static Failure? Everything(MeshSnapshot mesh, PlanGraph graph)
    {
        var defaults = mesh.Models.Values.Select(model => model.Default).OfType<ServedVersion>().ToList();
        if (defaults.Count == 0)
            return Failure.Unavailable(Reasons.NoReplica, "no model has a live replica");

        graph.Request(defaults);
        Failure? last = null;
        foreach (var version in defaults)
        {
            if (graph.Add(version) is { } why)
                graph.LeaveOut(version, last = why);
        }

        return graph.IsEmpty ? last : null;
    }

    private static Failure? Resolve(string text, MeshSnapshot mesh, out ServedVersion? version)
    {
        version = null;
        if (!ModelName.TryParse(text, out var name))
        {
            return Failure.Invalid(
                Reasons.InvalidRequest, $"'{ModelName.Told(text)}' is no model's name: write model or model@major.minor, such as depth or depth@0.1");
        }

        if (!mesh.Models.TryGetValue(name.Model, out var model))
        {
            var known = mesh.Models.Count == 0 ? "none is served" : $"served: {string.Join(", ", mesh.Models.Keys)}";
            return Failure.NotFound(Reasons.UnknownModel, $"no model '{ModelName.Told(name.Model)}'; {known}");
        }

        if (name.Version is not { } pinned)
        {
            version = model.Default;
            return version is null ? NoReplica(name.Model) : null;
        }

        version = model.Find(pinned);
        if (version is null)
        {
            var versions = string.Join(", ", model.Versions.Select(served => served.Key.Version));
            return Failure.NotFound(Reasons.UnknownVersion, $"no version {pinned} of '{model.Name}'; served: {versions}");
        }

        return version.IsLive ? null : NoReplica(version.Key.ToString());
    }

    private static Failure NoReplica(string what) => Failure.Unavailable(Reasons.NoReplica, $"{what} has no live replica now");
}
