namespace Espresso.Minions.Batching;

/// <summary>received = done + failed + dropped + pending, at any moment; what was rejected was never received.</summary>
/// <param name="Pending">Accepted and unfinished, running ones included.</param>
/// <param name="Dropped">Expired or cancelled before they cost anything.</param>
/// <param name="Rejected">Refused at the door.</param>
internal readonly record struct BatcherCounts(
    long Received, long Done, long Failed, long Dropped, long Rejected, int Pending, int Running, double MeanBatch, TimeSpan Backlog);
