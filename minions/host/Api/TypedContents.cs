using System.Runtime.InteropServices;
using Espresso.Errors;
using Espresso.Minions.Execution;
using Espresso.Wire;
using Google.Protobuf.Collections;
using Inference;

namespace Espresso.Minions.Api;

/// <summary>The protocol's typed contents, for clients that do not send raw ones, brought to raw bytes.</summary>
internal static class TypedContents
{
    /// <summary>The request with raw contents, whatever it came with.</summary>
    /// <exception cref="FailureException">Contents that are missing, of no type, or there twice.</exception>
    public static PayloadMessage<ModelInferRequest> ToRaw(PayloadMessage<ModelInferRequest> request)
    {
        var inputs = request.Message.Inputs;
        if (request.Payloads.Count > 0)
        {
            return inputs.FirstOrDefault(input => input.Contents is not null) is { } twice
                ? throw Wrong(twice, "both contents and raw_input_contents")
                : request;
        }

        var payloads = new List<Payload>(inputs.Count);
        try
        {
            foreach (var input in inputs)
                payloads.Add(ToPayload(input));
            return new PayloadMessage<ModelInferRequest>(request.Message, payloads);
        }
        catch
        {
            payloads.ForEach(payload => payload.Dispose());
            throw;
        }
    }

    private static Payload ToPayload(ModelInferRequest.Types.InferInputTensor tensor)
    {
        var contents = tensor.Contents ?? throw Wrong(tensor, "neither contents nor raw_input_contents");
        if (!Datatypes.TryParse(tensor.Datatype, out var datatype))
            throw Wrong(tensor, $"unknown datatype '{tensor.Datatype}'");
        return datatype switch
        {
            Datatype.Bool => Convert<bool, byte>(contents.BoolContents, value => value ? (byte)1 : (byte)0),
            Datatype.Int8 => Convert<int, sbyte>(contents.IntContents, value => checked((sbyte)value)),
            Datatype.Int16 => Convert<int, short>(contents.IntContents, value => checked((short)value)),
            Datatype.Int32 => Convert<int, int>(contents.IntContents, value => value),
            Datatype.Int64 => Convert<long, long>(contents.Int64Contents, value => value),
            Datatype.Uint8 => Convert<uint, byte>(contents.UintContents, value => checked((byte)value)),
            Datatype.Uint16 => Convert<uint, ushort>(contents.UintContents, value => checked((ushort)value)),
            Datatype.Uint32 => Convert<uint, uint>(contents.UintContents, value => value),
            Datatype.Uint64 => Convert<ulong, ulong>(contents.Uint64Contents, value => value),
            Datatype.Fp32 => Convert<float, float>(contents.Fp32Contents, value => value),
            Datatype.Fp64 => Convert<double, double>(contents.Fp64Contents, value => value),
            _ => throw Wrong(tensor, $"{tensor.Datatype} has no typed contents; send raw_input_contents"),
        };

        Payload Convert<TFrom, TTo>(RepeatedField<TFrom> values, Func<TFrom, TTo> convert)
            where TTo : unmanaged
        {
            var payload = Payload.Rent(checked(values.Count * Marshal.SizeOf<TTo>()));
            try
            {
                var into = MemoryMarshal.Cast<byte, TTo>(payload.Span);
                for (var i = 0; i < values.Count; i++)
                    into[i] = convert(values[i]);
                return payload;
            }
            catch (OverflowException)
            {
                payload.Dispose();
                throw Wrong(tensor, $"a value that is no {tensor.Datatype}");
            }
        }
    }

    private static FailureException Wrong(ModelInferRequest.Types.InferInputTensor tensor, string what) =>
        new(Failure.Invalid(Reasons.InvalidTensor, $"input '{tensor.Name}': {what}"));
}
