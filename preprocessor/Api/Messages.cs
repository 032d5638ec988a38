using Espresso.Errors;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Encoding;
using Espresso.Preprocessor.Resampling;
using Proto = Espresso.Protos.Preprocessor;

namespace Espresso.Preprocessor.Api;

/// <summary>The wire's messages to what they mean here, and back.</summary>
internal static class Messages
{
    public static TensorSpec Read(Proto.TensorSpec? spec)
    {
        if (spec is null)
            throw Invalid("the spec of the tensor is missing");
        return new TensorSpec(
            Size(spec.Width),
            Size(spec.Height),
            spec.Fit switch
            {
                Proto.Fit.Stretch => Fit.Stretch,
                Proto.Fit.Pad => Fit.Pad,
                Proto.Fit.Crop => Fit.Crop,
                _ => throw Invalid($"no such fit: {spec.Fit}"),
            },
            spec.Channels switch
            {
                Proto.Channels.Rgb => ChannelOrder.Rgb,
                Proto.Channels.Bgr => ChannelOrder.Bgr,
                Proto.Channels.Gray => ChannelOrder.Gray,
                _ => throw Invalid($"no such channels: {spec.Channels}"),
            },
            Level(spec.Fill, "fill"),
            Level(spec.Threshold, "threshold"),
            Size(spec.Grow));
    }

    public static ModelTensor Read(Proto.ModelTensor? tensor, ReadOnlyMemory<byte> contents, string name)
    {
        if (tensor is null)
            throw Invalid($"the {name} is missing");
        var (width, height) = (Size(tensor.Width), Size(tensor.Height));
        return new ModelTensor(
            tensor.Datatype switch
            {
                Proto.Datatype.Uint8 => SampleType.UInt8,
                Proto.Datatype.Uint16 => SampleType.UInt16,
                Proto.Datatype.Fp32 => SampleType.Float32,
                _ => throw Invalid($"no such datatype: {tensor.Datatype}"),
            },
            width,
            height,
            Size(tensor.Channels),
            tensor.Geometry is { } geometry
                ? new Geometry(Size(geometry.PictureWidth), Size(geometry.PictureHeight), Read(geometry.Source), Read(geometry.Content))
                : Geometry.Whole(width, height),
            tensor.Low,
            tensor.High,
            contents);
    }

    public static OutputFormat Read(Proto.Format format) => format switch
    {
        Proto.Format.Png => OutputFormat.Png,
        Proto.Format.Webp => OutputFormat.Webp,
        Proto.Format.Jpeg => OutputFormat.Jpeg,
        _ => throw Invalid($"no such format: {format}"),
    };

    public static Proto.DecodedTensor Write(DecodedTensor tensor) => new()
    {
        Height = (uint)tensor.Height,
        Width = (uint)tensor.Width,
        Channels = (uint)tensor.Channels,
        Geometry = new Proto.Geometry
        {
            PictureWidth = (uint)tensor.Geometry.PictureWidth,
            PictureHeight = (uint)tensor.Geometry.PictureHeight,
            Source = Write(tensor.Geometry.Source),
            Content = Write(tensor.Geometry.Content),
        },
    };

    /// <summary>Microseconds.</summary>
    public static ulong Write(TimeSpan time) => (ulong)Math.Max(0, time.TotalMicroseconds);

    /// <summary>A size from the wire; what is too large for any purpose is left to the checks of its purpose.</summary>
    public static int Size(uint size) => (int)Math.Min(size, int.MaxValue);

    public static FailureException Invalid(string message) => new(Failure.Invalid(Reasons.InvalidRequest, message));

    private static byte Level(uint level, string name) =>
        level <= byte.MaxValue ? (byte)level : throw Invalid($"{name} {level}: 0 to {byte.MaxValue}");

    private static Rect Read(Proto.Rect? rect) => rect is null ? default : new Rect(rect.X, rect.Y, rect.Width, rect.Height);

    private static Proto.Rect Write(Rect rect) => new() { X = rect.X, Y = rect.Y, Width = rect.Width, Height = rect.Height };
}
