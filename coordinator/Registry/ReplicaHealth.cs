namespace Espresso.Coordinator.Registry;

/// <summary>How a call to a replica ended, as far as it tells something of the replica.</summary>
internal enum CallEnd
{
    /// <summary>Nothing can be told: the caller left, or another call won.</summary>
    NoWord,

    /// <summary>It answered, if only that it is full: it is there, and no better or worse than before.</summary>
    Refused,

    /// <summary>It answered.</summary>
    Answered,

    /// <summary>It broke off, erred, stayed silent, or was late without need.</summary>
    Failed,
}

/// <summary>Live, ejected, or on trial: after several failures in a row a replica gets no calls for a while, then one, and then all or again none.</summary>
/// <remarks>Each ejection that follows soon on the one before lasts twice as long. Not synchronised: <see cref="ReplicaState"/> guards it.</remarks>
internal struct ReplicaHealth
{
    /// <summary>Failures in a row that eject.</summary>
    public const int Patience = 3;

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private int _failures;
    private TimeSpan _lasts;
    private TimeSpan _until;
    private bool _ejected;
    private bool _onTrial;

    /// <summary>live, ejected or trial.</summary>
    public readonly string Word => !_ejected ? "live" : _onTrial ? "trial" : "ejected";

    public readonly bool IsEjected => _ejected;

    /// <summary>It may be sent a call: it is live, or its time is over and nobody tries it yet.</summary>
    public readonly bool Takes(TimeSpan now) => !_ejected || (!_onTrial && now >= _until);

    /// <summary>A call is sent; the first after the time of an ejection is the trial.</summary>
    public void Entered(TimeSpan now) => _onTrial = _ejected && (_onTrial || now >= _until);

    /// <returns>True: enough failures to <see cref="Eject"/> it, if others are there.</returns>
    public bool Ended(CallEnd end, TimeSpan now)
    {
        switch (end)
        {
            case CallEnd.NoWord:
                _onTrial = false;
                return false;
            case CallEnd.Refused:
                _onTrial = false;
                _ejected = false;
                return false;
            case CallEnd.Answered:
                _failures = 0;
                _onTrial = false;
                _ejected = false;
                return false;
            default:
                _failures++;
                if (_onTrial)
                    Eject(now);
                return !_ejected && _failures >= Patience;
        }
    }

    public void Eject(TimeSpan now)
    {
        var soon = _lasts > TimeSpan.Zero && now - _until < Longest;
        _lasts = !soon ? Shortest : 2 * _lasts < Longest ? 2 * _lasts : Longest;
        _until = now + _lasts;
        _ejected = true;
        _onTrial = false;
    }
}
