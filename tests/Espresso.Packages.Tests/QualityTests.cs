namespace Espresso.Packages.Tests;

/// <summary>That quality's scores follow what is done to a picture.</summary>
public sealed class QualityTests : IDisposable
{
    private readonly Package _package = new("quality/0.1");
    private readonly Photo _photo;

    public QualityTests() => _photo = Photo.Of(_package);

    public void Dispose() => _package.Dispose();

    [Fact]
    public void Sharpness_MoreAndMoreBlur_Falls() =>
        ShouldFall("sharpness", by: 0.05f, _photo, _photo.Blurred(1), _photo.Blurred(2), _photo.Blurred(4));

    [Fact]
    public void Exposure_LessAndLessLight_Falls() =>
        ShouldFall("exposure", by: 0.05f, _photo.Lit(2), _photo, _photo.Lit(0.5), _photo.Lit(0.25));

    [Fact]
    public void Contrast_NearerAndNearerToTheMean_Falls() =>
        ShouldFall("contrast", by: 0.05f, _photo, _photo.Flattened(0.7), _photo.Flattened(0.4), _photo.Flattened(0.1));

    [Fact]
    public void Colourfulness_LessAndLessColour_FallsToNothing()
    {
        ShouldFall("colourfulness", by: 0.05f, _photo, _photo.Saturated(0.7), _photo.Saturated(0.4), _photo.Saturated(0));

        Score(_photo.Saturated(0), "colourfulness").ShouldBeLessThan(0.01f);
    }

    [Fact]
    public void Sharpness_LessContrastLightOrColour_Stays()
    {
        var before = Score(_photo, "sharpness");

        foreach (var worse in new[] { _photo.Flattened(0.5), _photo.Lit(0.5), _photo.Saturated(0) })
            Score(worse, "sharpness").ShouldBe(before, 0.1);
    }

    [Fact]
    public void Sharpness_OnlyTheBackgroundBlurred_Stays()
    {
        var before = Score(_photo, "sharpness");

        Score(_photo.Blurred(4, from: _photo.Side / 2), "sharpness").ShouldBe(before, 0.1);
    }

    [Fact]
    public void Scores_OfAPictureOfTwiceTheSize_AreTheSame()
    {
        var large = Photo.Of(_package, 1024).Halved();

        Said.Difference(Said.Of(_package, large.Pixels), Said.Of(_package, _photo.Pixels)).ShouldBeLessThan(0.06);
    }

    [Fact]
    public void Sharpness_EnlargedFromAQuarterOfTheSize_IsThatOfABlurredPicture() // as the card says
        => Score(Photo.Of(_package, 128).Doubled().Doubled(), "sharpness").ShouldBeLessThan(Score(_photo.Blurred(1), "sharpness"));

    [Theory]
    [InlineData(0, -1)]
    [InlineData(255, 1)]
    public void Scores_OfOneColour_AreOfLightAlone(int grey, float exposure)
    {
        var scores = Said.Of(_package, Photo.Draw(_photo.Side, (_, _) => (grey, grey, grey)).Pixels);

        scores["exposure"].ShouldBe(exposure, 0.001);
        foreach (var name in new[] { "sharpness", "contrast", "colourfulness" })
            scores[name].ShouldBe(0, 0.001, name);
    }

    [Fact]
    public void Contrast_HalfBlackHalfWhite_IsAll() =>
        Score(Photo.Draw(_photo.Side, (x, _) => x < _photo.Side / 2 ? (0, 0, 0) : (255, 255, 255)), "contrast").ShouldBe(1, 0.01);

    private float Score(Photo photo, string name) => Said.Of(_package, photo.Pixels)[name];

    private void ShouldFall(string name, float by, params Photo[] worseAndWorse)
    {
        var scores = worseAndWorse.Select(photo => Score(photo, name)).ToList();
        foreach (var (before, after) in scores.Zip(scores.Skip(1)))
            after.ShouldBeLessThan(before - by, string.Join(", ", scores));
    }
}
