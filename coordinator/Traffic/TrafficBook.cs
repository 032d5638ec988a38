using System.Collections.Concurrent;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Espresso.Protos.Registry;

namespace Espresso.Coordinator.Traffic;

internal sealed class TrafficNews(TrafficState state) : EventArgs
{
    public TrafficState State => state;
}

/// <summary>All models' traffic: what is decided here, and what members bring that was decided at other coordinators.</summary>
internal sealed class TrafficBook(TimeProvider time, ILogger<TrafficBook> log)
{
    private readonly ConcurrentDictionary<string, ModelTraffic> _models = new(StringComparer.Ordinal);

    public ModelTraffic Of(string model) => _models.GetOrAdd(model, static (model, time) => new ModelTraffic(model, time), time);

    /// <param name="key">The request's own, else its id: requests of one key get one version.</param>
    public VersionChoice For(string key) => new(model => Of(model.Name).Choose(model, key), model => Of(model.Name).ChooseShadow(model, key));

    /// <summary>There is news for the other coordinators. May come from several threads at once, and out of order.</summary>
    public event EventHandler<TrafficNews>? Changed;

    /// <inheritdoc cref="ModelTraffic.Set"/>
    public void Set(string model, TrafficPolicy policy, string by, Predicate<TrafficPolicy>? condition = null) => Note(model, Of(model).Set(policy, by, condition));

    /// <param name="atStart">See <see cref="ModelTraffic.SetByFile"/>.</param>
    public void SetByFile(string model, TrafficPolicy policy, bool atStart) => Note(model, Of(model).SetByFile(policy, atStart));

    /// <summary>What a member has brought.</summary>
    public void Take(TrafficState state)
    {
        try
        {
            if (Of(state.Model).Take(state) is not { } change)
                return;
            log.TrafficSet(state.Model, $"coordinator {change.By}", change.What);
            Tell(state.Model);
        }
        catch (FailureException error)
        {
            log.TrafficRefused(state.Model, state.Coordinator, error.Failure.Message); // what holds here stays
        }
    }

    public void Observe(ModelKey key, VersionOutcome outcome, double milliseconds)
    {
        if (Of(key.Model).Observe(key.Version, outcome, milliseconds) is not { } decided)
            return;
        log.TrafficReturned(key.Model, decided.What);
        Tell(key.Model);
    }

    private void Note(string model, TrafficChange? change)
    {
        if (change is null)
            return;
        log.TrafficSet(model, change.By, change.What);
        Tell(model);
    }

    private void Tell(string model)
    {
        if (Of(model).State is { } state)
            Changed?.Invoke(this, new TrafficNews(state));
    }
}
