using Espresso.Preprocessor.Pictures;
using Espresso.Preprocessor.Resampling;
using Espresso.Preprocessor.Vips;
using Espresso.Preprocessor.Work;
using Espresso.Wire;

namespace Espresso.Preprocessor.Decoding;

/// <summary>Draws a picture's pixels into one tensor.</summary>
internal static unsafe class TensorDrawing
{
    /// <param name="pixels">As stored, of any size, in the picture's own colour space.</param>
    /// <param name="tensor">[height, width, channels] of <paramref name="placement"/>; every byte is written.</param>
    public static void Draw(VipsImage pixels, Orientation orientation, Placement placement, Span<byte> tensor, WorkBudget budget)
    {
        var (seenWidth, seenHeight) = orientation.Turn(pixels.Width, pixels.Height);
        if (placement.ScaledWidth <= seenWidth && placement.ScaledHeight <= seenHeight)
            Shrink(pixels, orientation, placement, tensor, budget);
        else
            Enlarge(pixels, orientation, placement, tensor, budget);
        Masks.Apply(placement.Spec, tensor, placement.Width, placement.Height);
    }

    private static void Shrink(VipsImage pixels, Orientation orientation, Placement placement, Span<byte> tensor, WorkBudget budget)
    {
        var (x, y) = orientation.Stored(
            placement.CropX, placement.CropY, placement.ContentWidth, placement.ContentHeight, placement.ScaledWidth, placement.ScaledHeight);
        var (scaledWidth, scaledHeight) = orientation.Turn(placement.ScaledWidth, placement.ScaledHeight);
        var (width, height) = orientation.Turn(placement.ContentWidth, placement.ContentHeight);
        using var scaled = pixels.Shrink(scaledWidth, scaledHeight);
        using var content = scaled.Crop(new VipsRect(x, y, width, height));
        using var display = Colours.ToDisplay(content);

        if (placement.ContentWidth < placement.Width || placement.ContentHeight < placement.Height)
            tensor.Fill(placement.Spec.Fill);
        using var scratch = new NativeBuffer(VipsStrips.ScratchBytes(display));
        VipsStrips.Read(display, scratch.Pointer, budget.ThrowIfSpent, tensor, (rows, first, into) =>
            TensorWriter.Write(into, placement, orientation, rows, display.Bands, first));
    }

    // libvips enlarges with a shift of half a target pixel, so the resampler does it; what is to shrink in one direction still shrinks first.
    private static void Enlarge(VipsImage pixels, Orientation orientation, Placement placement, Span<byte> tensor, WorkBudget budget)
    {
        var (width, height) = orientation.Turn(pixels.Width, pixels.Height);
        (width, height) = (Math.Min(width, placement.ScaledWidth), Math.Min(height, placement.ScaledHeight));
        var plain = placement.Spec with { Width = width, Height = height, Fit = Fit.Stretch };
        var between = Placement.Of(plain, width, height);
        using var picture = Payload.Rent((int)between.Bytes);
        Shrink(pixels, orientation, between, picture.Span, budget);

        var order = plain.Order == ChannelOrder.Bgr ? ChannelOrder.Rgb : plain.Order; // it is in the right order already
        var drawn = new ModelTensor(SampleType.UInt8, width, height, plain.Channels, Geometry.Whole(width, height), 0, 0, picture.Memory);
        TensorResampler.Draw(drawn, placement with { Spec = placement.Spec with { Order = order } }, tensor, budget);
    }
}
