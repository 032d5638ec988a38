using Espresso.Errors;

namespace Espresso.Preprocessor.Decoding;

/// <summary>How a picture comes into a tensor of another shape.</summary>
internal enum Fit
{
    Stretch,
    Pad,
    Crop,
}

internal enum ChannelOrder
{
    Rgb,
    Bgr,
    Gray,
}

/// <summary>A uint8 tensor [height, width, channels] to be made; width and height 0 stand for the picture's own.</summary>
/// <param name="Fill">0..255, where the picture does not reach.</param>
/// <param name="Threshold">Gray only: values from here on become 255, others 0; 0 leaves them.</param>
/// <param name="Grow">Gray only: bright areas grow by so many pixels to every side.</param>
internal sealed record TensorSpec(int Width, int Height, Fit Fit, ChannelOrder Order, byte Fill = 0, byte Threshold = 0, int Grow = 0)
{
    private const int MaxSide = 65_535;

    public int Channels => Order == ChannelOrder.Gray ? 1 : 3;

    /// <exception cref="FailureException">It asks for something that is no tensor.</exception>
    public void Check()
    {
        if (Width is < 0 or > MaxSide || Height is < 0 or > MaxSide || (Width == 0) != (Height == 0))
            throw Invalid($"a tensor of {Width} × {Height}: both sides 1 to {MaxSide}, or both 0 for the picture's own");
        if ((Threshold != 0 || Grow != 0) && Order != ChannelOrder.Gray)
            throw Invalid("threshold and grow are for gray tensors only");
        if (Grow is < 0 or > MaxSide)
            throw Invalid($"grow by {Grow}: 0 to {MaxSide} pixels");
    }

    private static FailureException Invalid(string message) => new(Failure.Invalid(Reasons.InvalidRequest, message));
}
