using System.Globalization;

namespace Espresso.Packages.Tests;

/// <summary>That tags are named for what is in the picture.</summary>
public sealed class TagsTests : IDisposable
{
    private const int Side = 512;

    private readonly Package _package = new("tags/0.1");

    public void Dispose() => _package.Dispose();

    [Theory]
    [InlineData("red", "d01818")]
    [InlineData("orange", "f58a1e")]
    [InlineData("yellow", "f8dc30")]
    [InlineData("green", "2f8f3a")]
    [InlineData("blue", "2846c0")]
    [InlineData("purple", "7a2a98")]
    [InlineData("pink", "ff8ab8")]
    [InlineData("brown", "70441f")]
    [InlineData("black", "080808")]
    [InlineData("grey", "848484")]
    [InlineData("white", "fafafa")]
    public void Tags_OfOneColour_NameIt(string name, string colour)
    {
        var tags = Tags(Photo.Draw(Side, (_, _) => Rgb(colour)));

        tags.Keys.Intersect(Colours).ShouldBe([name]);
        tags[name].ShouldBeGreaterThan(0.9f);
    }

    [Fact]
    public void Tags_OfALandscape_NameItsLargeAreasOnly()
    {
        // Sky, meadow, and a roof of a tenth of the picture.
        var tags = Tags(Photo.Draw(Side, (x, y) => x < Side / 3 && y is > Side / 2 and < Side / 2 + (Side / 3) ? Rgb("d01818") : y < Side / 2 ? Rgb("6aa0e0") : Rgb("4a9a40")));

        tags.Keys.Intersect(Colours).ShouldBe(["blue", "green"], ignoreOrder: true);
        tags.ShouldContainKey("day");
    }

    [Fact]
    public void Tags_LampsInTheDark_AreNight()
    {
        var street = Photo.Draw(Side, (x, y) => y > Side / 2 && x % 64 < 12 && y % 64 < 12 ? (255, 240, 190) : (18, 18, 30));

        var tags = Tags(street);

        tags.ShouldContainKey("night");
        tags.ShouldNotContainKey("day");
    }

    [Fact]
    public void Tags_OfAPhotoWithLessLight_TurnFromDayToNight()
    {
        var photo = Photo.Of(_package);

        Tags(photo).ShouldContainKey("day");
        Tags(photo).ShouldNotContainKey("night");
        Tags(photo.Lit(0.04)).ShouldContainKey("night");
        Tags(photo.Lit(0.04)).ShouldNotContainKey("day");
    }

    [Fact]
    public void Tags_OfAPhotoOutOfFocus_TurnFromSharpToBlurred()
    {
        var photo = Photo.Of(_package);

        Tags(photo).ShouldContainKey("sharp");
        Tags(photo).ShouldNotContainKey("blurred");
        Tags(photo.Blurred(3)).ShouldContainKey("blurred");
        Tags(photo.Blurred(3)).ShouldNotContainKey("sharp");
    }

    private IEnumerable<string> Colours => _package.Manifest.Outputs[0].Labels.Except(["day", "night", "sharp", "blurred"]);

    private Dictionary<string, float> Tags(Photo photo) => Said.Of(_package, photo.Pixels);

    private static (int Red, int Green, int Blue) Rgb(string hex)
    {
        var rgb = int.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (rgb >> 16, rgb >> 8 & 255, rgb & 255);
    }
}
