using System.Text;
using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Espresso.Leases;
using Espresso.Manifests;
using Espresso.Protos.Registry;

namespace Espresso.Coordinator.Traffic;

/// <param name="By">Who decided: put or the name that came with it, file or budget; pin or registry: noticed here, as a consequence.</param>
/// <param name="Serving">The default from then on, canary aside; null: not known yet.</param>
/// <param name="IsDecided">Other coordinators are to know of it.</param>
internal sealed record TrafficChange(DateTimeOffset At, string By, string What, ModelVersion? Serving, bool IsDecided);

/// <summary>
/// One model's traffic: its policy, which version is the default, how each did of late, and what has been decided. A canary, or a new
/// default, that breaks its budget against the old one loses its place. What was decided goes to the other coordinators as a
/// <see cref="TrafficState"/>, and comes from them; who serves by it, each sees for itself. No I/O; thread-safe.
/// </summary>
internal sealed class ModelTraffic(string model, TimeProvider time)
{
    private const int LongestHistory = 50;

    /// <summary>So many windows a new default is measured against the old one; then it is the old one.</summary>
    private const int TrialWindows = 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<ModelVersion, OutcomeWindow> _windows = [];
    private readonly Dictionary<ModelVersion, int> _cold = []; // answers that a version on trial has for warming up
    private List<TrafficChange> _history = []; // oldest first
    private TrafficState? _state; // null: nothing has ever been decided
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
                return [.. Enumerable.Reverse(_history)];
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

    /// <summary>What the other coordinators are to know; null: nothing has been decided.</summary>
    public TrafficState? State
    {
        get
        {
            lock (_gate)
                return _state;
        }
    }

    /// <param name="condition">Of the policy that holds; null: none.</param>
    /// <returns>What changed; null: it is so already.</returns>
    /// <exception cref="FailureException">The condition is not met, and nothing was done.</exception>
    public TrafficChange? Set(TrafficPolicy policy, string by, Predicate<TrafficPolicy>? condition = null)
    {
        lock (_gate)
        {
            if (condition?.Invoke(_policy) == false)
                throw new FailureException(new Failure(FailureKind.Conflict, Reasons.ChangedMeanwhile, $"the traffic of '{model}' has changed meanwhile, so nothing was done"));
            if (policy == _policy && _returned is null)
                return null;
            Follow(policy);
            _returned = null;
            return Decide(by, Told(policy));
        }
    }

    /// <param name="atStart">It is what holds as long as nobody decides anything, and no news to others.</param>
    /// <returns>What changed; null: nothing.</returns>
    public TrafficChange? SetByFile(TrafficPolicy policy, bool atStart)
    {
        lock (_gate)
        {
            var text = PolicyWriter.Text(policy);
            // Where another coordinator's copy of the file came sooner, what has been decided since is not to be undone.
            if (atStart ? policy == _policy || _state is not null : text == _state?.File)
                return null;
            Follow(policy);
            _returned = null;
            return atStart ? Notice("file", Told(policy)) : Decide("file", Told(policy), text);
        }
    }

    /// <summary>Takes over what was decided at another coordinator, if it is newer.</summary>
    /// <returns>What changed; null: nothing.</returns>
    /// <exception cref="FailureException">It is none.</exception>
    public TrafficChange? Take(TrafficState state)
    {
        lock (_gate)
        {
            if (!state.IsNewerThan(_state))
                return null;
            var policy = PolicyReader.Read(Encoding.UTF8.GetBytes(state.Policy));
            Follow(policy);
            _returned = state.Returned ? policy.Default : null;
            if (state.Returned && policy.Default is { } old) // it is not tried again against what it has taken the place of
                (_default, _trial) = (old, null);
            _history = [.. _history.Where(change => !change.IsDecided).Concat(state.History.Select(TrafficChanges.Of)).OrderBy(change => change.At)];
            _state = state;
            return new TrafficChange(time.GetUtcNow(), state.Coordinator, Told(policy), policy.Default, IsDecided: true);
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
                return Decide("budget", $"canary {version} is withdrawn, {usual} remains: {worse}");
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
            return Decide("budget", $"the default returns from {version} to {trial.Old}: {broken}");
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

        var before = _default;
        _default = newer;
        Notice(_policy.Default is null ? "registry" : "pin", before is null ? $"the default is {newer}" : $"the default goes from {before} to {newer}");
    }

    private void Follow(TrafficPolicy policy)
    {
        var before = _policy;
        _policy = policy;
        if (policy.Budget.WindowSeconds != before.Budget.WindowSeconds)
            _windows.Clear();
        if (policy.Canary is { } canary && canary.Version != before.Canary?.Version)
            Try(canary.Version);
        if (policy.Shadow?.Version != before.Shadow?.Version)
            Shadow = new ShadowFigures();
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

    private TrafficChange Notice(string by, string what) => Note(by, what, isDecided: false);

    /// <summary>Notes what has been decided, and makes of it the state that the others get.</summary>
    private TrafficChange Decide(string by, string what, string? file = null)
    {
        var change = Note(by, what, isDecided: true);
        _state = new TrafficState
        {
            Model = model,
            Revision = (_state?.Revision ?? 0) + 1,
            AtMs = (ulong)change.At.ToUnixTimeMilliseconds(),
            Coordinator = CoordinatorName.Own,
            Policy = PolicyWriter.Text(_policy),
            Returned = _returned is not null,
            History = { _history.Where(change => change.IsDecided).Select(TrafficChanges.ToProto) },
            File = file ?? _state?.File ?? "",
        };
        return change;
    }

    private TrafficChange Note(string by, string what, bool isDecided)
    {
        var change = new TrafficChange(time.GetUtcNow(), by, what, _policy.Default ?? _default, isDecided);
        _history.Add(change);
        if (_history.Count > LongestHistory)
            _history.RemoveRange(0, _history.Count - LongestHistory);
        return change;
    }

    private static string Told(TrafficPolicy policy) => string.Join(", ", [
        $"default {policy.Default?.ToString() ?? "the highest"}",
        policy.Canary is { } canary ? $"canary {canary.Version} {canary.Percent:0.##} %" : "no canary",
        policy.Shadow is { } shadow ? $"shadow {shadow.Version} {shadow.Percent:0.##} %" : "no shadow"]);

    private sealed record Trial(ModelVersion Old, Outcomes Before, DateTimeOffset Since);
}
