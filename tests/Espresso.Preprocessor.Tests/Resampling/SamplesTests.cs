using System.Runtime.InteropServices;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Resampling;

namespace Espresso.Preprocessor.Tests.Resampling;

public sealed class SamplesTests
{
    [Fact]
    public void ToBytes_EveryByte_ComesBackAsItWas()
    {
        var bytes = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        var tensor = new ModelTensor(SampleType.UInt8, 256, 1, 1, Geometry.Whole(256, 1), 0, 0, bytes);
        var values = new float[256];
        var back = new byte[256];

        Samples.Read(tensor, 0, Samples.Range(tensor), values);
        Samples.ToBytes(values, back);

        back.ShouldBe(bytes);
    }

    [Fact]
    public void ToUShorts_EveryValue_ComesBackAsItWas()
    {
        var all = Enumerable.Range(0, 65_535).Select(i => (ushort)i).ToArray();
        var tensor = new ModelTensor(SampleType.UInt16, all.Length, 1, 1, Geometry.Whole(all.Length, 1), 0, 0, MemoryMarshal.AsBytes(all.AsSpan()).ToArray());
        var values = new float[all.Length];
        var back = new ushort[all.Length];

        Samples.Read(tensor, 0, Samples.Range(tensor), values);
        Samples.ToUShorts(values, back);

        back.ShouldBe(all);
    }

    [Fact]
    public void ToBytes_OutOfRange_IsClipped()
    {
        var values = Enumerable.Range(0, 100).Select(i => i % 2 == 0 ? -3.5f : 7f).ToArray();
        var bytes = new byte[100];

        Samples.ToBytes(values, bytes);

        bytes.ShouldBe(Enumerable.Range(0, 100).Select(i => i % 2 == 0 ? (byte)0 : (byte)255));
    }

    [Theory]
    [InlineData(0f, 0f, new[] { 2f, 4f, 3f, 2.5f }, new byte[] { 0, 255, 128, 64 })]
    [InlineData(0f, 1f, new[] { 0f, 0.5f, 1f, 2f }, new byte[] { 0, 128, 255, 255 })]
    [InlineData(1f, 0f, new[] { 0f, 0.25f, 1f, 2f }, new byte[] { 255, 191, 0, 0 })]
    [InlineData(0f, 0f, new[] { 5f, 5f, 5f, 5f }, new byte[] { 0, 0, 0, 0 })]
    [InlineData(0f, 0f, new[] { float.NaN, 1f, 2f, 3f }, new byte[] { 0, 0, 128, 255 })]
    [InlineData(0f, 0f, new[] { float.NegativeInfinity, 1f, 3f, float.PositiveInfinity }, new byte[] { 0, 0, 255, 255 })]
    [InlineData(0f, 0f, new[] { float.NaN, float.NaN, float.NaN, float.NaN }, new byte[] { 0, 0, 0, 0 })]
    [InlineData(0f, 1f, new[] { float.NaN, -1f, float.PositiveInfinity, float.NegativeInfinity }, new byte[] { 0, 0, 255, 0 })]
    public void Read_Float_StretchesItsRange(float low, float high, float[] numbers, byte[] expected)
    {
        var tensor = new ModelTensor(SampleType.Float32, 4, 1, 1, Geometry.Whole(4, 1), low, high, MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray());
        var values = new float[4];
        var bytes = new byte[4];

        Samples.Read(tensor, 0, Samples.Range(tensor), values);
        Samples.ToBytes(values, bytes);

        bytes.ShouldBe(expected);
    }
}
