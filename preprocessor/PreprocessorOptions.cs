using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Espresso.Hosting;
using Espresso.Preprocessor.Pictures;
using Espresso.Preprocessor.Work;

namespace Espresso.Preprocessor;

/// <summary>What the preprocessor can be told besides what every process can.</summary>
internal sealed class PreprocessorOptions : MemberOptions
{
    [Description("threads that work on pictures; 0: as many as cores")]
    [Range(0, 1_024)]
    public int Workers { get; set; }

    [Description("pieces of work that may wait for a thread; more are refused")]
    [Range(1, 100_000)]
    public int QueueLength { get; set; } = 256;

    [Description("seconds that one operation may take")]
    [Range(0.01, 600)]
    public double TimeLimitSeconds { get; set; } = 10;

    [Description("bytes of a picture file")]
    [Range(1, 60_000_000)]
    public int MaxPictureBytes { get; set; } = 25 << 20;

    [Description("pixels of a picture; each worker may need up to 8 bytes of memory for each")]
    [Range(1, 300_000_000)]
    public int MaxPixels { get; set; } = 50_000_000;

    [Description("frames or pages of a picture, of which the first is read")]
    [Range(1, 1_000_000)]
    public int MaxFrames { get; set; } = 1_000;

    [Description("bytes of all tensors of one reply")]
    [Range(1, 66_000_000)]
    public int MaxTensorBytes { get; set; } = 60_000_000;

    [Description("tensors of one reply")]
    [Range(1, 10_000)]
    public int MaxTensors { get; set; } = 64;

    internal WorkPoolOptions ToPoolOptions() => new(
        Workers == 0 ? Environment.ProcessorCount : Workers, QueueLength, TimeSpan.FromSeconds(TimeLimitSeconds));

    internal PictureLimits ToLimits() => new(MaxPictureBytes, MaxPixels, MaxFrames, MaxTensorBytes, MaxTensors);
}
