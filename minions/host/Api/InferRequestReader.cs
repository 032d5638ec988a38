using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Espresso.Errors;
using Espresso.Manifests;
using Espresso.Minions.Batching;
using Espresso.Minions.Execution;
using Espresso.Minions.Lifecycle;
using Espresso.Wire;
using Inference;

namespace Espresso.Minions.Api;

/// <summary>A <c>ModelInfer</c> request held against the contract, as an item for the batcher.</summary>
internal sealed class InferRequestReader(ModelRuntime model)
{
    /// <summary>Set on a requested output: UINT8 or UINT16 has it quantised, [n, height, width, channels].</summary>
    public const string DatatypeParameter = "espresso_datatype";

    /// <summary>The protocol's own: microseconds, after which nobody wants the answer.</summary>
    public const string TimeoutParameter = "timeout";

    /// <summary>Whose the request is; tenants and classes share the device by weight.</summary>
    public const string TenantParameter = "espresso_tenant";

    public const string ClassParameter = "espresso_class";

    /// <summary>A number from 0.001 to 8000; where it is missing 8, and 1 for the class batch.</summary>
    public const string WeightParameter = "espresso_weight";

    private const double LeastWeight = 0.001;

    private const double MostWeight = 8_000;

    private const double InteractiveWeight = 8;

    private const int LongestName = 64;

    /// <param name="request">All its contents are raw; see <see cref="TypedContents"/>.</param>
    /// <exception cref="FailureException">What is wrong with the request.</exception>
    public InferItem Read(PayloadMessage<ModelInferRequest> request, TimeSpan now, TimeSpan timeLeft)
    {
        var message = request.Message;
        var infos = model.Executor.Inputs;
        if (message.Inputs.Count != infos.Count)
            throw Wrong($"{message.Inputs.Count} inputs, but {model.Manifest.Name} takes {infos.Count}: {string.Join(", ", infos.Select(info => info.Name))}");
        if (request.Payloads.Count != message.Inputs.Count)
            throw Wrong($"{request.Payloads.Count} raw_input_contents for {message.Inputs.Count} inputs");

        var inputs = new ItemInput[infos.Count];
        var rows = 0L;
        for (var i = 0; i < infos.Count; i++)
        {
            var at = IndexOf(message, infos[i].Name);
            var tensor = message.Inputs[at];
            inputs[i] = Input(tensor, i, request.Payloads[at], ref rows);
        }

        if (rows > model.Manifest.Batching.Max)
            throw Wrong($"{rows} items in one request, but {model.Manifest.Name} takes {model.Manifest.Batching.Max} at the most");
        var shapes = Array.ConvertAll(inputs, input => input.ItemShape);
        var bucket = Contract.BucketOf(shapes);
        if (model.Batcher.Register(bucket, shapes) is { } refusal)
            throw new FailureException(refusal);
        var flow = new FlowKey(Text(message, TenantParameter, "default"), Class(message));
        return new InferItem
        {
            Bucket = bucket,
            Rows = (int)rows,
            Inputs = inputs,
            Outputs = Outputs(message),
            Priority = Priority(message),
            Flow = flow,
            Weight = Weight(message, flow),
            Deadline = Deadline(message, now, timeLeft),
        };
    }

    private static int IndexOf(ModelInferRequest message, string name)
    {
        for (var i = 0; i < message.Inputs.Count; i++)
        {
            if (string.Equals(message.Inputs[i].Name, name, StringComparison.Ordinal))
                return i;
        }

        throw Wrong($"input '{name}' is missing");
    }

    private ItemInput Input(ModelInferRequest.Types.InferInputTensor tensor, int index, Payload payload, ref long rows)
    {
        var info = model.Executor.Inputs[index];
        var spec = model.Contract.Inputs[index];
        if (!Datatypes.TryParse(tensor.Datatype, out var datatype))
            throw Wrong($"input '{tensor.Name}': unknown datatype '{tensor.Datatype}'");
        if (tensor.Shape.Count < 2 || tensor.Shape[0] < 1)
            throw Wrong($"input '{tensor.Name}': shape [{string.Join(',', tensor.Shape)}] has no batch axis of at least 1");
        if (rows > 0 && tensor.Shape[0] != rows)
            throw Wrong($"input '{tensor.Name}': {tensor.Shape[0]} items, but another input has {rows}");
        rows = tensor.Shape[0];

        var shape = new long[tensor.Shape.Count - 1];
        for (var i = 0; i < shape.Length; i++)
            shape[i] = tensor.Shape[i + 1];
        // A picture may come as it is, [n, height, width, channels] in UINT8; it is normalised here.
        var isPicture = datatype == Datatype.Uint8 && info.Datatype == Datatype.Fp32 && spec is { Kind: not InputKind.Tensor };
        var networkShape = isPicture && shape is [var h, var w, var c] && spec!.Layout == TensorLayout.Nchw ? [c, h, w] : shape;
        if (datatype != info.Datatype && !isPicture)
            throw Wrong($"input '{tensor.Name}': {tensor.Datatype}, but the network takes {info.Datatype.WireName()}");
        if (!info.Takes(networkShape))
            throw Wrong($"input '{tensor.Name}': shape [{string.Join(',', tensor.Shape)}], but the network takes [{string.Join(',', info.Shape)}]"
                + (isPicture ? " (UINT8 pictures: [n, height, width, channels])" : ""));
        if (isPicture && shape[^1] != spec!.ChannelCount)
            throw Wrong($"input '{tensor.Name}': pictures of {spec.ChannelCount} channels are taken, this has {shape[^1]}");

        var bytes = BytesOf(shape, datatype, rows);
        if (bytes != payload.Length)
            throw Wrong($"input '{tensor.Name}': {payload.Length} bytes, but {tensor.Datatype} [{string.Join(',', tensor.Shape)}] has {bytes}");
        return new ItemInput(datatype, networkShape, payload);
    }

