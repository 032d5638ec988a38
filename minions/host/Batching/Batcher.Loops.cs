using Espresso.Errors;
using Espresso.Minions.Execution;
using Espresso.Wire;

namespace Espresso.Minions.Batching;

/// <content>The threads' loops.</content>
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

    private void Assemble(InferItem item, BatchBuffers buffers, int row)
    {
        _assembly.Write(item, buffers, row);
        item.ReleaseInputs();
    }

    /// <summary>Runs a batch. One that fails is run again item by item: those at fault fail alone.</summary>
    private void Run(Batch batch, int instance, bool inPlace, Payload?[] direct)
    {
        var inputs = batch.Buffers.Inputs;
        var outputs = batch.Buffers.Outputs;
        if (inPlace)
        {
            inputs = _assembly.InPlace(batch.Items[0], batch.Buffers);
            outputs = Assembly.OutPlace(batch.Items[0], batch.Buffers, direct);
        }

        batch.Started = Now;
        try
        {
            _executor.Run(instance, batch.Rows, inputs, outputs);
            batch.Computed = Now;
            Costs.Record(batch.Buffers.Bucket, batch.Rows, batch.Computed - batch.Started);
        }
        catch (Exception error)
        {
            BatchFailed(_log, batch.Rows, error.Message);
            if (batch.Items.Count == 1)
                batch.Failures[batch.Items[0]] = Fault(error);
            else
                RunSingly(batch, instance);
            batch.Computed = Now;
        }

        if (inPlace)
            batch.Items[0].ReleaseInputs();
    }

    private void RunSingly(Batch batch, int instance)
    {
        var row = 0;
        foreach (var item in batch.Items)
        {
            try
            {
                _executor.Run(instance, item.Rows, From(batch.Buffers.Inputs, row), From(batch.Buffers.Outputs, row));
            }
            catch (Exception error)
            {
                batch.Failures[item] = Fault(error);
            }

            row += item.Rows;
        }
    }

    private static List<TensorMemory> From(IReadOnlyList<TensorMemory> tensors, int row) =>
        [.. tensors.Select(tensor => tensor with { Memory = tensor.Memory[(int)(row * TensorMemory.ItemBytes(tensor.ItemShape, tensor.Datatype))..] })];

    private static Failure Fault(Exception error) =>
        Failure.Internal(Reasons.ModelFailed, error is HookException ? error.Message : $"the network failed: {error.Message}");

    /// <summary>Gives every item of a batch its outcome.</summary>
    private void Finish(Batch batch, Payload?[] direct)
    {
        var row = 0;
        for (var i = 0; i < batch.Items.Count; i++)
        {
            var item = batch.Items[i];
            var failure = batch.Failures.GetValueOrDefault(item);
            IReadOnlyList<ItemOutput> outputs = [];
            if (failure is null && item.Deadline <= Now)
                failure = Failure.Late("the deadline passed while the item's batch ran");
            if (failure is null)
            {
                try
                {
                    outputs = _assembly.Read(item, batch.Buffers, row, direct);
                }
                catch (Exception error)
                {
                    failure = Fault(error);
                }
            }

            if (failure is not null)
            {
                foreach (var room in direct)
                    room?.Dispose(); // the reply that it was for will not be
            }

            row += item.Rows;
            var times = new ItemTimes(
                item.Enqueued, batch.Taken[i], batch.Started, batch.Computed, Now, batch.Id, batch.Rows, batch.Release);
            _metrics.Finished(times, failure?.Reason);
            lock (_gate)
            {
                _running--;
                if (failure is null)
                    _done++;
                else
                    _failed++;
                Left();
            }

            if (!item.Finish(new InferOutcome(outputs, failure, times)))
                ReleaseAll(outputs);
        }

        lock (_gate)
        {
            _meanBatch = _meanBatch == 0 ? batch.Rows : _meanBatch + (MeanWeight * (batch.Rows - _meanBatch));
            _arrivals.Answered(batch.Items.Count, Now);
            _buffers.Return(batch.Buffers);
            if (_executor.IsAccelerator)
                Monitor.PulseAll(_gate); // room to stage; and a batch that is held may be worth less waiting now
        }
    }

    private static void ReleaseAll(IReadOnlyList<ItemOutput> outputs)
    {
        foreach (var output in outputs)
            output.Payload.Dispose();
    }
}
