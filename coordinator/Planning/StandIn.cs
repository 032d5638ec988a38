using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Espresso.Manifests;

namespace Espresso.Coordinator.Planning;

/// <summary>Another version of a step's model in that step's place, on what the request makes anyway: a fallback, a shadow, or the version that is there now.</summary>
internal static class StandIn
{
    /// <param name="before">The steps that may stand before it; of them comes what it takes of other models.</param>
    /// <param name="taken">Outputs that other steps take, by their public names.</param>
    /// <param name="plan">One step, which takes a slot only when it is needed.</param>
    /// <returns>Null, or why it cannot run there.</returns>
    public static Failure? TryPlan(
        PlanStep step, ServedVersion version, bool hasMask, IReadOnlyList<PlanStep> before, HashSet<string> taken, out Plan? plan)
    {
        plan = null;
        var inputs = new List<StepInput>();
        foreach (var input in version.Manifest.Inputs)
        {
            if (Input(input, hasMask, before) is not { } found)
                return Missing($"{version.Key} as a fallback takes '{input.Name}' from {input.From}, which the request does not make anyway: ask for that model, too, or send a mask");
            inputs.Add(found);
        }

        var outputs = version.Manifest.Outputs.Where(output => step.Requested || taken.Contains(output.As)).ToList();
        if (taken.FirstOrDefault(name => !outputs.Exists(output => output.As == name)) is { } wanted)
            return Missing($"{version.Key} cannot stand in for {step.Key}: it gives no '{wanted}', which another model takes");
        var wave = inputs.OfType<ProvidedInput>().Select(input => before[input.Step].Wave + 1).DefaultIfEmpty().Max();
        plan = Plan.Of([new PlanStep(0, version, [.. inputs], [.. outputs], step.Requested, wave)], [], []);
        return null;
    }

    private static StepInput? Input(InputSpec input, bool hasMask, IReadOnlyList<PlanStep> before)
    {
        if (input.Kind == InputKind.Tensor)
            return null;
        var spec = TensorSpecs.Of(input);
        if (input.Kind == InputKind.Picture)
            return new PictureInput(input, spec);
        if (hasMask)
            return new MaskInput(input, spec);
        if (input.From?.Split('.') is not [var model, var name])
            return null;
        var provider = before.Where(one => one.Key.Model == model && one.Outputs.Any(IsWanted)).MaxBy(one => one.Key.Version);
        return provider is null ? null : new ProvidedInput(input, provider.Index, provider.Outputs.First(IsWanted), spec);

        bool IsWanted(OutputSpec output) => output.As == name && output.Kind is OutputKind.Mask or OutputKind.Map;
    }

    private static Failure Missing(string message) => Failure.Invalid(Reasons.MissingInput, message);
}
