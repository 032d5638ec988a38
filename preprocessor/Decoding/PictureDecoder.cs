using Espresso.Errors;
using Espresso.Preprocessor.Pictures;
using Espresso.Preprocessor.Vips;
using Espresso.Preprocessor.Work;
using Espresso.Wire;

namespace Espresso.Preprocessor.Decoding;

/// <summary>A uint8 tensor; whoever holds it disposes its contents.</summary>
internal sealed record DecodedTensor(int Width, int Height, int Channels, Geometry Geometry, Payload Contents);

/// <summary>The format, the size as seen, and the tensors in the specs' order.</summary>
internal sealed record DecodedPicture(PictureFormat Format, int Width, int Height, IReadOnlyList<DecodedTensor> Tensors);

/// <summary>One decode, N tensors.</summary>
/// <remarks>
/// 1. The header is read and held against the limits.
/// 2. Each spec gets its placement; together they say how large the picture is needed, and the codec gives it hardly larger.
/// 3. Where several tensors want the pixels, they are kept.
/// 4. Each tensor is drawn: scaled, cut, to sRGB, turned, put in its place; masks get their threshold and growth.
/// Colours are converted and the picture is turned late, when it is small.
/// </remarks>
internal sealed unsafe class PictureDecoder(PictureLimits limits)
{
    private delegate Span<byte> TensorMemory(Placement placement);

    /// <exception cref="FailureException">The picture or a spec is refused, or the budget is spent.</exception>
    public DecodedPicture Decode(ReadOnlyMemory<byte> file, IReadOnlyList<TensorSpec> specs, WorkBudget budget)
    {
        if (specs.Count == 0 || specs.Count > limits.Tensors)
            throw Invalid($"{specs.Count} tensors are asked for; 1 to {limits.Tensors} can be");
        foreach (var spec in specs)
            spec.Check();

        using var pin = file.Pin();
        using var picture = PictureFile.Open((byte*)pin.Pointer, file.Length, limits); // 1
        var tensors = new List<DecodedTensor>(specs.Count);
        try
        {
            Placement[] placements = [.. specs.Select(spec => Placement.Of(spec, picture.Width, picture.Height))]; // 2
            var bytes = placements.Sum(placement => placement.Bytes);
            if (bytes > limits.TensorBytes)
                throw Invalid($"the tensors asked for have {bytes} bytes; at most {limits.TensorBytes} are given");
            Draw(picture, placements, budget, placement =>
            {
                var contents = Payload.Rent((int)placement.Bytes);
                tensors.Add(new DecodedTensor(
                    placement.Width, placement.Height, placement.Spec.Channels, placement.Geometry(picture.Width, picture.Height), contents));
                return contents.Span;
            });
            return new DecodedPicture(picture.Format, picture.Width, picture.Height, tensors);
        }
        catch
        {
            tensors.ForEach(tensor => tensor.Contents.Dispose());
            throw;
        }
    }

    /// <summary>The whole picture as it is seen, RGB, stretched to <paramref name="width"/> × <paramref name="height"/>.</summary>
    /// <param name="expected">Its own size, as it is said to be.</param>
    /// <exception cref="FailureException">The picture is refused or of another size, or the budget is spent.</exception>
    public NativeBuffer Paint(ReadOnlyMemory<byte> file, (int Width, int Height) expected, int width, int height, WorkBudget budget)
    {
        using var pin = file.Pin();
        using var picture = PictureFile.Open((byte*)pin.Pointer, file.Length, limits);
        if ((picture.Width, picture.Height) != expected)
            throw Invalid($"the picture is {picture.Width} × {picture.Height}; the tensor's geometry speaks of {expected.Width} × {expected.Height}");
        var placement = Placement.Of(new TensorSpec(width, height, Fit.Stretch, ChannelOrder.Rgb), picture.Width, picture.Height);
        var canvas = new NativeBuffer(placement.Bytes);
        try
        {
            Draw(picture, [placement], budget, _ => canvas.Span);
            return canvas;
        }
        catch
        {
            canvas.Dispose();
            throw;
        }
    }

    private static void Draw(PictureFile picture, Placement[] placements, WorkBudget budget, TensorMemory target)
    {
        try
        {
            using var pixels = NeededPixels.Of(picture, placements, budget); // 3
            foreach (var placement in placements)
                TensorDrawing.Draw(pixels.Image, picture.Orientation, placement, target(placement), budget); // 4
        }
        catch (VipsException error)
        {
            throw new FailureException(PictureFile.Damaged(picture.Format, error), error);
        }
    }

    private static FailureException Invalid(string message) => new(Failure.Invalid(Reasons.InvalidRequest, message));
}
