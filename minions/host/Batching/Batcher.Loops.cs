using Espresso.Errors;
using Espresso.Wire;

namespace Espresso.Minions.Batching;

/// <content>The threads' loops, and what goes next.</content>
internal sealed partial class Batcher
{
    private static readonly Failure TooLate = new(
        FailureKind.Late, Reasons.DeadlineUnmeetable, "the item could not be done within its deadline, or only by making others late that can");

    /// <summary>One instance of the device: takes a batch, runs it, and finishes it or hands it on.</summary>
    private void RunLoop(int instance)
    {
        while (Next(instance) is { } batch)
        {
            if (_executor.IsAccelerator)
            {
                Run(batch, instance, inPlace: false, []);
                lock (_gate)
                {
                    _finished.Enqueue(batch);
                    Monitor.PulseAll(_gate);
                }
            }
            else
            {
                // A request that is alone in its batch is run where its bytes lie.
                var direct = new Payload?[_executor.Outputs.Count];
                Run(batch, instance, inPlace: batch.Items.Count == 1, direct);
                Finish(batch, direct);
            }
        }
    }

    /// <summary>Accelerators: sends off what has run.</summary>
    private void FinishLoop()
    {
        while (true)
        {
            Batch? batch;
            lock (_gate)
            {
                while (!_finished.TryDequeue(out batch))
                {
                    if (_stopping && _pending == 0)
                        return; // not before: the open batch may still be going to run
                    Monitor.Wait(_gate);
                }
            }

            Finish(batch, []);
        }
    }

    /// <summary>Blocks until the policy lets a batch go; null at the end.</summary>
    private Batch? Next(int instance)
    {
        Batch batch;
        int assembled;
        lock (_gate)
        {
            _free++;
            var freeSince = Now;
            _busyUntil[instance] = freeSince;
            while (true)
            {
                if (_staging)
                {
                    Monitor.Wait(_gate);
                    continue;
                }

                DropExpired();
                DropHopeless(Now);
                if (_stopping && _open is not { Rows: > 0 })
                {
                    _free--;
                    Monitor.PulseAll(_gate);
                    return null;
                }

                var decision = Decide(freeSince);
                if (decision.Bucket is null && !_stopping)
                {
                    Wait(decision.WaitUntil);
                    continue;
                }

                batch = TakeOpen() ?? new Batch(_buffers.Take(decision.Bucket!));
                assembled = batch.Items.Count;
                Fill(batch, decision.Rows);
                batch.Id = ++_batchId;
                batch.Release = decision.Reason;
                _running += batch.Items.Count;
                _free--;
                _busyUntil[instance] = Now + Costs.Estimate(batch.Buffers.Bucket, batch.Rows);
                if (_executor.IsAccelerator)
                    Monitor.PulseAll(_gate); // the device is taken: the next batch may be staged
                break;
            }
        }

        var row = 0;
        for (var i = 0; i < batch.Items.Count; i++)
        {
            // A lone request on the CPU is bound in place instead.
            if (i >= assembled && (_executor.IsAccelerator || batch.Items.Count > 1))
                Assemble(batch.Items[i], batch.Buffers, row);
            row += batch.Items[i].Rows;
        }

        return batch;
    }

    /// <summary>The open batch counts as waiting: what else waits may join it. Under the gate.</summary>
    private BatchDecision Decide(TimeSpan freeSince)
    {
        _queue.View(_views);
        if (_open is { Rows: > 0 } open)
        {
            var bucket = open.Buffers.Bucket;
            var rows = open.Rows + BatchPolicy.RowsOf(bucket, _views);
            var first = open.Items.Min(UrgencyOrder.Instance)!;
            _views.Clear();
            _views.Add(new BucketView(bucket, rows, first.Priority, first.Deadline, first.Enqueued));
        }

        var now = Now;
        return BatchPolicy.Decide(_views, now, _free, freeSince, _arrivals.Next(now), Costs);
    }

    /// <summary>Adds waiting items up to <paramref name="rows"/>. Under the gate.</summary>
    private void Fill(Batch batch, int rows)
    {
        if (rows <= batch.Rows)
            return;
        _taken.Clear();
        _queue.Take(batch.Buffers.Bucket, rows - batch.Rows, atLeastOne: batch.Rows == 0, _taken);
        foreach (var item in _taken)
            batch.Add(item, Now);
    }

    /// <summary>Under the gate, while nothing is being staged.</summary>
    private void DropExpired()
    {
        _expired.Clear();
        var now = Now;
        _queue.TakeExpired(now, _expired);
        _open?.TakeExpired(now, _expired);
        foreach (var item in _expired)
            Drop(item, Failure.Late("the deadline passed while the item waited in the queue"));
    }

    /// <param name="start">When the next batch can start.</param>
    private void DropHopeless(TimeSpan start)
    {
        _expired.Clear();
        _queue.TakeHopeless(start, Costs, _open is { Rows: > 0 } open ? open.Buffers.Bucket : null, _open?.Rows ?? 0, _expired);
        foreach (var item in _expired)
            Drop(item, TooLate);
    }

    private void Wait(TimeSpan until)
    {
        if (until == TimeSpan.MaxValue)
            Monitor.Wait(_gate);
        else if (until - Now is { Ticks: > 0 } left)
            Monitor.Wait(_gate, TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(left.TotalMilliseconds), 60_000)));
    }
}
