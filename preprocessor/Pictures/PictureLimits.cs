namespace Espresso.Preprocessor.Pictures;

/// <summary>What one request may cost; <see cref="PreprocessorOptions"/> says unit, range and default of each.</summary>
/// <param name="Bytes">Of a picture's file.</param>
/// <param name="Pixels">Of a picture, read or written.</param>
/// <param name="Frames">Of a picture, of which the first is read.</param>
/// <param name="TensorBytes">Of all tensors of one reply.</param>
/// <param name="Tensors">Of one reply.</param>
internal sealed record PictureLimits(int Bytes, int Pixels, int Frames, int TensorBytes, int Tensors);
