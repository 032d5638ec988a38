using System.Collections;
using Espresso.TestKit;

namespace Espresso.Minions.Tests.Fakes;

/// <summary>The mean of a picture's input, which whoever reads it has to wait for: it holds an assembly where a test wants it.</summary>
internal sealed class HeldMean : IReadOnlyList<float>, IDisposable
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _go = new();

    /// <summary>Completes once somebody waits for it.</summary>
    public Task Asked => _asked.Task.WaitAsync(Patience.Limit);

    public int Count
    {
        get
        {
            _asked.TrySetResult();
            _go.Wait();
            return 0;
        }
    }

    public float this[int index] => throw new NotSupportedException();

    public void LetGo() => _go.Set();

    public IEnumerator<float> GetEnumerator() => throw new NotSupportedException();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose() => _go.Dispose();
}
