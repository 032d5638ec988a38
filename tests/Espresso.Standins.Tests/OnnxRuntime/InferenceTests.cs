using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace Espresso.Standins.Tests.OnnxRuntime;

/// <summary>The C# sources and the native library from npm fit each other.</summary>
public sealed class InferenceTests
{
    [Fact]
    public void Session_NegOfATensor_Negates()
    {
        using var session = new InferenceSession(NegModel());
        using var input = OrtValue.CreateTensorValueFromMemory(new float[] { 1, -2, 3 }, [3]);
        using var options = new RunOptions();

        using var outputs = session.Run(options, ["x"], [input], ["y"]);

        outputs[0].GetTensorDataAsSpan<float>().ToArray().ShouldBe([-1, 2, -3]);
        session.InputMetadata["x"].Dimensions.ShouldBe([3]);
    }

    [Fact]
    public void Session_BytesThatAreNoModel_Throws() =>
        Should.Throw<OnnxRuntimeException>(() => new InferenceSession([1, 2, 3]));

    [Fact]
    public void Library_Version_IsTheOneOfTheSources() => OrtEnv.Instance().GetVersionString().ShouldBe("1.29.0");

    // y = Neg(x) over float[3], written field by field: numbers from onnx/onnx.proto.
    private static byte[] NegModel()
    {
        const int floatType = 1;
        var shape = Message(o => o.Nested(1, d => d.Number(1, 3)));
        var tensorType = Message(o => o.Number(1, floatType).Bytes(2, shape));
        var graph = Message(o => o
            .Nested(1, node => node.Text(1, "x").Text(2, "y").Text(4, "Neg"))
            .Text(2, "g")
            .Nested(11, input => input.Text(1, "x").Nested(2, type => type.Bytes(1, tensorType)))
            .Nested(12, output => output.Text(1, "y").Nested(2, type => type.Bytes(1, tensorType))));
        return Message(o => o.Number(1, 8).Bytes(7, graph).Nested(8, opset => opset.Number(2, 13)));
    }

    private static byte[] Message(Action<FieldWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
            write(new FieldWriter(output));
        return buffer.ToArray();
    }

    private readonly struct FieldWriter(CodedOutputStream output)
    {
        public FieldWriter Number(int field, long value)
        {
            output.WriteTag(field, WireFormat.WireType.Varint);
            output.WriteInt64(value);
            return this;
        }

        public FieldWriter Text(int field, string value)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteString(value);
            return this;
        }

        public FieldWriter Bytes(int field, byte[] value)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(value));
            return this;
        }

        public FieldWriter Nested(int field, Action<FieldWriter> write) => Bytes(field, Message(write));
    }
}
