using System.Collections.Immutable;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Routing;
using Espresso.Errors;
using Espresso.Manifests;
using Espresso.Protos.Registry;

namespace Espresso.Coordinator.Registry;

/// <summary>Who has joined. One writer at a time publishes an immutable <see cref="MeshSnapshot"/>; readers take <see cref="Now"/>.</summary>
internal sealed class ReplicaRegistry(CoordinatorOptions options, TimeProvider time, ILogger<ReplicaRegistry> log)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ModelKey, Entry> _versions = [];
    private readonly List<Replica> _preprocessors = [];
    private readonly RouteState _toPreprocessors = new(options.RetryPercent, hedgePercent: 0); // their calls differ too much for one p95
    private MeshSnapshot _now = MeshSnapshot.Empty;

    public MeshSnapshot Now => Volatile.Read(ref _now);

    /// <summary>Takes a replica in; a former one of the same id (a lease that has not been seen to end) gives way.</summary>
    /// <param name="admitted">Called when a minion is not refused and nobody can choose it yet; under the writer's lock.</param>
    /// <returns>Null, or why not.</returns>
    public Failure? Join(Replica replica, Action? admitted = null)
    {
        lock (_gate)
        {
            if (replica.Manifest is { } manifest)
            {
                if (Refuse(replica, manifest) is { } refusal)
                    return refusal;
                admitted?.Invoke();
                var entry = _versions[ModelKey.Of(manifest)];
                entry.Forget?.Dispose();
                entry.Forget = null;
                Supersede(entry.Replicas, replica);
                entry.Load.Join(replica.Id, ReplicaPart.Of(replica.State));
            }
            else
            {
                Supersede(_preprocessors, replica);
            }

            Publish();
        }

        log.Joined(replica, WhatOf(replica));
        return null;
    }

    /// <summary>A new load; a replica that drains is in no plan from now on.</summary>
    /// <returns>True when the replica has just begun to drain.</returns>
    public bool Report(Replica replica, Load load, bool draining)
    {
        var began = replica.Report(load, draining, time.Uptime());
        Weigh(replica);
        if (!began)
            return false;
        lock (_gate)
            Publish();
        log.Draining(replica, WhatOf(replica));
        return true;
    }

    /// <summary>Somebody else serves what a replica that drains is still in the plans of.</summary>
    public bool IsReplaced(Replica replica)
    {
        var mesh = Now;
        return replica.Manifest is { } manifest ? mesh.Find(ModelKey.Of(manifest)) is { IsLive: true } : !mesh.LivePreprocessors.IsEmpty;
    }

    /// <summary>A later lease of the same process took its place and has ended: only by joining anew does it come in again.</summary>
    public bool IsLeftOver(Replica replica)
    {
        if (replica.State.IsOpen || replica.Draining)
            return false;
        var mesh = Now;
        var present = replica.Manifest is { } manifest ? mesh.Find(ModelKey.Of(manifest))?.Replicas ?? [] : mesh.Preprocessors;
        return !present.Any(one => one.Id == replica.Id);
    }

    /// <summary>The load that came with a reply: newer than the lease's last word, and without the costs.</summary>
    public void Hear(Replica replica, Load load)
    {
        if (replica.State.Report(LoadReport.Of(load), time.Uptime()))
            Weigh(replica);
    }

    /// <summary>Takes a replica out. Its calls in flight finish, or fail over.</summary>
    /// <param name="silent">It did not say so: nobody need wait for its answers.</param>
    public void Leave(Replica replica, string why, bool silent = false)
    {
        replica.Retire();
        lock (_gate)
        {
            var entry = replica.Manifest is { } manifest ? _versions.GetValueOrDefault(ModelKey.Of(manifest)) : null;
            if (!(entry?.Replicas ?? _preprocessors).Remove(replica))
                return;
            entry?.Load.Leave(replica.Id);
            if (entry is { Replicas.Count: 0 })
                entry.Forget = time.CreateTimer(_ => Forget(entry), null, TimeSpan.FromSeconds(options.RememberSeconds), Timeout.InfiniteTimeSpan);
            Publish();
        }

        if (silent)
            replica.Lose();
        log.Left(replica, WhatOf(replica), why);
    }

    /// <summary>Tells admission what there is to know of a replica's load.</summary>
    /// <remarks>A retired one tells nothing: its id may be a later lease's of the same process, and what is sent by that one looks foreign to it.</remarks>
    private void Weigh(Replica replica)
    {
        if (!replica.State.IsOpen || replica.Manifest is not { } manifest || Now.Find(ModelKey.Of(manifest))?.Load is not { } version)
            return;
        if (replica.Draining)
            version.Leave(replica.Id);
        else
            version.Report(replica.Id, ReplicaPart.Of(replica.State));
    }

    private static void Supersede(List<Replica> replicas, Replica replica)
    {
        foreach (var former in replicas.Where(one => one.Id == replica.Id))
            former.Retire();
        replicas.RemoveAll(one => one.Id == replica.Id);
        replicas.Add(replica);
    }

    private static string WhatOf(Replica replica) => replica.Manifest is { } manifest ? ModelKey.Of(manifest).ToString() : "preprocessor";

    /// <summary>Finds or makes the version's entry; replicas of one version must have one contract.</summary>
    private Failure? Refuse(Replica replica, Manifest manifest)
    {
        var key = ModelKey.Of(manifest);
        if (!_versions.TryGetValue(key, out var entry))
            _versions[key] = entry = new Entry
            {
                Manifest = manifest,
                Load = new VersionLoad(time, options.Tenants),
                Route = new RouteState(options.RetryPercent, options.HedgePercent),
            };

        if (entry.Replicas.Any(other => other.Id != replica.Id) && Contract.Differences(entry.Manifest, manifest) is { Count: > 0 } differences)
        {
            return Failure.Invalid(
                Reasons.InvalidRequest,
                $"{key} is served by {entry.Replicas[0]} with another contract ({string.Join("; ", differences)}): a changed contract needs a new major version");
        }

        entry.Manifest = manifest; // alone it may bring a mended package
        return null;
    }

    private void Forget(Entry entry)
    {
        lock (_gate)
        {
            if (entry.Replicas.Count > 0 || entry.Forget is null)
                return;
            entry.Forget.Dispose();
            _versions.Remove(ModelKey.Of(entry.Manifest));
            Publish();
        }
    }

    private void Publish()
    {
        var models = _versions.GroupBy(version => version.Key.Model, StringComparer.Ordinal).Select(model => new ServedModel(
            model.Key,
            [.. model.OrderByDescending(version => version.Key.Version).Select(version => version.Value.ToServed())]));
        Volatile.Write(ref _now, new MeshSnapshot(
            models.ToImmutableSortedDictionary(model => model.Name, model => model, StringComparer.Ordinal), [.. _preprocessors], _toPreprocessors));
    }

    private sealed class Entry
    {
        public required Manifest Manifest { get; set; }

        public List<Replica> Replicas { get; } = [];

        public required VersionLoad Load { get; init; }

        public required RouteState Route { get; init; }

        /// <summary>Running while no replica is there.</summary>
        public ITimer? Forget { get; set; }

        public ServedVersion ToServed() => new(Manifest, [.. Replicas], Load, Route);
    }
}
