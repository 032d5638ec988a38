using Espresso.Cli.Client;

namespace Espresso.Cli.Comparing;

/// <summary>Rows of pictures on one picture.</summary>
internal static class ContactSheet
{
    private const int Gap = 8;
    private const int Channels = 3;
    private const byte Ground = 226; // so that a white picture shows, too

    public static Raster Of(IReadOnlyList<IReadOnlyList<Raster>> rows)
    {
        var width = rows.Max(row => row.Sum(picture => picture.Width + Gap)) + Gap;
        var sheet = new byte[width * (rows.Sum(row => row.Max(picture => picture.Height) + Gap) + Gap) * Channels];
        Array.Fill(sheet, Ground);
        var top = Gap;
        foreach (var row in rows)
        {
            var left = Gap;
            foreach (var picture in row)
            {
                Draw(picture, left, top);
                left += picture.Width + Gap;
            }

            top += row.Max(picture => picture.Height) + Gap;
        }

        return new Raster(width, top, Channels, sheet);

        void Draw(Raster picture, int left, int at)
        {
            for (var y = 0; y < picture.Height; y++)
            {
                for (var x = 0; x < picture.Width; x++)
                {
                    for (var channel = 0; channel < Channels; channel++)
                        sheet[((((at + y) * width) + left + x) * Channels) + channel] = picture.Pixels[(((y * picture.Width) + x) * picture.Channels) + (channel % picture.Channels)];
                }
            }
        }
    }
}
