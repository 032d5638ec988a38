using System.Runtime.ExceptionServices;

namespace Espresso.Preprocessor.Work;

/// <summary>A piece of work in parts, for its own thread and for whoever of the pool has nothing to do.</summary>
internal sealed class SharedWork(int parts, Action<int> work)
{
    private readonly object _gate = new(); // the owner waits on it
    private int _taken;
    private int _ended;
    private volatile ExceptionDispatchInfo? _fault;

    /// <summary>Does parts until none is left to begin; throws nothing.</summary>
    public void Help()
    {
        for (int part; (part = Interlocked.Increment(ref _taken) - 1) < parts;)
        {
            try
            {
                if (_fault is null)
                    work(part);
            }
            catch (Exception error)
            {
                _fault = ExceptionDispatchInfo.Capture(error);
            }

            lock (_gate)
            {
                if (++_ended == parts)
                    Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>Until all parts have ended; throws what one of them threw.</summary>
    public void Wait()
    {
        lock (_gate)
        {
            while (_ended < parts)
                Monitor.Wait(_gate);
        }

        _fault?.Throw();
    }
}
