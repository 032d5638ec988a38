using System.Collections.Immutable;
using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Espresso.Manifests;
using Espresso.Outputs;
using Espresso.Protos.Preprocessor;
using Espresso.Wire;
using Google.Protobuf.Collections;
using Inference;

namespace Espresso.Coordinator.Inference;

/// <summary>A minion's answer to one step.</summary>
/// <param name="Tensors">In the order of the step's outputs.</param>
internal sealed record ModelAnswer(ImmutableArray<PlacedTensor> Tensors, StepTimings Timings);

/// <summary>A step as a <c>ModelInfer</c> call: uint8 pixels [1, height, width, channels] in, and quantised back; what is no picture comes as it is.</summary>
internal static class ModelCall
{
    /// <summary>Of a requested output: UINT8, UINT16 or FP32 (the default); the minion quantises to [1, height, width, channels].</summary>
    private const string DatatypeParameter = "espresso_datatype";

    /// <summary>Of a request: on whose account it goes, and that account's weight against the others.</summary>
    private const string TenantParameter = "espresso_tenant";

    private const string ClassParameter = "espresso_class";

    private const string WeightParameter = "espresso_weight";

    /// <param name="tensors">In the order of the step's inputs.</param>
    /// <param name="weight">The caller's share of the device against others'.</param>
    public static PayloadMessage<ModelInferRequest> ToRequest(PlanStep step, IReadOnlyList<PlacedTensor> tensors, string id, Caller caller, double weight)
    {
        var request = new ModelInferRequest
        {
            ModelName = step.Key.Model,
            ModelVersion = step.Key.Version.ToString(),
            Id = id,
            Parameters =
            {
                [TenantParameter] = new InferParameter { StringParam = caller.Tenant },
                [ClassParameter] = new InferParameter { StringParam = caller.ClassName },
                [WeightParameter] = new InferParameter { DoubleParam = weight },
            },
        };
        foreach (var (input, tensor) in step.Inputs.Zip(tensors))
        {
            request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor
            {
                Name = input.Spec.Name,
                Datatype = "UINT8",
                Shape = { 1, tensor.Form.Height, tensor.Form.Width, tensor.Form.Channels },
            });
        }

        foreach (var output in step.Outputs)
        {
            var wanted = new ModelInferRequest.Types.InferRequestedOutputTensor { Name = output.Name };
            if (output.IsPicture)
                wanted.Parameters[DatatypeParameter] = new InferParameter { StringParam = DatatypeOf(output) };
            request.Outputs.Add(wanted);
        }

        return new PayloadMessage<ModelInferRequest>(request, [.. tensors.Select(tensor => tensor.Data)]);
    }

    /// <param name="over">The input over whose picture the outputs lie.</param>
    /// <exception cref="FailureException">The answer is not what was asked for.</exception>
    public static ModelAnswer Read(PlanStep step, PayloadMessage<ModelInferResponse> reply, PlacedTensor over)
    {
        var parameters = reply.Message.Parameters;
        return new ModelAnswer(
            [.. step.Outputs.Select(output => Read(step.Key, output, reply, over))],
            new StepTimings
            {
                QueueMs = Number(parameters, "espresso_queue_us") / 1000 ?? 0,
                ComputeMs = Number(parameters, "espresso_compute_us") / 1000 ?? 0,
                BatchId = (ulong)(Number(parameters, "espresso_batch_id") ?? 0),
                BatchSize = (uint)(Number(parameters, "espresso_batch_size") ?? 0),
                Release = parameters.TryGetValue("espresso_release", out var release) ? release.StringParam : "",
            });
    }

    private static PlacedTensor Read(ModelKey key, OutputSpec output, PayloadMessage<ModelInferResponse> reply, PlacedTensor over)
    {
        var index = 0;
        while (index < reply.Message.Outputs.Count && reply.Message.Outputs[index].Name != output.Name)
            index++;
        if (index >= reply.Message.Outputs.Count || index >= reply.Payloads.Count)
            throw Wrong(key, output, "is missing from the minion's answer");

        var (given, data) = (reply.Message.Outputs[index], reply.Payloads[index]);
        if (given.Datatype != DatatypeOf(output))
            throw Wrong(key, output, $"came as {given.Datatype} instead of {DatatypeOf(output)}");
        if (!output.IsPicture)
            return Plain(key, output, given, data);
        var bytes = given.Datatype == "UINT16" ? 2 : 1;
        if (given.Shape is not [1, > 0 and <= ushort.MaxValue, > 0 and <= ushort.MaxValue, 1 or 3])
            throw Wrong(key, output, $"came as {string.Join("×", given.Shape)} instead of 1×height×width×(1 or 3)");
        if (data.Length != given.Shape[1] * given.Shape[2] * given.Shape[3] * bytes)
            throw Wrong(key, output, $"came with {data.Length} bytes for {string.Join("×", given.Shape)} {given.Datatype}");

        var (height, width) = ((uint)given.Shape[1], (uint)given.Shape[2]);
        var form = new ModelTensor
        {
            Datatype = bytes == 2 ? Datatype.Uint16 : Datatype.Uint8,
            Height = height,
            Width = width,
            Channels = (uint)given.Shape[3],
            Geometry = over.GeometryFor(width, height),
        };
        return new PlacedTensor(form, data, RangeOf(given) ?? output.Range);
    }

    /// <summary>One item's numbers or bytes, in whatever shape the graph has them.</summary>
    private static PlacedTensor Plain(ModelKey key, OutputSpec output, ModelInferResponse.Types.InferOutputTensor given, Payload data)
    {
        var (count, isText) = (Readout.CountOf(output), output.Kind == OutputKind.Text);
        if (given.Shape.Count < 2 || given.Shape[0] != 1 || data.Length != count * (isText ? 1 : sizeof(float)))
            throw Wrong(key, output, $"came as {string.Join("×", given.Shape)} with {data.Length} bytes instead of {count} {DatatypeOf(output)}");
        return new PlacedTensor(new ModelTensor { Datatype = isText ? Datatype.Uint8 : Datatype.Fp32, Height = 1, Width = (uint)count, Channels = 1 }, data);
    }

    private static string DatatypeOf(OutputSpec output) => output switch
    {
        { IsPicture: true, Media: MediaKind.Png16 } => "UINT16",
        { IsPicture: true } or { Kind: OutputKind.Text } => "UINT8",
        _ => "FP32",
    };

    private static ValueRange? RangeOf(ModelInferResponse.Types.InferOutputTensor output) =>
        Number(output.Parameters, "espresso_low") is { } low && Number(output.Parameters, "espresso_high") is { } high
            && double.IsFinite(low) && double.IsFinite(high)
            ? new ValueRange((float)low, (float)high)
            : null;

    private static double? Number(MapField<string, InferParameter> parameters, string name) =>
        !parameters.TryGetValue(name, out var parameter) ? null : parameter.ParameterChoiceCase switch
        {
            InferParameter.ParameterChoiceOneofCase.Int64Param => parameter.Int64Param,
            InferParameter.ParameterChoiceOneofCase.Uint64Param => parameter.Uint64Param,
            InferParameter.ParameterChoiceOneofCase.DoubleParam => parameter.DoubleParam,
            _ => null,
        };

    private static FailureException Wrong(ModelKey key, OutputSpec output, string what) =>
        new(Failure.Internal(Reasons.ModelFailed, $"{key}: output '{output.Name}' {what}"));
}
