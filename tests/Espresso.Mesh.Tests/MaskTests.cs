using System.Net;
using System.Text;
using Espresso.Mesh.Tests.Client;
using Espresso.Mesh.Tests.Pictures;

namespace Espresso.Mesh.Tests;

/// <summary>The client says what to remove.</summary>
[Collection(MeshCollection.Name)]
public sealed class MaskTests(SharedMesh mesh)
{
    [Theory]
    [InlineData("inpainting@0.1")]
    [InlineData("inpainting@1.0")]
    public async Task Infer_OwnMask_FillsTheHoleAndLeavesTheRestAsItIs(string model)
    {
        var reply = (await Post(Scene.Mask, $$"""{"models": ["{{model}}"], "deadline_ms": 120000}""")).ShouldBeOk();

        reply.Json.TryGetProperty("pulled_in", out _).ShouldBeFalse("a mask was sent");
        var background = reply.Picture("inpainting", "background");
        background.Farthest(Scene.Raster, Scene.IsFarFromBall).ShouldBe(0);
        var (ball, filled) = (Redness(Scene.Raster, Scene.IsBall), Redness(background, Scene.IsBall));
        ball.ShouldBeGreaterThan(50, "the ball is orange");
        filled.ShouldBeLessThan(0, "the wall is blue");
    }

    [Fact]
    public async Task Infer_MasksOfModelAndClient_GiveDifferentBackgrounds()
    {
        var black = Png.Write(Raster.Of(Scene.Width, Scene.Height, 1, (_, _, _) => 0));

        var nothingRemoved = (await Post(black, """{"models": ["inpainting"], "deadline_ms": 120000}""")).ShouldBeOk().Picture("inpainting", "background");
        var subjectRemoved = (await mesh.Client.Infer(Scene.Picture, "inpainting")).ShouldBeOk().Picture("inpainting", "background");

        nothingRemoved.Farthest(Scene.Raster, (_, _) => true).ShouldBe(0);
        subjectRemoved.Farthest(Scene.Raster, (_, _) => true).ShouldBeGreaterThan(50);
    }

    [Fact]
    public async Task Infer_MaskOfAnotherSize_IsRefused()
    {
        var mask = Png.Write(Raster.Of(Scene.Width, Scene.Height - 1, 1, (x, _, _) => x < 100 ? 255 : 0));

        var problem = (await Post(mask, """{"models": ["inpainting"]}""")).ShouldBeProblem(HttpStatusCode.BadRequest, "wrong_mask_size");

        problem.Detail.ShouldContain($"{Scene.Width}×{Scene.Height - 1}");
        problem.Detail.ShouldContain($"{Scene.Width}×{Scene.Height}");
    }

    [Fact]
    public async Task Infer_MaskThatIsNoPicture_IsRefusedAsTheMask()
    {
        var problem = (await Post("not a picture"u8.ToArray(), """{"models": ["inpainting"]}""")).ShouldBeProblem(HttpStatusCode.BadRequest, "not_a_picture");

        problem.Detail.ShouldStartWith("mask:");
    }

    private Task<Reply> Post(byte[] mask, string json) => mesh.Client.Post("", MeshClient.Form(
        ("image", MeshClient.Bytes(Scene.Picture, "image/png")),
        ("mask", MeshClient.Bytes(mask, "image/png")),
        ("request", new StringContent(json, Encoding.UTF8, "application/json"))));

    private static double Redness(Raster picture, Func<int, int, bool> where) =>
        Channel(picture, 0).Mean(where) - Channel(picture, 2).Mean(where);

    private static Raster Channel(Raster picture, int channel) => Raster.Of(picture.Width, picture.Height, 1, (x, y, _) => picture[x, y, channel]);
}
