using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Espresso.Hosting;

namespace Espresso.Minions.Lifecycle;

/// <summary>What a minion can be told; all that belongs to the model stands in its manifest.</summary>
internal sealed class MinionOptions : MemberOptions
{
    [Description("instead of the network: an accelerator whose batch of n takes a + b·n milliseconds, as 20,3")]
    public string Simulated { get; set; } = "";

    [Description("accepted and unfinished items at the most; 0: the manifest's serving.max_pending")]
    [Range(0, 100_000)]
    public int MaxPending { get; set; }

    [Description("items in one batch at the most; 0: the manifest's batching.max")]
    [Range(0, 1_024)]
    public int MaxBatch { get; set; }

    [Description("sessions side by side; 0: the manifest's execution.instances")]
    [Range(0, 64)]
    public int Instances { get; set; }

    [Description("threads inside a session on the CPU; 0: the manifest's execution.threads")]
    [Range(0, 256)]
    public int Threads { get; set; }

    [Description("serve before the network has run at all: it is ready sooner, the first request takes longer, and what a batch costs is learnt in service")]
    public bool Cold { get; set; }

    [Description("serve without joining a coordinator, for clients of the Open Inference Protocol alone")]
    public bool Standalone { get; set; }
}
