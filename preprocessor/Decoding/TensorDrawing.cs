using Espresso.Preprocessor.Pictures;
using Espresso.Preprocessor.Vips;
using Espresso.Preprocessor.Work;

namespace Espresso.Preprocessor.Decoding;

/// <summary>Draws a picture's pixels into one tensor.</summary>
internal static unsafe class TensorDrawing
{
    /// <param name="pixels">As stored, of any size, in the picture's own colour space.</param>
    /// <param name="tensor">[height, width, channels] of <paramref name="placement"/>; every byte is written.</param>
    public static void Draw(VipsImage pixels, Orientation orientation, Placement placement, Span<byte> tensor, WorkBudget budget)
    {
        var (x, y) = orientation.Stored(
            placement.CropX, placement.CropY, placement.ContentWidth, placement.ContentHeight, placement.ScaledWidth, placement.ScaledHeight);
        var (scaledWidth, scaledHeight) = orientation.Turn(placement.ScaledWidth, placement.ScaledHeight);
        var (width, height) = orientation.Turn(placement.ContentWidth, placement.ContentHeight);
        using var scaled = pixels.Resize(scaledWidth, scaledHeight);
        using var content = scaled.Crop(new VipsRect(x, y, width, height));
        using var display = Colours.ToDisplay(content);

        if (placement.ContentWidth < placement.Width || placement.ContentHeight < placement.Height)
            tensor.Fill(placement.Spec.Fill);
        using var scratch = new NativeBuffer(VipsStrips.ScratchBytes(display));
        VipsStrips.Read(display, scratch.Pointer, budget.ThrowIfSpent, tensor, (rows, first, into) =>
            TensorWriter.Write(into, placement, orientation, rows, display.Bands, first));
        Masks.Apply(placement.Spec, tensor, placement.Width, placement.Height);
    }
}
