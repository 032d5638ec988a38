using System.Buffers.Binary;
using System.IO.Compression;
using Espresso.Errors;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Encoding;
using Espresso.Preprocessor.Work;
using Espresso.TestKit;

namespace Espresso.Preprocessor.Tests.Pictures;

public sealed class LimitsTests
{
    private static readonly TensorSpec Small = new(16, 16, Fit.Stretch, ChannelOrder.Rgb);

    [Fact]
    public void Decode_TooManyBytes_NamesLimitAndActual()
    {
        var decoder = new PictureDecoder(Core.Limits with { Bytes = 100 });
        var file = Core.Fixture("plain.png");

        var failure = Core.Failure(() => decoder.Decode(file, [Small], Core.Budget));

        (failure.Kind, failure.Reason).ShouldBe((FailureKind.TooLarge, Reasons.BodyTooLarge));
        failure.Message.ShouldContain("100");
        failure.Message.ShouldContain(file.Length.ToString());
    }

    [Fact]
    public void Decode_BombOf100Megapixels_IsRefusedFromItsHeader()
    {
        var bomb = Bomb(10_000, 10_000);
        bomb.Length.ShouldBeLessThan(100_000);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var failure = Core.Failure(() => Core.Decoder.Decode(bomb, [Small], Core.Budget));

        (failure.Kind, failure.Reason).ShouldBe((FailureKind.TooLarge, Reasons.TooManyPixels));
        failure.Message.ShouldContain("100000000");
        failure.Message.ShouldContain("50000000");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000_000);
    }

    [Fact]
    public void Decode_TooManyFrames_IsRefused()
    {
        var decoder = new PictureDecoder(Core.Limits with { Frames = 2 });

        var failure = Core.Failure(() => decoder.Decode(Core.Fixture("animated.gif"), [Small], Core.Budget));

        failure.Reason.ShouldBe(Reasons.TooManyFrames);
        failure.Message.ShouldContain("3 frames; at most 2");
    }

    [Fact]
    public void Decode_TooLargeTensors_AreRefused()
    {
        var failure = Core.Failure(() => Core.Decoder.Decode(
            Core.Fixture("plain.png"), [.. Enumerable.Repeat(new TensorSpec(4096, 4096, Fit.Stretch, ChannelOrder.Rgb), 2)], Core.Budget));

        failure.Reason.ShouldBe(Reasons.InvalidRequest);
        failure.Message.ShouldContain("100663296");
        failure.Message.ShouldContain("60000000");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    public void Decode_NoneOrTooManySpecs_AreRefused(int count) =>
        Core.Failure(() => Core.Decoder.Decode(Core.Fixture("plain.png"), [.. Enumerable.Repeat(Small, count)], Core.Budget))
            .Message.ShouldContain($"{count} tensors");

    [Fact]
    public void Decode_TimeIsUp_IsRefused()
    {
        var time = new FakeTime();
        var budget = new WorkBudget(time, TimeSpan.FromSeconds(10), CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(11));

        var failure = Core.Failure(() => Core.Decoder.Decode(Core.Fixture("plain.png"), [Small], budget));

        (failure.Kind, failure.Reason).ShouldBe((FailureKind.Late, Reasons.TimeLimit));
        failure.Message.ShouldContain("10 s");
    }

    [Fact]
    public void Decode_CallerGone_Stops()
    {
        var budget = new WorkBudget(TimeProvider.System, TimeSpan.FromSeconds(10), new CancellationToken(canceled: true));

        Core.Failure(() => Core.Decoder.Decode(Core.Fixture("plain.png"), [Small], budget)).Kind.ShouldBe(FailureKind.Cancelled);
    }

    [Fact]
    public void Encode_TimeIsUpWhileSaving_Stops()
    {
        // The clock jumps over the limit only after the canvas is drawn: it is asked once every 64 rows and then by the saver.
        const int Rows = 640;
        var time = new LeapingTime(leapAfter: 1 + (Rows / 64) + 2);
        var noise = new Random(1);
        var tensor = Core.Tensor(Pixels.Of(1000, Rows, 3, (_, _, _) => (byte)noise.Next(256)));

        var failure = Core.Failure(() => Core.Encoder.Encode(Core.Png(tensor), new WorkBudget(time, TimeSpan.FromSeconds(10), CancellationToken.None)));

        failure.Reason.ShouldBe(Reasons.TimeLimit);
    }

    [Fact]
    public void Encode_TooManyPixels_IsRefused()
    {
        var tensor = Core.Tensor(Pixels.Of(4, 4, 1, (_, _, _) => 0));

        var failure = Core.Failure(() => Core.Encode(new EncodeJob(tensor, OutputFormat.Png, 8, 0, 10_000, 10_000, Blend: null)));

        failure.Reason.ShouldBe(Reasons.TooManyPixels);
    }

    /// <summary>A PNG that is right in every way: one bit a pixel, all black (PNG specification, 5 and 11).</summary>
    private static byte[] Bomb(int width, int height)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 1;
        Chunk(file, "IHDR"u8, header);
        using var content = new MemoryStream();
        using (var zlib = new ZLibStream(content, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var row = new byte[1 + ((width + 7) / 8)];
            for (var y = 0; y < height; y++)
                zlib.Write(row);
        }

        Chunk(file, "IDAT"u8, content.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();

        static void Chunk(MemoryStream file, ReadOnlySpan<byte> type, byte[] data)
        {
            byte[] typed = [.. type, .. data];
            var number = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
            file.Write(number);
            file.Write(typed);
            BinaryPrimitives.WriteUInt32BigEndian(number, Crc(typed));
            file.Write(number);
        }

        static uint Crc(byte[] data)
        {
            var crc = uint.MaxValue;
            foreach (var value in data)
            {
                crc ^= value;
                for (var bit = 0; bit < 8; bit++)
                    crc = (crc >> 1) ^ ((crc & 1) * 0xedb88320);
            }

            return ~crc;
        }
    }

    /// <summary>Stands still until it has been asked a number of times, then an hour has passed.</summary>
    private sealed class LeapingTime(int leapAfter) : TimeProvider
    {
        private int _asked;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Increment(ref _asked) > leapAfter ? TimeSpan.TicksPerHour : 0;
    }
}
