using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Espresso.Benchmarks.Overload;

/// <summary>What <c>espresso bench overload</c> can be told.</summary>
internal sealed class OverloadOptions
{
    [Description("the accelerator: a batch of n takes a + b·n milliseconds")]
    [Required]
    public string Simulated { get; set; } = "20,3";

    [Description("largest batch of the accelerator; 4 keeps the offered load within what two cores can refuse")]
    [Range(1, 1024)]
    public int MaxBatch { get; set; } = 4;

    [Description("offered loads in multiples of the capacity, with commas between")]
    [Required]
    public string Load { get; set; } = "2,10";

    [Description("seconds of each load (the promise is for 600)")]
    [Range(5, 3_600)]
    public int Seconds { get; set; } = 30;

    [Description("milliseconds that each request has: the promised bound; 0: five full batches, and 500 at the least")]
    [Range(0, 600_000)]
    public int DeadlineMs { get; set; }

    [Description("file for the figures as JSON")]
    public string Json { get; set; } = "";
}
