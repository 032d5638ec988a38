namespace Espresso.Minions.Batching;

/// <content>The open batch of an accelerator: the next one, which grows while the device is busy.</content>
internal sealed partial class Batcher
{
    /// <summary>Accelerators: while the device is busy, moves what comes into the open batch, an item at a time.</summary>
    private void StageLoop()
    {
        while (true)
        {
            Batch open;
            InferItem? item;
            int row;
            lock (_gate)
            {
                while ((item = StageOne()) is null)
                {
                    if (_stopping)
                        return;
                    Monitor.Wait(_gate);
                }

                open = _schedule.Open!;
                row = open.Rows - item.Rows;
                _staging = true;
            }

            Assemble(item, open.Buffers, row);
            lock (_gate)
            {
                _staging = false;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <returns>An item whose row of the open batch is to be written; null: none now. Under the gate.</returns>
    private InferItem? StageOne()
    {
        if (_stopping || _free > 0 || _schedule.Waiting == 0 || _finished.Count > 2)
            return null;
        var now = Now;
        DropHopeless(_schedule.NextStart(now));
        if (_schedule.Open is not { Rows: > 0 })
        {
            TakeOpen(); // all that was in it was cancelled: another bucket may be next
            _schedule.Open = new Batch(_buffers.Take(_schedule.NextBucket(now)));
        }

        return _schedule.Stage(now);
    }

    /// <summary>The open batch, if anything is in it. Under the gate.</summary>
    private Batch? TakeOpen()
    {
        var open = _schedule.Open;
        _schedule.Open = null;
        if (open is not { Rows: 0 })
            return open;
        _buffers.Return(open.Buffers);
        return null;
    }
}
