using System.Text;
using Espresso.Mesh.Tests.Pictures;
using Espresso.Protos.Preprocessor;
using Google.Protobuf;
using Grpc.Net.Client;

namespace Espresso.Mesh.Tests;

/// <summary>No picture is stored or logged, and what a camera wrote into it does not leave with the results.</summary>
[Collection(MeshCollection.Name)]
public sealed class PrivacyTests(SharedMesh mesh)
{
    /// <summary>What a PNG needs, and its resolution; none of them can carry text.</summary>
    private static readonly string[] Harmless = ["IHDR", "pHYs", "IDAT", "IEND"];

    [Fact]
    public async Task Infer_PhotoWithMetadata_GivesPicturesWithout()
    {
        const string Secret = "taken-at-47.3769N-8.5417E";
        var jpeg = Jpeg.WithMetadata(await Encoded.Scene((await mesh.Preprocessor.Listening()).Grpc, Format.Jpeg), orientation: 6, Secret);

        var reply = (await mesh.Client.Infer(jpeg, "depth,segmentation,inpainting", ("Accept", "multipart/mixed"))).ShouldBeOk();

        reply.Body.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Secret)).ShouldBe(-1);
        var pictures = (await Client.MixedParts.Read(reply)).Values.Where(part => part.Type == "image/png").ToList();
        pictures.Count.ShouldBe(3);
        foreach (var (_, png) in pictures)
        {
            Png.Chunks(png).ShouldAllBe(chunk => Harmless.Contains(chunk.Type));
            var raster = Png.Read(png);
            (raster.Width, raster.Height).ShouldBe((Scene.Height, Scene.Width), "turned as EXIF says");
        }

        foreach (var process in mesh.Mesh.Processes)
            process.Output.ShouldNotContain(Secret);
    }

    [Fact]
    public async Task Infer_Photo_StoresNothing() =>
        await StoresNothing(async () => (await mesh.Client.Infer(Scene.Picture, "depth,segmentation,inpainting")).ShouldBeOk());

    [Fact]
    public async Task Infer_RefusedPicture_StoresNothing() =>
        await StoresNothing(() => mesh.Client.Infer(Scene.Picture[..1000], "depth"));

    /// <summary>Interlaced and over 100 MB unpacked: what libvips would lay aside in a file, were it not told otherwise.</summary>
    [Fact]
    public async Task Decode_PictureTooLargeToStream_StoresNothing()
    {
        const int Side = 3_700;
        var picture = ByteString.CopyFrom(Png.Zeros(Png.Header(Side, Side, bits: 16, ColourType.RgbAlpha, interlaced: true), InterlacedBytes(Side, pixel: 8)));
        using var channel = GrpcChannel.ForAddress((await mesh.Preprocessor.Listening()).Grpc);
        var request = new DecodeRequest { Picture = picture, Specs = { new TensorSpec { Width = 256, Height = 256 }, new TensorSpec { Width = 128, Height = 128, Fit = Fit.Crop } } };

        await StoresNothing(async () => (await new Preprocessor.PreprocessorClient(channel).DecodeAsync(request)).Width.ShouldBe((uint)Side));
    }

    private async Task StoresNothing(Func<Task> request)
    {
        var files = mesh.Mesh.Folders.Files();
        var stored = Stored();

        await request();

        Stored().ShouldBe(stored);
        mesh.Mesh.Folders.Files().ShouldBe(files);
    }

    private List<(string Process, long Bytes)> Stored() => [.. mesh.Mesh.Processes.OrderBy(process => process.Id).Select(process => (process.Name, process.BytesStored()))];

    /// <summary>Of Adam7's seven passes, each row with its filter byte (PNG specification, 8).</summary>
    private static long InterlacedBytes(int side, int pixel)
    {
        (int X, int Y, int StepX, int StepY)[] passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
        return passes.Sum(pass => (long)Count(side, pass.Y, pass.StepY) * (1 + (Count(side, pass.X, pass.StepX) * pixel)));

        static int Count(int side, int first, int step) => (side - first + step - 1) / step;
    }
}
