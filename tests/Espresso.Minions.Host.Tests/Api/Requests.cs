using System.Runtime.InteropServices;
using Google.Protobuf;
using Inference;

namespace Espresso.Minions.Tests.Api;

internal static class Requests
{
    public const int Pixels = 256 * 256;

    /// <summary>Values of 0..1 for [n, 3, 256, 256].</summary>
    public static float[] Noise(int seed, int rows = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, rows * 3 * Pixels).Select(_ => random.Next(256) / 255f)];
    }

    public static ModelInferRequest Depth(float[] values, int rows = 1) => Raw("depth", [rows, 3, 256, 256], values);

    /// <summary>For the echo package: every value of the picture is the same.</summary>
    public static ModelInferRequest Echo(float value, int rows = 1) => Raw("echo", [rows, 3, 4, 8], [.. Enumerable.Repeat(value, rows * 96)]);

    public static ModelInferRequest Raw(string model, long[] shape, float[] values) => new()
    {
        ModelName = model,
        Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "image", Datatype = "FP32", Shape = { shape } } },
        RawInputContents = { Bytes<float>(values) },
    };

    public static ByteString Bytes<T>(ReadOnlySpan<T> values)
        where T : unmanaged => ByteString.CopyFrom(MemoryMarshal.AsBytes(values));

    public static T[] Output<T>(this ModelInferResponse reply, int index = 0)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(reply.RawOutputContents[index].Span).ToArray();
}
