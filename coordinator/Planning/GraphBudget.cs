using Espresso.Coordinator.Registry;

namespace Espresso.Coordinator.Planning;

/// <summary>Shares what is left of a request's deadline: each hop gets all but what must come after it.</summary>
/// <remarks>
/// After a decode come the runs, after a run its encode and the runs that take its outputs; the longest way counts, at what it was last
/// measured to take. Where that is more than there is, a hop still gets the share that is its own part of the whole way.
/// </remarks>
internal sealed class GraphBudget
{
    private readonly LearnedCosts _costs;
    private readonly double[] _after;
    private readonly double _afterDecode;

    public GraphBudget(Plan plan, LearnedCosts costs)
    {
        _costs = costs;
        _after = [.. plan.Steps.Select(step => step.Requested ? costs.Encode(step.Key).MeanMs : 0)];
        for (var i = plan.Steps.Length - 1; i >= 0; i--) // a step stands after those whose outputs it takes
        {
            var way = costs.Run(plan.Steps[i].Key).MeanMs + _after[i];
            _afterDecode = Math.Max(_afterDecode, way);
            foreach (var input in plan.Steps[i].Inputs.OfType<ProvidedInput>())
                _after[input.Step] = Math.Max(_after[input.Step], way);
        }
    }

    public TimeSpan ForDecode(TimeSpan left) => Share(left, _costs.Decode.MeanMs, _afterDecode);

    /// <param name="place">The step of the plan.</param>
    /// <param name="runs">The version that runs there: the step's, or its fallback.</param>
    public TimeSpan ForRun(PlanStep place, ModelKey runs, TimeSpan left) => Share(left, _costs.Run(runs).MeanMs, _after[place.Index]);

    /// <summary>False: even at its best it would not be done in time, so it is not worth starting.</summary>
    /// <param name="step">What would run; a requested one has to be encoded, too.</param>
    public bool CanMeet(PlanStep step, TimeSpan left) =>
        left.TotalMilliseconds >= _costs.Run(step.Key).LeastMs + (step.Requested ? _costs.Encode(step.Key).LeastMs : 0);

    public bool CanEncode(PlanStep step, TimeSpan left) => left.TotalMilliseconds >= _costs.Encode(step.Key).LeastMs;

    private static TimeSpan Share(TimeSpan left, double own, double after)
    {
        var mine = Math.Max(own, after / 2); // never measured, or quick: a third at least
        var part = after > 0 ? mine / (mine + after) : 1;
        return TimeSpan.FromMilliseconds(Math.Max(left.TotalMilliseconds - after, left.TotalMilliseconds * part));
    }
}
