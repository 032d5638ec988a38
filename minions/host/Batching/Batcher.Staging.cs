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
            InferItem item;
            int row;
            lock (_gate)
            {
                while (!_stopping && !CanStage())
                    Monitor.Wait(_gate);
                if (_stopping)
                    return;
                open = _open!;
                row = open.Rows;
                item = TakeOne(open);
                open.Add(item, Now);
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

    /// <summary>The open batch, if anything is in it. Under the gate.</summary>
    private Batch? TakeOpen()
    {
        var open = _open;
        _open = null;
        if (open is { Rows: 0 })
        {
            _buffers.Return(open.Buffers);
            return null;
        }

        return open;
    }

    /// <summary>Under the gate.</summary>
    private bool CanStage()
    {
        if (_free > 0 || _queue.Count == 0 || _finished.Count > 2)
            return false;
        DropHopeless(Start());
        if (_open is not { Rows: > 0 })
        {
            TakeOpen(); // all that was in it was cancelled: another bucket may be next
            _queue.View(_views);
            var now = Now;
            // Which bucket is next does not depend on how free the device is; how much of it, Next decides.
            _open = new Batch(_buffers.Take(BatchPolicy.Decide(_views, now, 1, now, TimeSpan.MaxValue, Costs).Bucket!));
        }

        if (_queue.First(_open.Buffers.Bucket) is not { } next)
            return false;
        return _open.Rows == 0 || next.Rows <= MostOpen(_open) - _open.Rows;
    }

    /// <summary>Rows that the open batch may have, since those that are in it, and what waits besides, have deadlines. Under the gate.</summary>
    private int MostOpen(Batch open)
    {
        _queue.View(_views);
        var bucket = open.Buffers.Bucket;
        var most = BatchPolicy.SizeFor(bucket, open.Rows + BatchPolicy.RowsOf(bucket, _views), Costs);
        return DeadlineRoom.Rows(bucket, most, Start(), open.Items.Min(static item => item.Deadline), _views, Costs);
    }

    /// <summary>When the open batch is expected to start. Under the gate.</summary>
    private TimeSpan Start()
    {
        var (first, now) = (_busyUntil.Min(), Now);
        return first > now ? first : now;
    }

    /// <summary>Under the gate, after <see cref="CanStage"/>.</summary>
    private InferItem TakeOne(Batch open)
    {
        _taken.Clear();
        _queue.Take(open.Buffers.Bucket, rows: 1, atLeastOne: true, _taken);
        return _taken[0];
    }
}
