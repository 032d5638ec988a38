using Espresso.Coordinator.Sharing;

namespace Espresso.Coordinator.Admission;

/// <summary>The runs that have a slot, begun or not. An identical one will be the same run, so there is room for it at a version that is full.</summary>
internal sealed class HeldRuns
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Run> _runs = new(StringComparer.Ordinal);
    private readonly Dictionary<int, int> _lengths = [];

    /// <summary>Whether any run is of a picture of so many bytes: under load only then a picture is hashed that may be refused.</summary>
    public bool HasLength(int pictureBytes)
    {
        lock (_gate)
            return _lengths.ContainsKey(pictureBytes);
    }

    /// <param name="deadline">By the uptime, of who would join: a run that may take longer is none to wait for.</param>
    public bool CanJoin(RunIdentity run, TimeSpan deadline)
    {
        lock (_gate)
            return _runs.TryGetValue(run.Text, out var held) && held.Deadline <= deadline;
    }

    /// <param name="deadline">By the uptime, of who takes the slot.</param>
    public void Add(RunIdentity run, TimeSpan deadline)
    {
        lock (_gate)
        {
            if (!_runs.TryGetValue(run.Text, out var held))
            {
                _runs.Add(run.Text, held = new Run(deadline));
                _lengths[run.PictureBytes] = _lengths.GetValueOrDefault(run.PictureBytes) + 1;
            }

            held.Slots++;
        }
    }

    public void Remove(RunIdentity run)
    {
        lock (_gate)
        {
            if (--_runs[run.Text].Slots > 0)
                return;
            _runs.Remove(run.Text);
            if (--_lengths[run.PictureBytes] == 0)
                _lengths.Remove(run.PictureBytes);
        }
    }

    /// <param name="deadline">The first one's who took a slot for it.</param>
    private sealed class Run(TimeSpan deadline)
    {
        public TimeSpan Deadline { get; } = deadline;

        public int Slots { get; set; }
    }
}
