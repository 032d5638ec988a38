using Espresso.Coordinator.Registry;
using Espresso.Manifests;

namespace Espresso.Coordinator.Traffic;

/// <param name="By">put, file, registry or budget.</param>
internal sealed record TrafficChange(DateTimeOffset At, string By, string What);

/// <summary>
/// One model's traffic: its policy, which version is the default, how each did of late, and what has been decided. A canary, or a new
/// default, that breaks its budget against the old one loses its place. No I/O; thread-safe.
/// </summary>
internal sealed class ModelTraffic(string model, TimeProvider time)
{
    private const int LongestHistory = 50;

    /// <summary>So many windows a new default is measured against the old one; then it is the old one.</summary>
    private const int TrialWindows = 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<ModelVersion, OutcomeWindow> _windows = [];
    private readonly Dictionary<ModelVersion, int> _cold = []; // answers that a version on trial has for warming up
    private readonly List<TrafficChange> _history = [];
    private TrafficPolicy _policy = TrafficPolicy.None;
    private ModelVersion? _default;
    private Trial? _trial;
    private ModelVersion? _returned; // the pin that a broken budget has set, not somebody

    public ShadowFigures Shadow { get; private set; } = new();

    public TrafficPolicy Policy
    {
        get
        {
            lock (_gate)
                return _policy;
        }
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<TrafficChange> History
    {
        get
        {
            lock (_gate)
                return [.. _history.AsEnumerable().Reverse()];
        }
    }

    public IReadOnlyDictionary<ModelVersion, Outcomes> Recent
    {
        get
        {
            lock (_gate)
                return _windows.ToDictionary(window => window.Key, window => window.Value.Sum(time.GetUtcNow()));
        }
    }

    public void Set(TrafficPolicy policy, string by)
    {
        lock (_gate)
        {
            if (policy == _policy)
                return;
            if (policy.Budget.WindowSeconds != _policy.Budget.WindowSeconds)
                _windows.Clear();
            var before = _policy;
            _policy = policy;
            if (policy.Canary is { } canary && canary.Version != before.Canary?.Version)
                Try(canary.Version);
            if (policy.Shadow?.Version != before.Shadow?.Version)
                Shadow = new ShadowFigures();
            _returned = null;
            Note(by, Told(policy));
        }
    }

    /// <summary>Who answers a request that names no version. A pin holds: without a live replica of it nobody else takes its place.</summary>
    /// <param name="key">Requests of one key get the same.</param>
    public ServedVersion? Choose(ServedModel served, string key)
    {
        lock (_gate)
        {
            var usual = Default(served);
            Settle(served, usual?.Key.Version);
            return _policy.Canary is { } canary && Stickiness.IsIn($"canary of {model}", key, canary.Percent) && served.Find(canary.Version) is { IsLive: true } live
                ? live
                : usual;
        }
    }

    /// <summary>Who answers but for the canary.</summary>
    public ServedVersion? DefaultOf(ServedModel served)
    {
        lock (_gate)
            return Default(served);
    }

    public ServedVersion? ChooseShadow(ServedModel served, string key) =>
        Policy.Shadow is { } shadow && Stickiness.IsIn($"shadow of {model}", key, shadow.Percent) && served.Find(shadow.Version) is { IsLive: true } live ? live : null;

    /// <returns>What was decided upon it; null: nothing.</returns>
    public TrafficChange? Observe(ModelVersion version, VersionOutcome outcome, double milliseconds)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var warmsUp = outcome != VersionOutcome.Failed && WarmsUp(version);
            if (warmsUp && outcome == VersionOutcome.Late)
                return null;
            Window(version).Add(outcome != VersionOutcome.Answered, warmsUp ? null : milliseconds, now);
            if (_policy.Canary?.Version == version && _default is { } usual && usual != version
                && BudgetWatch.Broken(Window(usual).Sum(now), Window(version).Sum(now), _policy.Budget) is { } worse)
            {
                _policy = _policy with { Canary = null };
                return Note("budget", $"canary {version} is withdrawn, {usual} remains: {worse}");
            }

            if (_trial is not { } trial || _default != version)
                return null;
            if (now - trial.Since > TrialWindows * TimeSpan.FromSeconds(_policy.Budget.WindowSeconds))
            {
                _trial = null;
                return null;
            }

            if (BudgetWatch.Broken(trial.Before, Window(version).Sum(now), _policy.Budget) is not { } broken)
                return null;
            _trial = null;
            _default = trial.Old;
            _policy = _policy with { Default = trial.Old };
            _returned = trial.Old;
            return Note("budget", $"the default returns from {version} to {trial.Old}: {broken}");
        }
    }

    /// <summary>An old version that the budget has called back, and that is gone since, does not keep others from answering.</summary>
    private ServedVersion? Default(ServedModel served)
    {
        if (_policy.Default is not { } pin)
            return served.Default;
        var pinned = served.Find(pin);
        return pin == _returned && pinned is not { IsLive: true } ? served.Default : pinned;
    }

    /// <summary>A default that takes over from a live one is on trial.</summary>
    private void Settle(ServedModel served, ModelVersion? usual)
    {
        if (usual is not { } newer || newer == _default)
            return;
        _trial = null;
        if (_default is { } older && served.Find(older) is { IsLive: true })
        {
            _trial = new Trial(older, Window(older).Sum(time.GetUtcNow()), time.GetUtcNow());
            Try(newer);
        }

        Note(_policy.Default is null ? "registry" : "pin", _default is { } before ? $"the default goes from {before} to {newer}" : $"the default is {newer}");
        _default = newer;
    }

    /// <summary>
    /// A version is on trial from now on: what it did before is not what is tried. Its first answers open connections, compile and fill caches;
    /// how long they take, and that they are late, says nothing of it. That they fail does.
    /// </summary>
    private void Try(ModelVersion version)
    {
        _cold[version] = Math.Max(0, _policy.Budget.LeastRequests - (int)Math.Min(int.MaxValue, Window(version).Sum(time.GetUtcNow()).Requests));
        _windows.Remove(version);
    }

    private bool WarmsUp(ModelVersion version)
    {
        if (!_cold.TryGetValue(version, out var left) || left == 0)
            return false;
        _cold[version] = left - 1;
        return true;
    }

    private OutcomeWindow Window(ModelVersion version)
    {
        if (!_windows.TryGetValue(version, out var window))
            _windows[version] = window = new OutcomeWindow(TimeSpan.FromSeconds(_policy.Budget.WindowSeconds));
        return window;
    }

    private TrafficChange Note(string by, string what)
    {
        var change = new TrafficChange(time.GetUtcNow(), by, what);
        _history.Add(change);
        if (_history.Count > LongestHistory)
            _history.RemoveAt(0);
        return change;
    }

    private static string Told(TrafficPolicy policy) => string.Join(", ", [
        $"default {policy.Default?.ToString() ?? "the highest"}",
        policy.Canary is { } canary ? $"canary {canary.Version} {canary.Percent:0.##} %" : "no canary",
        policy.Shadow is { } shadow ? $"shadow {shadow.Version} {shadow.Percent:0.##} %" : "no shadow"]);

    private sealed record Trial(ModelVersion Old, Outcomes Before, DateTimeOffset Since);
}
