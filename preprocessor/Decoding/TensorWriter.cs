using Espresso.Preprocessor.Pictures;

namespace Espresso.Preprocessor.Decoding;

/// <summary>Puts rows of a stored picture, RGB or gray, to their places in a tensor: turned as the picture is seen, in the tensor's channel order.</summary>
internal static class TensorWriter
{
    /// <param name="tensor">[height, width, channels] of <paramref name="placement"/>.</param>
    /// <param name="rows">Stored rows of the content, one behind the other.</param>
    /// <param name="bands">1 or 3, the stored pixels' channels.</param>
    /// <param name="firstRow">The first row's number within the content as stored.</param>
    public static void Write(
        Span<byte> tensor, Placement placement, Orientation orientation, ReadOnlySpan<byte> rows, int bands, int firstRow)
    {
        var channels = placement.Spec.Channels;
        var (width, height) = orientation.Turn(placement.ContentWidth, placement.ContentHeight);
        var stride = placement.Width * channels;
        var origin = (placement.ContentY * stride) + (placement.ContentX * channels);
        // One step along a stored row is a step along the tensor's row, or its column where the picture is transposed.
        var (alongX, alongY) = orientation.Transpose ? (stride, channels) : (channels, stride);
        var step = orientation.MirrorX ? -alongX : alongX;
        var count = rows.Length / (width * bands);
        for (var i = 0; i < count; i++)
        {
            var row = firstRow + i;
            var start = origin
                + ((orientation.MirrorY ? height - 1 - row : row) * alongY)
                + (orientation.MirrorX ? (width - 1) * alongX : 0);
            Row(tensor, start, step, rows.Slice(i * width * bands, width * bands), bands, placement.Spec.Order);
        }
    }

    /// <summary>One row of <paramref name="bands"/> channels from <paramref name="at"/> on, the next pixel <paramref name="step"/> further.</summary>
    public static void Row(Span<byte> tensor, int at, int step, ReadOnlySpan<byte> row, int bands, ChannelOrder order)
    {
        if (step == bands && (bands, order) is (3, ChannelOrder.Rgb) or (1, ChannelOrder.Gray))
        {
            row.CopyTo(tensor[at..]);
            return;
        }

        switch (bands, order)
        {
            case (1, ChannelOrder.Gray):
                foreach (var value in row)
                {
                    tensor[at] = value;
                    at += step;
                }

                break;
            case (1, _):
                foreach (var value in row)
                {
                    tensor[at] = tensor[at + 1] = tensor[at + 2] = value;
                    at += step;
                }

                break;
            case (_, ChannelOrder.Gray):
                for (; row.Length >= 3; row = row[3..], at += step)
                    tensor[at] = Luma(row[0], row[1], row[2]);
                break;
            default:
                var (red, blue) = order == ChannelOrder.Rgb ? (0, 2) : (2, 0);
                for (; row.Length >= 3; row = row[3..], at += step)
                {
                    tensor[at + red] = row[0];
                    tensor[at + 1] = row[1];
                    tensor[at + blue] = row[2];
                }

                break;
        }
    }

    /// <summary>ITU-R BT.601's weights in 1/256; equal parts give exactly their value.</summary>
    private static byte Luma(int red, int green, int blue) => (byte)(((77 * red) + (150 * green) + (29 * blue) + 128) >> 8);
}
