namespace Espresso.Benchmarks.Serving;

/// <summary>The picture that the mesh is asked about: the sample that stands in the repository.</summary>
internal static class Pictures
{
    /// <summary>A small picture, so that a load test's cores are the mesh's and not the decoder's.</summary>
    public static byte[] Small() => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "small.jpg"));

    public static byte[] Jpeg() => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "sample.jpg"));
}
