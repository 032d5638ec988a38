using System.Collections.Immutable;
using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Espresso.Manifests;
using Espresso.Protos.Preprocessor;

namespace Espresso.Coordinator.Planning;

/// <summary>Grows from the requested versions to all that they need, providers first.</summary>
internal sealed class PlanGraph(MeshSnapshot mesh, bool hasMask, VersionChoice choice)
{
    private readonly List<ServedVersion> _order = [];
    private readonly List<ServedVersion> _requested = [];
    private readonly Dictionary<ModelKey, Branch> _branches = [];
    private readonly List<LeftOut> _leftOut = [];

    public bool IsEmpty => _order.Count == 0;

    /// <summary>Tells what the client wants before anything is added: a provider among it is taken in the version that is wanted.</summary>
    public void Request(IEnumerable<Branch> branches)
    {
        foreach (var branch in branches)
        {
            if (_branches.TryGetValue(branch.Version.Key, out var same))
            {
                _branches[branch.Version.Key] = same with
                {
                    Required = same.Required || branch.Required,
                    Fallback = same.Fallback ?? branch.Fallback,
                    Instead = same.Instead ?? branch.Instead,
                };
                continue;
            }

            _requested.Add(branch.Version);
            _branches.Add(branch.Version.Key, branch);
        }
    }

    /// <summary>Adds a version after those that it needs; all of them, or nothing and why not.</summary>
    public Failure? Add(ServedVersion version)
    {
        var before = _order.Count;
        var failure = Visit(version, []);
        if (failure is not null)
            _order.RemoveRange(before, _order.Count - before);
        return failure;
    }

    public void LeaveOut(ServedVersion version, Failure why)
    {
        _requested.Remove(version);
        if (!_leftOut.Exists(one => one.Key == version.Key))
            _leftOut.Add(new LeftOut(version.Key, why));
    }

    /// <param name="requests">What the client named.</param>
    /// <returns>Null, or why a fallback could not run in its place.</returns>
    public Failure? ToPlan(ImmutableArray<ModelRequest> requests, out Plan? plan)
    {
        plan = null;
        var taken = new HashSet<(ModelKey Provider, string As)>();
        var inputs = _order.ConvertAll<ImmutableArray<StepInput>>(version => [.. version.Manifest.Inputs.Select(input => Input(version, input, taken))]);
        var steps = new List<PlanStep>(_order.Count);
        var told = _order.Select(version => version.Key).Concat(_leftOut.Select(left => left.Key)).ToHashSet(); // a version has one result
        for (var i = 0; i < _order.Count; i++)
        {
            var step = Step(i, _order[i], inputs[i], steps, taken);
            if (_branches.GetValueOrDefault(_order[i].Key) is { } branch)
            {
                var (fallback, shadow) = (default(Plan), default(Plan));
                if (branch.Fallback is { } lower && told.Add(lower.Key) && StandIn.TryPlan(step, lower, hasMask, steps, As(step), out fallback) is { } failure)
                    return failure;
                if (branch.Shadow is { } version)
                    _ = StandIn.TryPlan(step, version, hasMask, steps, As(step), out shadow); // one that needs more than is there is not run
                step = step with { Required = branch.Required, Instead = branch.Instead, Fallback = fallback, Shadow = shadow };
            }

            steps.Add(step);
        }

        plan = Plan.Of([.. steps], requests, [.. _leftOut]);
        return null;

        HashSet<string> As(PlanStep step) => [.. taken.Where(output => output.Provider == step.Key).Select(output => output.As)];
    }

    /// <param name="taken">Gets the output that it is, if it is one.</param>
    private StepInput Input(ServedVersion version, InputSpec input, HashSet<(ModelKey, string)> taken)
    {
        var spec = TensorSpecs.Of(input);
        if (input.Kind == InputKind.Picture)
            return new PictureInput(input, spec);
        if (hasMask)
            return new MaskInput(input, spec);
        Provider(version, input, out var provider, out var output);
        taken.Add((provider!.Key, output!.As));
        return new ProvidedInput(input, _order.IndexOf(provider!), output, spec);
    }

    private PlanStep Step(int index, ServedVersion version, ImmutableArray<StepInput> inputs, List<PlanStep> before, HashSet<(ModelKey, string)> taken)
    {
        var requested = _requested.Contains(version);
        var wave = inputs.OfType<ProvidedInput>().Select(input => before[input.Step].Wave + 1).DefaultIfEmpty().Max();
        var outputs = version.Manifest.Outputs.Where(output => requested || taken.Contains((version.Key, output.As)));
        return new PlanStep(index, version, inputs, [.. outputs], requested, wave);
    }

    private Failure? Visit(ServedVersion version, ImmutableArray<ModelKey> path)
    {
        if (_order.Contains(version))
            return null;
        if (path.Contains(version.Key))
            return Missing($"the models need each other in a circle: {string.Join(" → ", path.Add(version.Key))}; send a mask");

        foreach (var input in version.Manifest.Inputs)
        {
            if (input.Kind == InputKind.Tensor)
                return Missing($"{version.Key} takes the plain tensor '{input.Name}', which no picture gives; it is served over the Open Inference Protocol only");
            if (input.Kind == InputKind.Picture || hasMask)
                continue;
            if (Provider(version, input, out var provider, out _) is { } missing)
                return missing;
            if (Visit(provider!, path.Add(version.Key)) is { } failure)
                return failure;
        }

        _order.Add(version);
        return null;
    }

    /// <summary>Whose output fills the input: the requested version of that model, the highest if several are, else its default.</summary>
    private Failure? Provider(ServedVersion version, InputSpec input, out ServedVersion? provider, out OutputSpec? output)
    {
        (provider, output) = (null, null);
        if (input.From?.Split('.') is not [var model, var name])
            return Missing($"{version.Key} needs the mask '{input.Name}': send one");
        if (!mesh.Models.TryGetValue(model, out var served))
            return Missing($"{version.Key} takes '{input.Name}' from {input.From}, and '{model}' is not served; send a mask");

        provider = _requested.Where(requested => requested.Key.Model == model).MaxBy(requested => requested.Key.Version) ?? choice.Default(served);
        if (provider is not { IsLive: true })
            return Failure.Unavailable(Reasons.NoReplica, $"{version.Key} takes '{input.Name}' from {input.From}, and '{model}' has no live replica now; send a mask");
        output = provider.Manifest.Outputs.FirstOrDefault(given => given.As == name && given.Kind is OutputKind.Mask or OutputKind.Map);
        return output is null ? Missing($"{version.Key} takes '{input.Name}' from {input.From}, which {provider.Key} does not give as a mask or map; send a mask") : null;
    }

    private static Failure Missing(string message) => Failure.Invalid(Reasons.MissingInput, message);
}

/// <summary>A requested version, and what its failure means.</summary>
internal sealed record Branch(ServedVersion Version)
{
    public bool Required { get; init; }

    public ServedVersion? Fallback { get; init; }

    public Replaced? Instead { get; init; }

    /// <summary>Runs beside it, for comparison.</summary>
    public ServedVersion? Shadow { get; init; }
}
