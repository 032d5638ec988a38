using System.Collections.Immutable;
using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Espresso.Manifests;
using Espresso.Protos.Preprocessor;

namespace Espresso.Coordinator.Planning;

/// <summary>What has to run for a request, and from which tensors.</summary>
/// <param name="Steps">A step stands after those whose outputs it takes.</param>
/// <param name="PictureSpecs">The distinct tensors to make of the request's picture, in one decode.</param>
/// <param name="MaskSpecs">The distinct tensors to make of the request's own mask; empty where it has none, or nobody takes it.</param>
/// <param name="LeftOut">Models that "all models" would have meant, and why they cannot run on this request.</param>
internal sealed record Plan(
    ImmutableArray<PlanStep> Steps,
    ImmutableArray<TensorSpec> PictureSpecs,
    ImmutableArray<TensorSpec> MaskSpecs,
    ImmutableArray<LeftOut> LeftOut)
{
    /// <summary>What the client named; empty where it named nothing.</summary>
    public ImmutableArray<ModelRequest> Requests { get; init; } = [];

    public static Plan Of(ImmutableArray<PlanStep> steps, ImmutableArray<ModelRequest> requests, ImmutableArray<LeftOut> leftOut)
    {
        var inputs = steps.SelectMany(step => step.Inputs).ToList();
        return new Plan(
            steps,
            [.. inputs.OfType<PictureInput>().Select(input => input.Target).Distinct()],
            [.. inputs.OfType<MaskInput>().Select(input => input.Target).Distinct()],
            leftOut)
        {
            Requests = requests,
        };
    }

    /// <summary>Every version has a live replica there.</summary>
    public bool IsIn(MeshSnapshot mesh) => Steps.All(step => mesh.Find(step.Key) is { IsLive: true });

    public bool Runs(ModelKey key) => Steps.Any(step => step.Key == key);

    /// <summary>The client named the step's version itself, so no other will do.</summary>
    public bool IsNamed(PlanStep step) => Requests.Any(request => request.Name == new ModelName(step.Key.Model, step.Key.Version));

    /// <summary>A result of that version is told already, or may be: a second one under its name would hide it.</summary>
    public bool MayTellOf(ModelKey key) =>
        Steps.Any(step => step.Key == key || step.Fallback?.Steps[0].Key == key) || LeftOut.Any(left => left.Key == key);

    /// <summary>Outputs of the step that others take, by their public names.</summary>
    public HashSet<string> TakenOf(PlanStep step) =>
        [.. Steps.SelectMany(one => one.Inputs).OfType<ProvidedInput>().Where(input => input.Step == step.Index).Select(input => input.Output.As)];

    /// <summary>What a request has that names no deadline: the most that one of its models declares.</summary>
    public TimeSpan DefaultDeadline => TimeSpan.FromMilliseconds(Steps.Max(step => step.Manifest.Serving.DeadlineMs));

    /// <summary>Bytes of all tensors that go into the steps.</summary>
    public long TensorBytes => PictureSpecs.Concat(MaskSpecs).Sum(BytesOf)
        + Steps.SelectMany(step => step.Inputs).OfType<ProvidedInput>().Sum(input => BytesOf(input.Target));

    /// <summary>
    /// The same for the admission of a stand-in: what its step takes of others is there already, and those steps' places are the places in the
    /// plan that it stands in for, not in this one.
    /// </summary>
    public Plan Alone => this with { Steps = [.. Steps.Select(step => step with { Inputs = [.. step.Inputs.Where(input => input is not ProvidedInput)] })] };

    private static long BytesOf(TensorSpec spec) => (long)spec.Width * spec.Height * (spec.Channels == Channels.Gray ? 1 : 3);
}

/// <summary>One run of one model version.</summary>
/// <param name="Index">Its place in its plan; a stand-in has a plan of its own, and is the first there.</param>
/// <param name="Outputs">Those asked of the minion: all for a requested step, else those that other steps take.</param>
/// <param name="Requested">False: only there because another step needs it; its outputs are not returned.</param>
/// <param name="Wave">0 for a step that needs no other, else one more than the last of those it needs.</param>
internal sealed record PlanStep(
    int Index, ServedVersion Version, ImmutableArray<StepInput> Inputs, ImmutableArray<OutputSpec> Outputs, bool Requested, int Wave)
{
    /// <summary>The whole request fails with it.</summary>
    public bool Required { get; init; }

    /// <summary>In whose place it runs; null: it is what was asked for.</summary>
    public Replaced? Instead { get; init; }

    /// <summary>One step that runs in this one's place if it fails; it takes what this plan has anyway. Null: none.</summary>
    public Plan? Fallback { get; init; }

    /// <summary>One step that runs once the answer has gone, for comparison with this one. Null: none.</summary>
    public Plan? Shadow { get; init; }

    public Manifest Manifest => Version.Manifest;

    public ModelKey Key => Version.Key;
}

/// <summary>Where a network input comes from.</summary>
/// <param name="Target">The tensor that the network takes.</param>
internal abstract record StepInput(InputSpec Spec, TensorSpec Target);

/// <summary>The request's picture.</summary>
internal sealed record PictureInput(InputSpec Spec, TensorSpec Target) : StepInput(Spec, Target);

/// <summary>The request's own mask.</summary>
internal sealed record MaskInput(InputSpec Spec, TensorSpec Target) : StepInput(Spec, Target);

/// <summary>Another step's output, resampled.</summary>
/// <param name="Step">The step whose output it is.</param>
internal sealed record ProvidedInput(InputSpec Spec, int Step, OutputSpec Output, TensorSpec Target) : StepInput(Spec, Target);

internal sealed record LeftOut(ModelKey Key, Failure Why);
