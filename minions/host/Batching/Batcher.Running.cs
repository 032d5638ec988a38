using Espresso.Errors;
using Espresso.Minions.Execution;
using Espresso.Wire;

namespace Espresso.Minions.Batching;

/// <content>A batch that was taken: written, run, and sent off.</content>
internal sealed partial class Batcher
{
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
            Costs.Record(batch.Bucket, batch.Rows, batch.Computed - batch.Started, batch.Started);
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
                Left(item);
            }

            if (!item.Finish(new InferOutcome(outputs, failure, times)))
                ReleaseAll(outputs);
        }

        lock (_gate)
        {
            _meanBatch = _meanBatch == 0 ? batch.Rows : _meanBatch + (MeanWeight * (batch.Rows - _meanBatch));
            _schedule.Answered(batch.Items.Count, Now);
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
