using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Espresso.Benchmarks.Chaos;

/// <summary>What <c>espresso bench chaos</c> can be told.</summary>
internal sealed class ChaosOptions
{
    [Description("each accelerator: a batch of n takes a + b·n milliseconds")]
    [Required]
    public string Simulated { get; set; } = "20,3";

    [Description("largest batch of an accelerator")]
    [Range(1, 1024)]
    public int MaxBatch { get; set; } = 2;

    [Description("offered load, in parts of what two replicas can do")]
    [Range(0.1, 1.0)]
    public double Load { get; set; } = 0.7;

    [Description("milliseconds that each request has")]
    [Range(100, 600_000)]
    public int DeadlineMs { get; set; } = 5_000;

    [Description("parts to run, with commas between: kill, stop, rolling")]
    [Required]
    public string Parts { get; set; } = "kill,stop,rolling";

    [Description("file for the figures as JSON")]
    public string Json { get; set; } = "";
}
