namespace Espresso.Benchmarks.Serving;

/// <summary>The picture that the mesh is asked about: the sample that stands in the repository.</summary>
internal static class Pictures
{
    public static byte[] Jpeg() => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "sample.jpg"));
}
