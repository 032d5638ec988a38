using Espresso.Cli.Client;
using Espresso.Protos.Preprocessor;

namespace Espresso.Cli.Reports;

/// <summary>A picture made small enough for a page.</summary>
internal sealed record Preview(Raster Raster, byte[] Bytes, string MediaType)
{
    private const int LongestSide = 360;

    public string Extension => MediaType == "image/png" ? "png" : "jpg";

    /// <param name="channels">Colour becomes JPEG; grey, where every value says something, PNG.</param>
    public static async Task<Preview> Of(PictureClient pictures, byte[] picture, Channels channels, CancellationToken cancellation)
    {
        var (width, height) = await pictures.Size(picture, cancellation, LongestSide);
        var spec = new TensorSpec { Width = width, Height = height, Channels = channels };
        return await Of(pictures, await pictures.Decode(picture, spec, cancellation), channels == Channels.Gray ? Format.Png : Format.Jpeg, cancellation);
    }

    public static async Task<Preview> Of(PictureClient pictures, Raster raster, Format format, CancellationToken cancellation)
    {
        var (bytes, type) = await pictures.Encode(raster, format, cancellation);
        return new Preview(raster, bytes, type);
    }
}
