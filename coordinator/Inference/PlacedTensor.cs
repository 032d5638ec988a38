using Espresso.Manifests;
using Espresso.Protos.Preprocessor;
using Espresso.Wire;

namespace Espresso.Coordinator.Inference;

/// <summary>A tensor [height, width, channels] on its way between processes, and how it lies over the picture.</summary>
/// <param name="Range">What its smallest and largest code stand for, where a model said so.</param>
internal sealed record PlacedTensor(ModelTensor Form, Payload Data, ValueRange? Range = null)
{
    public static PlacedTensor Of(DecodedTensor tensor, Payload data) => new(
        new ModelTensor
        {
            Datatype = Datatype.Uint8,
            Height = tensor.Height,
            Width = tensor.Width,
            Channels = tensor.Channels,
            Geometry = tensor.Geometry,
        },
        data);

    /// <summary>The same place over the picture for a tensor of another size: a network may give more or fewer pixels than it takes.</summary>
    public Geometry GeometryFor(uint width, uint height)
    {
        if (Form.Geometry is null || (width == Form.Width && height == Form.Height))
            return Form.Geometry!;
        var (x, y) = ((double)width / Form.Width, (double)height / Form.Height);
        var geometry = Form.Geometry.Clone();
        var content = geometry.Content;
        geometry.Content = new Rect { X = content.X * x, Y = content.Y * y, Width = content.Width * x, Height = content.Height * y };
        return geometry;
    }
}
