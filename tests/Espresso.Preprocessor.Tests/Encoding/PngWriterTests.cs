using System.IO.Hashing;
using System.Runtime.InteropServices;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Encoding;
using Espresso.Preprocessor.Pictures;

namespace Espresso.Preprocessor.Tests.Encoding;

public sealed class PngWriterTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 300_000, 1)] // a row that is longer than a strip
    [InlineData(1, 700, 900)] // three strips, the last one shorter
    [InlineData(3, 640, 480)]
    public void Write_EightBits_AreReadByteForByte(int channels, int width, int height)
    {
        using var canvas = Noise(width * height * channels);

        using var file = PngWriter.Write(canvas, width, height, channels, 8, Core.Budget);

        var spec = new TensorSpec(0, 0, Fit.Stretch, channels == 1 ? ChannelOrder.Gray : ChannelOrder.Rgb);
        using var read = Core.Decoder.Decode(file.Memory, [spec], Core.Budget).Tensors[0].Contents;
        read.Span.SequenceEqual(canvas.Span).ShouldBeTrue();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Write_SixteenBits_KeepsHighAndLowByte(int channels)
    {
        const int Width = 500;
        const int Height = 400;
        using var canvas = Noise(Width * Height * channels * 2);

        using var file = PngWriter.Write(canvas, Width, Height, channels, 16, Core.Budget);

        var rows = PngRow.ReadAll(file.Span.ToArray(), Width * channels * 2);
        var samples = MemoryMarshal.Cast<byte, ushort>(canvas.Span).ToArray();
        rows.ShouldBe(samples.SelectMany(sample => new[] { (byte)(sample >> 8), (byte)sample }));
    }

    [Fact]
    public void Joined_AdlersOfTwoParts_IsThatOfTheWhole()
    {
        var bytes = Noise(100_000).Span.ToArray();
        bytes.AsSpan(20_000, 40_000).Fill(byte.MaxValue); // the largest sums
        foreach (var cut in new[] { 0, 1, 5_552, 33_333, 99_999, 100_000 })
        {
            var (first, second) = (Adler32.HashToUInt32(bytes.AsSpan(0, cut)), Adler32.HashToUInt32(bytes.AsSpan(cut)));

            PngWriter.Joined(first, second, bytes.Length - cut).ShouldBe(Adler32.HashToUInt32(bytes));
        }
    }

    private static NativeBuffer Noise(int length)
    {
        var buffer = new NativeBuffer(length);
        new Random(1).NextBytes(buffer.Span);
        return buffer;
    }
}
