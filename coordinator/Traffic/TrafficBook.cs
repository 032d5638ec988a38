using System.Collections.Concurrent;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Registry;

namespace Espresso.Coordinator.Traffic;

/// <summary>All models' traffic at this coordinator.</summary>
internal sealed class TrafficBook(TimeProvider time, ILogger<TrafficBook> log)
{
    private readonly ConcurrentDictionary<string, ModelTraffic> _models = new(StringComparer.Ordinal);

    public ModelTraffic Of(string model) => _models.GetOrAdd(model, static (model, time) => new ModelTraffic(model, time), time);

    /// <param name="key">The request's own, else its id: requests of one key get one version.</param>
    public VersionChoice For(string key) => new(model => Of(model.Name).Choose(model, key), model => Of(model.Name).ChooseShadow(model, key));

    public void Set(string model, TrafficPolicy policy, string by)
    {
        Of(model).Set(policy, by);
        log.TrafficSet(model, by, Of(model).History[0].What);
    }

    public void Observe(ModelKey key, VersionOutcome outcome, double milliseconds)
    {
        if (Of(key.Model).Observe(key.Version, outcome, milliseconds) is { } decided)
            log.TrafficReturned(key.Model, decided.What);
    }
}
