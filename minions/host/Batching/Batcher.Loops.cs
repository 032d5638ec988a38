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
            _schedule.Freed(instance, freeSince);
            while (true)
            {
                if (_staging)
                {
                    Monitor.Wait(_gate);
                    continue;
                }

                DropExpired();
                DropHopeless(Now);
                if (_stopping && _schedule.Open is not { Rows: > 0 })
                {
                    _free--;
                    Monitor.PulseAll(_gate);
                    return null;
                }

                var decision = _schedule.Decide(Now, _free, freeSince);
                if (decision.Bucket is null && !_stopping)
                {
                    Wait(decision.WaitUntil);
                    continue;
                }

                batch = TakeOpen() ?? new Batch(_buffers.Take(decision.Bucket!));
                assembled = batch.Items.Count;
                _schedule.Fill(batch, decision.Rows, Now);
                batch.Id = ++_batchId;
                batch.Release = decision.Reason;
                _running += batch.Items.Count;
                _free--;
                _schedule.Started(instance, batch, Now);
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

    /// <summary>Under the gate, while nothing is being staged.</summary>
    private void DropExpired()
    {
        _expired.Clear();
        _schedule.TakeExpired(Now, _expired);
        foreach (var item in _expired)
            Drop(item, Failure.Late("the deadline passed while the item waited in the queue"));
    }

    /// <param name="start">When the next batch can start.</param>
    private void DropHopeless(TimeSpan start)
    {
        _expired.Clear();
        _schedule.TakeHopeless(start, _expired);
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
