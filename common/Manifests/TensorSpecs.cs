using Espresso.Protos.Preprocessor;

namespace Espresso.Manifests;

/// <summary>What the preprocessor is told of a network's input. Equal specs are one tensor, made once.</summary>
public static class TensorSpecs
{
    private const float White = 255;

    public static TensorSpec Of(InputSpec input) => new()
    {
        Width = (uint)input.Width,
        Height = (uint)input.Height,
        Fit = input.Fit switch
        {
            FitKind.Pad => Fit.Pad,
            FitKind.Crop => Fit.Crop,
            _ => Fit.Stretch,
        },
        Channels = input switch
        {
            { ChannelCount: 1 } => Channels.Gray,
            { Channels: ChannelOrder.Bgr } => Channels.Bgr,
            _ => Channels.Rgb,
        },
        Fill = (uint)input.Fill,
        Threshold = input.Threshold is { } threshold ? (uint)Math.Clamp(MathF.Ceiling(threshold * White), 1, White) : 0,
        Grow = (uint)input.Grow,
    };
}
