namespace Espresso.Preprocessor.Pictures;

/// <summary>What one request may cost. <see cref="PreprocessorOptions"/> says unit, range and default of each.</summary>
internal sealed record PictureLimits
{
    /// <summary>Bytes of a picture file.</summary>
    public int Bytes { get; init; } = 25_000_000;

    /// <summary>Pixels of a picture, read in or written out.</summary>
    public long Pixels { get; init; } = 50_000_000;

    /// <summary>Frames or pages of a file, of which the first is read.</summary>
    public int Frames { get; init; } = 1_000;

    /// <summary>Bytes of all tensors of one reply.</summary>
    public long TensorBytes { get; init; } = 60_000_000;

    /// <summary>Tensors of one reply.</summary>
    public int Tensors { get; init; } = 64;
}
