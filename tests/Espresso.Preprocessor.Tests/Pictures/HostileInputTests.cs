using System.Text;
using Espresso.Errors;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Vips;

namespace Espresso.Preprocessor.Tests.Pictures;

public sealed class HostileInputTests
{
    private static readonly TensorSpec[] Specs =
    [
        new(0, 0, Fit.Stretch, ChannelOrder.Rgb),
        new(24, 24, Fit.Pad, ChannelOrder.Gray),
    ];

    public static TheoryData<string> Pictures => [.. Core.Pictures];

    public static TheoryData<string> PicturesWithAnEnd => [.. Core.Pictures.Where(name => !name.EndsWith(".tif", StringComparison.Ordinal))];

    [Fact]
    public void Decode_Empty_IsRefused() => Refusal([]).Reason.ShouldBe(Reasons.EmptyBody);

    [Theory]
    [InlineData("Dear model, please find attached no picture at all.", Reasons.NotAPicture)]
    [InlineData("{\"image\":\"cat\"}", Reasons.NotAPicture)]
    [InlineData("<html><body>sorry</body></html>", Reasons.NotAPicture)]
    [InlineData("GIF", Reasons.NotAPicture)]
    [InlineData("<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>", Reasons.UnsupportedFormat)]
    [InlineData("%PDF-1.7\n1 0 obj\n", Reasons.UnsupportedFormat)]
    [InlineData("8BPS\0\u0001\0\0\0\0\0\0", Reasons.UnsupportedFormat)]
    [InlineData("P6 1 1 255\nabc", Reasons.NotAPicture)]
    [InlineData("#!/bin/sh\necho hello\n", Reasons.NotAPicture)]
    public void Decode_OtherKindsOfBytes_AreRefusedByName(string text, string reason) =>
        Refusal(System.Text.Encoding.Latin1.GetBytes(text)).Reason.ShouldBe(reason);

    [Fact]
    public void Decode_Heic_SaysWhatIsMissing()
    {
        var failure = Refusal(Core.Fixture("plain.heic"));

        (failure.Kind, failure.Reason).ShouldBe((FailureKind.Unsupported, Reasons.UnsupportedFormat));
        failure.Message.ShouldContain("HEIC");
    }

    [Fact]
    public void Decode_Bmp_IsRefusedByName() => Refusal(Core.Fixture("plain.bmp")).Message.ShouldContain("BMP");

    [Theory]
    [InlineData("svgload_buffer")]
    [InlineData("uhdrload_buffer")]
    [InlineData("gifsave_buffer_that_is_none")]
    public unsafe void Library_LoadersThatAreNotOnTheList_DoNotRun(string loader)
    {
        VipsRuntime.Start();
        var svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>"u8.ToArray();
        fixed (byte* bytes = svg)
        {
            var pointer = (nint)bytes;
            Should.Throw<VipsException>(() =>
            {
                using var operation = VipsOperation.Named(loader).Set("buffer", (void*)pointer, svg.Length);
                operation.Image().Dispose();
            });
        }
    }

    [Theory]
    [MemberData(nameof(PicturesWithAnEnd))]
    public void Decode_CutOffAnywhere_IsRefused(string name)
    {
        var file = Core.Fixture(name);

        foreach (var length in Cuts(file))
            Refusal(file[..length], $"{name} cut to {length} of {file.Length} bytes").Kind.ShouldBeOneOf(FailureKind.Invalid, FailureKind.Unsupported);
    }

    /// <summary>TIFF has no end: what is missing may be a remark that no pixel depends on.</summary>
    [Theory]
    [InlineData("plain.tif")]
    [InlineData("deep.tif")]
    public void Decode_TiffCutOffAnywhere_IsRefusedOrTheWholePicture(string name)
    {
        var file = Core.Fixture(name);
        var whole = Core.Decode(file, Specs[0]).Pixels.Bytes;
        var refused = 0;

        foreach (var length in Cuts(file))
        {
            try
            {
                Core.Decode(file[..length], Specs[0]).Pixels.Bytes.ShouldBe(whole, $"cut to {length} of {file.Length} bytes");
            }
            catch (FailureException)
            {
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(100);
    }

    [Theory]
    [InlineData("plain.jpg")]
    [InlineData("plain.png")]
    [InlineData("plain.webp")]
    [InlineData("plain.gif")]
    [InlineData("plain.avif")]
    public void Decode_CutOffBehindItsHeader_SaysThatItIsTruncated(string name)
    {
        var file = Core.Fixture(name);

        Refusal(file[..(file.Length * 3 / 4)]).Reason.ShouldBe(Reasons.Truncated);
    }

    [Fact]
    public void Decode_CropThatNeedsNotTheMissingEnd_IsRefusedAllTheSame()
    {
        var scene = Pixels.Of(64, 640, 3, (x, y, _) => (byte)(x + y));
        var file = Core.Encode(new(Core.Tensor(scene), Espresso.Preprocessor.Encoding.OutputFormat.Jpeg, 8, 0, 0, 0, Blend: null));

        var failure = Core.Failure(() => Core.Decoder.Decode(
            file.AsMemory(0, file.Length - 200), [new TensorSpec(64, 64, Fit.Crop, ChannelOrder.Rgb)], Core.Budget));

        failure.Reason.ShouldBe(Reasons.Truncated);
    }

    [Fact]
    public void Refusal_AfterADecodeThatOnlyWarned_TellsOfItsOwnPicture()
    {
        var warned = Core.Fixture("plain.jpg");
        warned.AsSpan(warned.Length / 2, 8).Fill(0x55); // the scan: libvips warns, and decodes
        Core.Decode(warned, Specs[0]);
        var damaged = Core.Fixture("plain.png");
        var at = damaged.AsSpan().IndexOf("IDAT"u8) + 4;
        damaged.AsSpan(at, 16).Fill(0xff);

        Refusal(damaged).Message.ShouldNotContain("Jpeg");
    }

    [Fact]
    public void Decode_JpegWithAFilmBehindIt_IsTaken()
    {
        byte[] file = [.. Core.Fixture("plain.jpg"), .. new byte[5000]];

        Core.Decode(file, Specs[0]).Pixels.ShouldShow(4, Motif.Red, Motif.Green, Motif.Blue, Motif.Pale);
    }

    /// <summary>Whatever is wrong inside, the answer is a picture or a refusal.</summary>
    [Theory]
    [MemberData(nameof(Pictures))]
    public void Decode_FlippedBits_NeverEndOtherwiseThanAsPictureOrRefusal(string name)
    {
        var file = Core.Fixture(name);
        var random = new Random(name.Length);
        var refused = 0;
        for (var round = 0; round < 400; round++)
        {
            var flipped = file.ToArray();
            for (var flips = random.Next(1, 5); flips > 0; flips--)
                flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                foreach (var tensor in Core.Decoder.Decode(flipped, Specs, Core.Budget).Tensors)
                    tensor.Contents.Dispose();
            }
            catch (FailureException error)
            {
                refused++;
                error.Failure.Kind.ShouldBeOneOf(FailureKind.Invalid, FailureKind.Unsupported, FailureKind.TooLarge);
                error.Message.ShouldNotBeNullOrWhiteSpace();
            }
        }

        refused.ShouldBeGreaterThan(0);
    }

    private static IEnumerable<int> Cuts(byte[] file)
    {
        for (var length = 1; length < file.Length; length += Math.Max(1, file.Length / 150))
            yield return length;
    }

    private static Failure Refusal(byte[] file, string? what = null) =>
        Should.Throw<FailureException>(() => Core.Decoder.Decode(file, Specs, Core.Budget), what ?? "").Failure;
}
