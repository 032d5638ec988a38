using System.Collections.Immutable;
using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Espresso.Manifests;
using Espresso.Protos.Preprocessor;

namespace Espresso.Coordinator.Planning;

/// <summary>Grows from the requested versions to all that they need, providers first.</summary>
internal sealed class PlanGraph(MeshSnapshot mesh, bool hasMask)
{
    private readonly List<ServedVersion> _order = [];
    private readonly List<ServedVersion> _requested = [];
    private readonly List<LeftOut> _leftOut = [];

    public bool IsEmpty => _order.Count == 0;

    /// <summary>Tells what the client wants before anything is added: a provider among it is taken in the version that is wanted.</summary>
    public void Request(IEnumerable<ServedVersion> versions) => _requested.AddRange(versions);

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
        _leftOut.Add(new LeftOut(version.Key, why));
    }

    public Plan ToPlan()
    {
        var pictures = new List<TensorSpec>();
        var masks = new List<TensorSpec>();
        var taken = new HashSet<(int Step, string Output)>();
        var inputs = _order.ConvertAll<ImmutableArray<StepInput>>(version => [.. version.Manifest.Inputs.Select<InputSpec, StepInput>(input =>
        {
            var spec = TensorSpecs.Of(input);
            if (input.Kind == InputKind.Picture)
                return new PictureInput(input, IndexOf(pictures, spec));
            if (hasMask)
                return new MaskInput(input, IndexOf(masks, spec));
            Provider(version, input, out var provider, out var output);
            var step = _order.IndexOf(provider!);
            taken.Add((step, output!.Name));
            return new ProvidedInput(input, step, output, spec);
        })]);

        var steps = new List<PlanStep>(_order.Count);
        for (var i = 0; i < _order.Count; i++)
        {
            var requested = _requested.Contains(_order[i]);
            var wave = inputs[i].OfType<ProvidedInput>().Select(input => steps[input.Step].Wave + 1).DefaultIfEmpty().Max();
            steps.Add(new PlanStep(
                i, _order[i], inputs[i],
                [.. _order[i].Manifest.Outputs.Where(output => (requested && IsShown(output)) || taken.Contains((i, output.Name)))],
                requested, wave));
        }

        return new Plan([.. steps], [.. pictures], [.. masks], [.. _leftOut]);
    }

    /// <summary>What has a picture's form. Other kinds (labels, scores) are had over the Open Inference Protocol only, so far.</summary>
    private static bool IsShown(OutputSpec output) => output.Kind is OutputKind.Map or OutputKind.Mask or OutputKind.Image;

    private static int IndexOf(List<TensorSpec> specs, TensorSpec spec)
    {
        var index = specs.IndexOf(spec);
        if (index >= 0)
            return index;
        specs.Add(spec);
        return specs.Count - 1;
    }

    private Failure? Visit(ServedVersion version, ImmutableArray<ModelKey> path)
    {
        if (_order.Contains(version))
            return null;
        if (path.Contains(version.Key))
            return Missing($"the models need each other in a circle: {string.Join(" → ", path.Add(version.Key))}; send a mask");
        if (!version.Manifest.Outputs.Any(IsShown))
            return Failure.Invalid(Reasons.InvalidRequest, $"{version.Key} gives no map, mask or image; it is served over the Open Inference Protocol only");

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

        provider = _requested.Where(requested => requested.Key.Model == model).MaxBy(requested => requested.Key.Version) ?? served.Default;
        if (provider is null)
            return Failure.Unavailable(Reasons.NoReplica, $"{version.Key} takes '{input.Name}' from {input.From}, and '{model}' has no live replica now; send a mask");
        output = provider.Manifest.Outputs.FirstOrDefault(given => given.As == name && given.Kind is OutputKind.Mask or OutputKind.Map);
        return output is null ? Missing($"{version.Key} takes '{input.Name}' from {input.From}, which {provider.Key} does not give; send a mask") : null;
    }

    private static Failure Missing(string message) => Failure.Invalid(Reasons.MissingInput, message);
}
