using Espresso.Errors;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Pictures;
using Espresso.Preprocessor.Work;
using Espresso.Wire;

namespace Espresso.Preprocessor.Resampling;

/// <summary>One model's output to another's input: both lie over the same picture, and the way leads through its frame.</summary>
internal sealed class TensorResampler(PictureLimits limits)
{
    private const int RowsBetweenChecks = 64;

    /// <exception cref="FailureException">The tensor or the spec is refused, or the budget is spent.</exception>
    public DecodedTensor Resample(ModelTensor tensor, TensorSpec spec, WorkBudget budget)
    {
        tensor.Check("tensor");
        spec.Check();
        var picture = tensor.Geometry;
        var placement = Placement.Of(spec, picture.PictureWidth, picture.PictureHeight);
        if (placement.Bytes > limits.TensorBytes)
        {
            throw new FailureException(Failure.Invalid(
                Reasons.InvalidRequest, $"the tensor asked for has {placement.Bytes} bytes; at most {limits.TensorBytes} are given"));
        }

        var geometry = placement.Geometry(picture.PictureWidth, picture.PictureHeight);
        var contents = Payload.Rent((int)placement.Bytes);
        try
        {
            Draw(tensor, placement, contents.Span, budget);
            Masks.Apply(spec, contents.Span, placement.Width, placement.Height);
            return new DecodedTensor(placement.Width, placement.Height, spec.Channels, geometry, contents);
        }
        catch
        {
            contents.Dispose();
            throw;
        }
    }

    /// <summary>Every byte of <paramref name="target"/>, which is <paramref name="placement"/>'s, but without threshold and growth.</summary>
    internal static void Draw(ModelTensor tensor, Placement placement, Span<byte> target, WorkBudget budget)
    {
        var geometry = placement.Geometry(tensor.Geometry.PictureWidth, tensor.Geometry.PictureHeight);
        target.Fill(placement.Spec.Fill);
        var across = SampleAxis.Across(tensor.Geometry, geometry.Source, placement.ContentWidth);
        var down = SampleAxis.Down(tensor.Geometry, geometry.Source, placement.ContentHeight);
        var sampler = new TensorSampler(tensor, across, down);
        var row = new byte[across.Count * tensor.Channels];
        var channels = placement.Spec.Channels;
        for (var i = 0; i < down.Count; i++)
        {
            if (i % RowsBetweenChecks == 0)
                budget.ThrowIfSpent();
            Samples.ToBytes(sampler.Row(i), row);
            var at = (((placement.ContentY + down.First + i) * placement.Width) + placement.ContentX + across.First) * channels;
            TensorWriter.Row(target, at, channels, row, tensor.Channels, placement.Spec.Order);
        }
    }
}
