namespace Espresso.Minions;

/// <summary>A model's own code around its network. Batches are formed before it and taken apart after it: a hook sees whole batches.</summary>
/// <remarks>
/// A hook is called by several threads at once where the minion has several sessions, each with a batch of its own; what it keeps must stand that.
/// One that throws fails the batch, which is then run again item by item, from the requests' own inputs: only the items at fault fail, with the
/// hook's name and message (INTERNAL, <c>model_failed</c>). The warm-up runs through the hooks, too, on pictures of noise. What a hook costs counts as
/// the batch's time.
/// </remarks>
public interface IModelHook
{
    /// <summary>Outputs of the manifest that this hook makes and the graph does not have; of kind labels, scores, embedding or text.</summary>
    IReadOnlyList<string> Makes => [];

    /// <summary>Before the network: the inputs are there, as the network will get them, and may be changed.</summary>
    void Before(HookBatch batch)
    {
        // nothing to prepare
    }

    /// <summary>After the network: its outputs are there and may be changed; what <see cref="Makes"/> names is all zeros until it is written.</summary>
    void After(HookBatch batch)
    {
        // the outputs stay as they are
    }
}
