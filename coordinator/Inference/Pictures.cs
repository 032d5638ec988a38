using System.Collections.Immutable;
using Espresso.Protos.Preprocessor;

namespace Espresso.Coordinator.Inference;

/// <summary>The request's picture and mask, each decoded once.</summary>
/// <param name="Width">Pixels, after EXIF orientation.</param>
/// <param name="Height">Pixels, after EXIF orientation.</param>
/// <param name="Shared">Another request had begun a decode, so how long it was waited for says nothing of what one takes.</param>
internal sealed record Pictures(string Format, uint Width, uint Height, DecodedFile Picture, DecodedFile Mask, bool Shared);

/// <summary>A file's tensors, one for each spec, in their order.</summary>
internal sealed record DecodedFile(ImmutableArray<TensorSpec> Specs, ImmutableArray<PlacedTensor> Tensors)
{
    public PlacedTensor? Find(TensorSpec spec)
    {
        var index = Specs.IndexOf(spec);
        return index < 0 ? null : Tensors[index];
    }
}
