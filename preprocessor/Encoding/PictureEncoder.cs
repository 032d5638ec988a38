using System.Runtime.InteropServices;
using Espresso.Errors;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Pictures;
using Espresso.Preprocessor.Resampling;
using Espresso.Preprocessor.Work;
using Espresso.Wire;

namespace Espresso.Preprocessor.Encoding;

/// <summary>A picture file; whoever holds it disposes its contents.</summary>
internal sealed record EncodedPicture(string MediaType, int Width, int Height, Payload Contents);

/// <summary>A tensor to a picture file in the picture's own frame.</summary>
/// <remarks>
/// 1. A canvas of the file's size is laid: black, or with a blend the picture itself.
/// 2. The tensor is drawn where the picture lay under it: what was padding is left away, what was cut off stays as the canvas is.
/// 3. The canvas is saved.
/// </remarks>
internal sealed class PictureEncoder(PictureLimits limits, PictureDecoder decoder)
{
    /// <summary>Rows that one thread draws without a look at the budget.</summary>
    private const int RowsAPart = 64;

    /// <exception cref="FailureException">The job is refused, or the budget is spent.</exception>
    public EncodedPicture Encode(EncodeJob job, WorkBudget budget)
    {
        job.Check();
        var picture = job.Tensor.Geometry;
        var (width, height) = job.Width == 0 ? (picture.PictureWidth, picture.PictureHeight) : (job.Width, job.Height);
        if ((long)width * height > limits.Pixels)
        {
            throw new FailureException(Failure.TooLarge(
                Reasons.TooManyPixels, $"a picture of {width} × {height} = {(long)width * height} pixels is asked for; at most {limits.Pixels} are given"));
        }

        using var canvas = job.Blend is null ? Plain(job, width, height, budget) : Blended(job.Tensor, job.Blend, width, height, budget);
        var channels = job.Blend is null ? job.Tensor.Channels : 3;
        var file = PictureSaver.Save(canvas, width, height, channels, job, budget); // 3
        return new EncodedPicture($"image/{job.Format.ToString().ToLowerInvariant()}", width, height, file);
    }

    private static NativeBuffer Plain(EncodeJob job, int width, int height, WorkBudget budget)
    {
        var stride = width * job.Tensor.Channels * (job.Bits / 8);
        var canvas = new NativeBuffer((long)stride * height); // 1
        try
        {
            canvas.Span.Clear();
            Draw(job.Tensor, width, height, budget, () => (row, first, values) => // 2
            {
                var line = canvas.Span.Slice(row * stride, stride);
                if (job.Bits == 8)
                    Samples.ToBytes(values, line[first..]);
                else
                    Samples.ToUShorts(values, MemoryMarshal.Cast<byte, ushort>(line)[first..]);
            });
            return canvas;
        }
        catch
        {
            canvas.Dispose();
            throw;
        }
    }

    private NativeBuffer Blended(ModelTensor tensor, Blend blend, int width, int height, WorkBudget budget)
    {
        var canvas = decoder.Paint(blend.Picture, (tensor.Geometry.PictureWidth, tensor.Geometry.PictureHeight), width, height, budget); // 1
        try
        {
            var alphas = new AlphaRows(blend.Mask, width, height);
            Draw(tensor, width, height, budget, () => // 2
            {
                var alpha = alphas.Again();
                return (row, first, values) =>
                    alpha.Blend(row, first / tensor.Channels, values, tensor.Channels, canvas.Span.Slice(row * width * 3, width * 3));
            });
            return canvas;
        }
        catch
        {
            canvas.Dispose();
            throw;
        }
    }

    private delegate void RowDrawn(int row, int firstSample, ReadOnlySpan<float> values);

    /// <param name="prepare">Called for each part of the rows, on the thread that draws it: what takes the part's rows from top to bottom.</param>
    private static void Draw(ModelTensor tensor, int width, int height, WorkBudget budget, Func<RowDrawn> prepare)
    {
        var whole = Geometry.Whole(tensor.Geometry.PictureWidth, tensor.Geometry.PictureHeight).Source;
        var across = SampleAxis.Across(tensor.Geometry, whole, width);
        var down = SampleAxis.Down(tensor.Geometry, whole, height);
        var rows = new TensorSampler(tensor, across, down);
        budget.InParts((down.Count + RowsAPart - 1) / RowsAPart, part =>
        {
            budget.ThrowIfSpent();
            var sampler = rows.Again();
            var draw = prepare();
            for (var i = part * RowsAPart; i < Math.Min(down.Count, (part + 1) * RowsAPart); i++)
                draw(down.First + i, across.First * tensor.Channels, sampler.Row(i));
        });
    }
}
