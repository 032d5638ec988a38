using System.Security.Cryptography;
using Espresso.Manifests;

namespace Espresso.Packages.Tests;

public sealed class PackageTests
{
    public static TheoryData<string> Packages => [.. Package.Present];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Manifest_OfAPackage_IsOfItsFolderAndItsNetwork(string name)
    {
        using var package = new Package(name);

        package.Manifest.Name.ShouldBe(name);
        if (package.Manifest.Fetch is null)
            Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(package.PathOf(package.Manifest.Network)))).ShouldBe(package.Manifest.Provenance.Sha256);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Network_OfAPackage_HasTheDeclaredTensorsAndAnyBatch(string name)
    {
        using var package = new Package(name);

        foreach (var input in package.Manifest.Inputs)
        {
            long[] shape = input.Layout == TensorLayout.Nchw ? [-1, input.ChannelCount, input.Height, input.Width] : [-1, input.Height, input.Width, input.ChannelCount];
            package.Inputs.ShouldContain(tensor => tensor.Name == input.Name && tensor.Shape.SequenceEqual(shape));
        }

        package.Inputs.Count.ShouldBe(package.Manifest.Inputs.Count);
        package.Outputs.Select(tensor => tensor.Name).ShouldBe(package.Manifest.Outputs.Select(output => output.Name), ignoreOrder: true);
        package.Outputs.ShouldAllBe(tensor => tensor.Shape[0] == -1);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Samples_OfAPackage_ComeOutAsExpected(string name)
    {
        using var package = new Package(name);

        package.Manifest.Samples.ShouldNotBeEmpty();
        foreach (var sample in package.Manifest.Samples)
        {
            var results = package.Run(Pixels(package, sample));
            sample.Expect.Keys.ShouldBe(package.Manifest.Outputs.Select(output => output.As), ignoreOrder: true);
            for (var i = 0; i < results.Count; i++)
            {
                var output = package.Manifest.Outputs[i];
                if (!output.IsPicture)
                {
                    Said.Difference(Said.Of(output, results[i]), Said.Expected(package.PathOf(sample.Expect[output.As]))).ShouldBeLessThanOrEqualTo(sample.Tolerance);
                    continue;
                }

                var expected = package.Expected(sample.Expect[output.As], package.Outputs.Single(tensor => tensor.Name == output.Name));
                Difference(results[i], output, expected).ShouldBeLessThanOrEqualTo(sample.Tolerance);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Batch_OfTwo_GivesWhatTwoSinglesGive(string name)
    {
        using var package = new Package(name);
        var first = Pixels(package, package.Manifest.Samples[0]);
        // Another item beside it: the same pictures, upside down.
        var second = first.Select(pixels => pixels.Reverse().ToArray()).ToArray();

        var together = package.Run(first, second);

        foreach (var (item, alone) in new[] { package.Run(first), package.Run(second) }.Index())
        {
            for (var i = 0; i < alone.Count; i++)
                Largest(together[i].AsSpan(item * alone[i].Length, alone[i].Length), alone[i]).ShouldBeLessThan(1e-4f);
        }
    }

    private static byte[][] Pixels(Package package, SampleSpec sample) =>
        [.. package.Manifest.Inputs.Select(input => package.Pixels(input.Kind == InputKind.Mask ? sample.Mask! : sample.Image, input))];

    /// <summary>Mean absolute difference, of full scale.</summary>
    private static double Difference(float[] values, OutputSpec output, byte[] expected)
    {
        var range = output.Range ?? new ValueRange(values.Min(), values.Max());
        var channels = output.Kind == OutputKind.Image ? 3 : 1;
        var plane = values.Length / channels;
        var sum = 0d;
        for (var i = 0; i < values.Length; i++)
        {
            // The network's planes against the picture's pixels.
            var wanted = expected[(i % plane * channels) + (i / plane)] / 255d;
            sum += Math.Abs(Math.Clamp((values[i] - range.Low) / (range.High - range.Low), 0, 1) - wanted);
        }

        return sum / values.Length;
    }

    private static float Largest(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var largest = 0f;
        for (var i = 0; i < a.Length; i++)
            largest = Math.Max(largest, Math.Abs(a[i] - b[i]));
        return largest;
    }
}
