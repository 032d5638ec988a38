using Espresso.Errors;
using Espresso.Hosting;

namespace Espresso.Coordinator.Traffic;

/// <summary>Policies of the file that <c>--traffic</c> names: read at start, and again when its content has changed.</summary>
/// <remarks>
/// At start it is what holds unless the members know better: a coordinator that comes back does not undo what was decided since. A change is a
/// decision like any other. Looked at every few seconds: a ConfigMap is changed by swapping links, which file watchers miss, and takes a minute to arrive anyway.
/// </remarks>
internal sealed class TrafficFile(TrafficBook book, CoordinatorOptions options, TimeProvider time, ILogger<TrafficFile> log) : IHostedService, IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private ITimer? _timer;
    private byte[] _content = [];
    private IReadOnlyDictionary<string, TrafficPolicy> _taken = new Dictionary<string, TrafficPolicy>();

    /// <exception cref="StartupException">There is no such file, or what is wrong with it.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Traffic.Length == 0)
            return Task.CompletedTask;
        try
        {
            Take(atStart: true);
        }
        catch (FailureException error)
        {
            throw new StartupException(error.Failure.Message, error);
        }

        _timer = time.CreateTimer(_ => TakeAgain(), null, Every, Every);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    public void Dispose() => _timer?.Dispose();

    private void Take(bool atStart)
    {
        var content = Read();
        if (content.AsSpan().SequenceEqual(_content))
            return;
        _content = content;
        try
        {
            var policies = PolicyReader.ReadAll(content);
            // Only what has changed in the file: what was decided about other models since stays.
            foreach (var (model, policy) in policies.Where(policy => _taken.GetValueOrDefault(policy.Key) != policy.Value))
                book.SetByFile(model, policy, atStart);
            _taken = policies;
        }
        catch (FailureException error)
        {
            throw new FailureException(error.Failure with { Message = $"--traffic {options.Traffic}: {error.Failure.Message}" });
        }
    }

    private void TakeAgain()
    {
        try
        {
            Take(atStart: false);
        }
        catch (FailureException error)
        {
            log.TrafficFileRefused(options.Traffic, error.Failure.Message); // what was taken before stays
        }
    }

    private byte[] Read()
    {
        try
        {
            return File.ReadAllBytes(options.Traffic);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FailureException(Failure.Invalid(Reasons.InvalidRequest, $"--traffic {options.Traffic}: {error.Message}"));
        }
    }
}
