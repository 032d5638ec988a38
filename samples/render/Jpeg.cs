namespace Espresso.Samples.Render;

/// <summary>A baseline JPEG writer (ITU-T T.81, with the example tables of its annex K), full colour resolution.</summary>
internal static class Jpeg
{
    private static readonly byte[] Order =
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];

    private static readonly byte[] Luminance =
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ];

    private static readonly byte[] DcLengths = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
    private static readonly byte[] DcSymbols = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    private static readonly byte[] AcLengths = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D];

    private static readonly byte[] AcSymbols = Convert.FromHexString(
        "01020300041105122131410613516107227114328191A1082342B1C11552D1F02433627282090A161718191A25262728292A3435363738393A43444546474849" +
        "4A535455565758595A636465666768696A737475767778797A838485868788898A92939495969798999AA2A3A4A5A6A7A8A9AAB2B3B4B5B6B7B8B9BAC2C3C4C5" +
        "C6C7C8C9CAD2D3D4D5D6D7D8D9DAE1E2E3E4E5E6E7E8E9EAF1F2F3F4F5F6F7F8F9FA");

    private static readonly float[] Cosines = [.. Enumerable.Range(0, 64).Select(i =>
        MathF.Cos(((2 * (i % 8)) + 1) * (i / 8) * MathF.PI / 16) * (i / 8 == 0 ? MathF.Sqrt(0.125f) : 0.5f))];

    /// <param name="rgb">3 bytes a pixel, row by row.</param>
    /// <param name="quality">1..100, in the scale that libjpeg made usual.</param>
    public static byte[] Encode(byte[] rgb, int width, int height, int quality)
    {
        var percent = quality < 50 ? 5000 / quality : 200 - (2 * quality);
        var steps = Luminance.Select(step => (byte)Math.Clamp(((step * percent) + 50) / 100, 1, 255)).ToArray();
        var output = new List<byte>();
        Head(output, steps, width, height);

        var bits = new BitWriter(output);
        var (dc, ac) = (Codes(DcLengths, DcSymbols), Codes(AcLengths, AcSymbols));
        var last = new int[3];
        for (var y = 0; y < height; y += 8)
        {
            for (var x = 0; x < width; x += 8)
            {
                for (var plane = 0; plane < 3; plane++)
                    last[plane] = Block(bits, Quantise(rgb, width, height, x, y, plane, steps), last[plane], dc, ac);
            }
        }

        bits.Finish();
        output.AddRange([0xFF, 0xD9]);
        return [.. output];
    }

    private static void Head(List<byte> output, byte[] steps, int width, int height)
    {
        output.AddRange([0xFF, 0xD8, 0xFF, 0xE0, 0, 16, .. "JFIF\0"u8, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
        output.AddRange([0xFF, 0xDB, 0, 67, 0, .. Order.Select(i => steps[i])]);
        output.AddRange([0xFF, 0xC0, 0, 17, 8, (byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
        output.AddRange([0xFF, 0xC4, 0, (byte)(19 + DcSymbols.Length), 0x00, .. DcLengths, .. DcSymbols]);
        output.AddRange([0xFF, 0xC4, 0, (byte)(19 + AcSymbols.Length), 0x10, .. AcLengths, .. AcSymbols]);
        output.AddRange([0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    }

    /// <summary>The quantised coefficients of one 8 x 8 block of one plane (Y, Cb, Cr), in zigzag order.</summary>
    private static int[] Quantise(byte[] rgb, int width, int height, int left, int top, int plane, byte[] steps)
    {
        Span<float> values = stackalloc float[64], half = stackalloc float[64];
        for (var i = 0; i < 64; i++)
        {
            var at = ((Math.Min(top + (i / 8), height - 1) * width) + Math.Min(left + (i % 8), width - 1)) * 3;
            var (r, g, b) = (rgb[at], rgb[at + 1], rgb[at + 2]);
            values[i] = plane switch
            {
                0 => (0.299f * r) + (0.587f * g) + (0.114f * b) - 128,
                1 => (-0.168736f * r) - (0.331264f * g) + (0.5f * b),
                _ => (0.5f * r) - (0.418688f * g) - (0.081312f * b),
            };
        }

        for (var i = 0; i < 64; i++)
        {
            for (var k = 0; k < 8; k++)
                half[i] += values[(i / 8 * 8) + k] * Cosines[(i % 8 * 8) + k];
        }

        var result = new int[64];
        for (var i = 0; i < 64; i++)
        {
            var (sum, at) = (0f, Order[i]);
            for (var k = 0; k < 8; k++)
                sum += half[(k * 8) + (at % 8)] * Cosines[(at / 8 * 8) + k];
            result[i] = (int)MathF.Round(sum / steps[at]);
        }

        return result;
    }

    private static int Block(BitWriter bits, int[] block, int lastDc, (int Code, int Length)[] dc, (int Code, int Length)[] ac)
    {
        Value(bits, block[0] - lastDc, 0, dc);
        var end = Array.FindLastIndex(block, value => value != 0);
        for (var (i, zeros) = (1, 0); i <= end; i++)
        {
            if (block[i] == 0)
            {
                zeros++;
                continue;
            }

            for (; zeros > 15; zeros -= 16)
                bits.Write(ac[0xF0]);
            Value(bits, block[i], zeros, ac);
            zeros = 0;
        }

        if (end < 63)
            bits.Write(ac[0]);
        return block[0];
    }

    private static void Value(BitWriter bits, int value, int zeros, (int Code, int Length)[] codes)
    {
        var size = 32 - int.LeadingZeroCount(Math.Abs(value));
        bits.Write(codes[(zeros << 4) | size]);
        bits.Write((value < 0 ? value + (1 << size) - 1 : value, size));
    }

    private static (int Code, int Length)[] Codes(byte[] lengths, byte[] symbols)
    {
        var codes = new (int, int)[256];
        for (var (length, code, next) = (1, 0, 0); length <= 16; length++, code <<= 1)
        {
            for (var i = 0; i < lengths[length - 1]; i++)
                codes[symbols[next++]] = (code++, length);
        }

        return codes;
    }

    private sealed class BitWriter(List<byte> output)
    {
        private int _pending, _count;

        public void Write((int Code, int Length) value)
        {
            for (var i = value.Length - 1; i >= 0; i--)
            {
                _pending = (_pending << 1) | ((value.Code >> i) & 1);
                if (++_count < 8)
                    continue;
                output.Add((byte)_pending);
                if ((byte)_pending == 0xFF)
                    output.Add(0);
                _count = 0;
            }
        }

        public void Finish() => Write((0x7F, _count == 0 ? 0 : 8 - _count));
    }
}