    private static long BytesOf(long[] shape, Datatype datatype, long rows)
    {
        try
        {
            return checked(rows * TensorMemory.ItemBytes(shape, datatype));
        }
        catch (OverflowException)
        {
            throw Wrong($"a shape of [{rows},{string.Join(',', shape)}] is larger than anything");
        }
    }

    private List<OutputRequest> Outputs(ModelInferRequest message)
    {
        var infos = model.Executor.Outputs;
        if (message.Outputs.Count == 0)
            return [.. infos.Select((info, i) => new OutputRequest(i, info.Datatype))];
        var requests = new List<OutputRequest>(message.Outputs.Count);
        foreach (var output in message.Outputs)
        {
            var index = 0;
            while (index < infos.Count && !string.Equals(infos[index].Name, output.Name, StringComparison.Ordinal))
                index++;
            if (index == infos.Count)
                throw Wrong($"no output '{output.Name}'; there are {string.Join(", ", infos.Select(info => info.Name))}");
            var datatype = infos[index].Datatype;
            if (output.Parameters.TryGetValue(DatatypeParameter, out var wanted))
                datatype = Quantised(index, wanted.StringParam, datatype);
            var request = new OutputRequest(index, datatype);
            if (requests.Contains(request))
                throw Wrong($"output '{output.Name}' is asked for twice as {datatype.WireName()}");
            requests.Add(request);
        }

        return requests;
    }

    private Datatype Quantised(int index, string wanted, Datatype native)
    {
        if (!Datatypes.TryParse(wanted, out var datatype) || (datatype != native && datatype is not (Datatype.Uint8 or Datatype.Uint16)))
            throw Wrong($"{DatatypeParameter} '{wanted}': {native.WireName()}, UINT8 or UINT16");
        var spec = model.Contract.Outputs[index];
        if (datatype != native && (native != Datatype.Fp32 || spec is not { Kind: OutputKind.Map or OutputKind.Mask or OutputKind.Image }))
            throw Wrong($"{DatatypeParameter}: output '{model.Executor.Outputs[index].Name}' is no picture that could be quantised");
        return datatype;
    }

    private static int Priority(ModelInferRequest message) =>
        Number(message, "priority") is { } priority && priority > 0 ? (int)Math.Min(priority, int.MaxValue) : WorkItem.DefaultPriority;

    private static string Text(ModelInferRequest message, string name, string otherwise)
    {
        if (!message.Parameters.TryGetValue(name, out var parameter))
            return otherwise;
        return parameter.ParameterChoiceCase == InferParameter.ParameterChoiceOneofCase.StringParam && parameter.StringParam.Length is > 0 and <= LongestName
            ? parameter.StringParam
            : throw Wrong($"parameter '{name}': 1 to {LongestName} characters");
    }

    /// <summary>No other than these two: flows of classes that callers make up would each be new, and come before those that wait.</summary>
    private static string Class(ModelInferRequest message) =>
        Text(message, ClassParameter, "interactive") is ("interactive" or "batch") and var named
            ? named
            : throw Wrong($"parameter '{ClassParameter}': interactive or batch");

    private static double Weight(ModelInferRequest message, FlowKey flow)
    {
        if (!message.Parameters.TryGetValue(WeightParameter, out var parameter))
            return flow.Class == "batch" ? 1 : InteractiveWeight;
        return parameter.ParameterChoiceCase == InferParameter.ParameterChoiceOneofCase.DoubleParam && parameter.DoubleParam is >= LeastWeight and <= MostWeight
            ? parameter.DoubleParam
            : throw Wrong($"parameter '{WeightParameter}': a number from {LeastWeight} to {MostWeight}");
    }

    /// <summary>The call's deadline, or the protocol's <c>timeout</c> parameter in microseconds where that is shorter.</summary>
    private static TimeSpan Deadline(ModelInferRequest message, TimeSpan now, TimeSpan timeLeft)
    {
        if (Number(message, TimeoutParameter) is { } microseconds && microseconds > 0 && microseconds / 1000.0 < timeLeft.TotalMilliseconds)
            timeLeft = TimeSpan.FromMicroseconds(microseconds);
        return timeLeft >= TimeSpan.MaxValue - now ? TimeSpan.MaxValue : now + timeLeft;
    }

    private static long? Number(ModelInferRequest message, string name) =>
        !message.Parameters.TryGetValue(name, out var parameter) ? null : parameter.ParameterChoiceCase switch
        {
            InferParameter.ParameterChoiceOneofCase.Int64Param => parameter.Int64Param,
            InferParameter.ParameterChoiceOneofCase.Uint64Param => (long)Math.Min(parameter.Uint64Param, long.MaxValue),
            InferParameter.ParameterChoiceOneofCase.StringParam when long.TryParse(parameter.StringParam, out var number) => number,
            _ => throw Wrong($"parameter '{name}': a whole number"),
        };

    private static FailureException Wrong(string message) => new(Failure.Invalid(Reasons.InvalidTensor, message));
}
