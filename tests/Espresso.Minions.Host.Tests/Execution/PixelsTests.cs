using Espresso.Manifests;
using Espresso.Minions.Execution;

namespace Espresso.Minions.Tests.Execution;

/// <summary>Against plain loops in double precision.</summary>
public sealed class PixelsTests
{
    public static TheoryData<int> Counts => [1, 2, 3, 7, 15, 16, 17, 31, 33, 48, 100, 1023];

    [Theory]
    [MemberData(nameof(Counts))]
    public void Normalise_AnySpec_EqualsTheFormula(int pixels) => Seeds.Check(30, random =>
    {
        var kind = random.Next(3) == 0 ? InputKind.Mask : InputKind.Picture;
        var input = new InputSpec
        {
            Kind = kind,
            Channels = (ChannelOrder)random.Next(3),
            Layout = (TensorLayout)random.Next(2),
            Scale = random.Next(2) == 0 ? 1f / 255 : random.NextSingle() * 3,
        };
        input = input with
        {
            Mean = random.Next(3) == 0 ? [] : [.. Enumerable.Range(0, input.ChannelCount).Select(_ => random.NextSingle())],
            Std = random.Next(3) == 0 ? [] : [.. Enumerable.Range(0, input.ChannelCount).Select(_ => 0.1f + random.NextSingle())],
        };
        var channels = input.ChannelCount;
        var bytes = new byte[pixels * channels];
        random.NextBytes(bytes);
        var tensor = new float[bytes.Length + 1];
        tensor[^1] = 42;

        Pixels.Normalise(bytes, input, tensor.AsSpan(0, bytes.Length));

        for (var p = 0; p < pixels; p++)
        {
            for (var c = 0; c < channels; c++)
            {
                var mean = input.Mean.Count > 0 ? input.Mean[c] : 0.0;
                var std = input.Std.Count > 0 ? input.Std[c] : 1.0;
                var expected = ((bytes[(p * channels) + c] * (double)input.Scale) - mean) / std;
                var actual = tensor[input.Layout == TensorLayout.Nchw ? (c * pixels) + p : (p * channels) + c];
                ((double)actual).ShouldBe(expected, 1e-5 * Math.Max(10, Math.Abs(expected)));
            }
        }

        tensor[^1].ShouldBe(42); // nothing beyond the end
    });

    [Theory]
    [MemberData(nameof(Counts))]
    public void Quantise_AnyRange_IsTheNearestStep(int count) => Seeds.Check(50, random =>
    {
        // Narrow ranges far from zero, too: there a sum of two large numbers would lose the difference.
        var low = (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-3, 5)));
        var high = low + (float)Math.Max(Math.Pow(10, random.Next(-3, 5)), Math.Abs(low) * 1e-4);
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = low + ((high - low) * ((random.NextSingle() * 1.4f) - 0.2f));
        var bytes = new byte[count];
        var words = new ushort[count];

        Pixels.Quantise(values, low, high, bytes);
        Pixels.Quantise(values, low, high, words);

        for (var i = 0; i < count; i++)
        {
            var part = Math.Clamp(((double)values[i] - low) / ((double)high - low), 0, 1);
            ((double)bytes[i]).ShouldBe(part * 255, 0.5001);
            ((double)words[i]).ShouldBe(part * 65535, 0.52);
        }
    });

    [Fact]
    public void Quantise_SpecialValues_AreClippedOrZero()
    {
        // At every place of the vector, and in the rest behind it.
        for (var at = 0; at < 40; at++)
        {
            var values = new float[40];
            Array.Fill(values, 0.5f);
            foreach (var (value, full) in new[] { (float.NaN, 0.0), (float.PositiveInfinity, 1), (float.NegativeInfinity, 0), (float.MaxValue, 1), (float.MinValue, 0), (0, 0), (1, 1) })
            {
                values[at] = value;
                var bytes = new byte[40];
                var words = new ushort[40];
                Pixels.Quantise(values, 0, 1, bytes);
                Pixels.Quantise(values, 0, 1, words);
                (bytes[at], words[at]).ShouldBe(((byte)(full * 255), (ushort)(full * 65535)), $"{value} at {at}");
                bytes.Where((_, i) => i != at).ShouldAllBe(each => each == 128);
            }
        }
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(0, 0)]
    [InlineData(7, 3)]
    public void Quantise_NoRange_IsAllZero(float low, float high)
    {
        float[] values = [.. Enumerable.Range(-20, 40), float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        var bytes = new byte[values.Length];
        var words = new ushort[values.Length];
        Array.Fill(bytes, (byte)9);
        Array.Fill(words, (ushort)9);

        Pixels.Quantise(values, low, high, bytes);
        Pixels.Quantise(values, low, high, words);

        bytes.ShouldAllBe(each => each == 0);
        words.ShouldAllBe(each => each == 0);
    }

    [Fact]
    public void RangeOf_Values_IsTheSmallestAndLargestFinite()
    {
        Pixels.RangeOf([3, -1, 2]).ShouldBe(new ValueRange(-1, 3));
        Pixels.RangeOf([float.NaN, 3, float.NaN, -1]).ShouldBe(new ValueRange(-1, 3));
        Pixels.RangeOf([float.PositiveInfinity, 3, float.NegativeInfinity, -1]).ShouldBe(new ValueRange(-1, 3));
        Pixels.RangeOf([float.NaN, float.PositiveInfinity]).ShouldBe(default);
        Pixels.RangeOf([5]).ShouldBe(new ValueRange(5, 5));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void Interleave_Planes_BecomePixels(int channels)
    {
        const int Count = 35;
        var planes = Enumerable.Range(0, channels * Count).Select(i => (ushort)i).ToArray();
        var pixels = new ushort[planes.Length];

        Pixels.Interleave<ushort>(planes, channels, pixels);

        for (var p = 0; p < Count; p++)
        {
            for (var c = 0; c < channels; c++)
                pixels[(p * channels) + c].ShouldBe(planes[(c * Count) + p]);
        }
    }
}
