using System.Collections.Immutable;
using System.Text;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Inference;
using Espresso.Coordinator.Planning;

namespace Espresso.Coordinator.Sharing;

/// <summary>What is run, on what. Two runs of one identity give the same: the same version, of the same bytes, asked for the same outputs, on one account.</summary>
/// <param name="PictureBytes">Length of the picture's file.</param>
internal readonly record struct RunIdentity(string Text, int PictureBytes)
{
    /// <param name="caller">On whose account it runs.</param>
    /// <param name="provided">The run that makes an input.</param>
    public static RunIdentity Of(PlanStep step, InferenceRequest request, Caller caller, Func<ProvidedInput, RunIdentity> provided)
    {
        var text = new StringBuilder($"{caller.Tenant} {caller.ClassName} {step.Key}");
        foreach (var input in step.Inputs)
        {
            text.Append(' ').Append(input switch
            {
                ProvidedInput one => $"({provided(one).Text}).{one.Output.As}",
                MaskInput => $"{request.MaskDigest}",
                _ => $"{request.ImageDigest}",
            });
        }

        return new RunIdentity(text.Append(" → ").AppendJoin(',', step.Outputs.Select(output => output.As)).ToString(), request.Image.Length);
    }

    /// <summary>Of the plan's steps in their order, if each runs itself and no other in its place.</summary>
    public static ImmutableArray<RunIdentity> OfAll(Plan plan, InferenceRequest request)
    {
        var runs = new List<RunIdentity>(plan.Steps.Length);
        foreach (var step in plan.Steps)
            runs.Add(Of(step, request, request.Caller, input => runs[input.Step]));
        return [.. runs];
    }
}
