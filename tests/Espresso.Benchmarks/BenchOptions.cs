using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Espresso.Benchmarks;

/// <summary>What <c>espresso bench</c> can be told.</summary>
internal sealed class BenchOptions
{
    [Description("folder of the model package to serve; empty: the U-Net that peers were measured with")]
    public string Model { get; set; } = "";

    [Description("also measure an accelerator whose batch of n takes a + b·n milliseconds, as 20,3; empty: not")]
    public string Simulated { get; set; } = "20,3";

    [Description("largest batch of the simulated accelerator")]
    [Range(1, 1024)]
    public int SimulatedBatch { get; set; } = 16;

    [Description("numbers of callers, with commas between")]
    [Required]
    public string Callers { get; set; } = "1,2,4,8,16,32";

    [Description("rounds; every figure is the median over their turns")]
    [Range(1, 100)]
    public int Rounds { get; set; } = 3;

    [Description("seconds that each measurement lasts in a round, in turns with the bare loop")]
    [Range(1, 600)]
    public int Seconds { get; set; } = 4;

    [Description("parts to run, with commas between: bare, minion, mesh, simulated")]
    [Required]
    public string Parts { get; set; } = "bare,minion,mesh,simulated";

    [Description("tensors that the minion's callers send: FP32 (the network's own) or UINT8 (pictures)")]
    [RegularExpression("FP32,UINT8|FP32|UINT8", ErrorMessage = "FP32, UINT8 or FP32,UINT8")]
    public string Tensors { get; set; } = "FP32,UINT8";

    [Description("file for the figures as JSON")]
    public string Json { get; set; } = "";
}
