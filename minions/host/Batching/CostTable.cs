using System.Collections.Concurrent;

namespace Espresso.Minions.Batching;

/// <summary>How long the device takes for a batch of n items of a bucket: measured at warm-up, then kept by moving average.</summary>
/// <remarks>
/// Sizes between two measured ones are interpolated. Beyond the largest measured size the last slope goes on; with a single size known,
/// a further item is assumed a little cheaper than the first, so that the larger size is tried once and then known.
/// A device can be held up (a stopped process, a pause for garbage, a throttled machine), but never be quicker than it is. So what takes
/// far too long is believed only when it happens twice in a row and not side by side, what is done in far less than its price at once, and no batch
/// costs more than a larger one was seen to. What makes one size slower is mostly the machine and makes all slower, so a measurement moves all prices, and only
/// a little more that of its own size: else a size that has not run for long would look cheap for having been measured on a better day.
/// </remarks>
/// <param name="worthwhileGain">A larger batch must be cheaper an item by this share to be aimed at: below it, it only delays the first of its items.</param>
internal sealed class CostTable(int maxBatch, double worthwhileGain = CostTable.AcceleratorGain)
{
    /// <summary>What a device of its own must gain.</summary>
    public const double AcceleratorGain = 0.03;

    /// <summary>What the CPU must gain: its timings carry its neighbours' noise, and true gains there are small or large, seldom between.</summary>
    public const double CpuGain = 0.15;

    /// <summary>Weight of a new measurement: about the last ten count.</summary>
    private const double Weight = 0.1;

    /// <summary>How much of a price's change, as a power, the other sizes' prices share: bounded with it, whatever the noise.</summary>
    private const double CommonShare = 0.7;

    /// <summary>Of so many batches the last few are items alone: a few in a row, since the first still runs beside what came of the batch before it.</summary>
    private const int AskAgainEvery = 64;

    private const int AskAgainTimes = 8;

    /// <summary>Unless its price says that it cannot be the cheaper one: so many times that of an item in a batch.</summary>
    private const double AskAgainBelow = 1.5;

    private const double UntriedGain = 0.95;

    /// <summary>So many times too long, or too short, is no noise.</summary>
    private const double Doubtful = 2;

    private readonly ConcurrentDictionary<string, Row> _buckets = new(StringComparer.Ordinal);

    public int MaxBatch => maxBatch;

    public double WorthwhileGain => worthwhileGain;

    /// <summary>Times hardly scatter: what is measured a little cheaper is so.</summary>
    public bool IsSteady => worthwhileGain <= AcceleratorGain;

    public bool Knows(string bucket) => _buckets.ContainsKey(bucket);

    /// <summary>Sets what warm-up measured.</summary>
    public void Set(string bucket, int size, TimeSpan time) => Volatile.Write(ref RowOf(bucket).Prices[size], time.TotalMilliseconds);

    /// <summary>What was measured of a bucket is not needed any more.</summary>
    public void Forget(string bucket) => _buckets.TryRemove(bucket, out _);

    /// <summary>Learns from a batch in service.</summary>
    /// <param name="started">On a clock that only goes on; null: after all that ran before.</param>
    public void Record(string bucket, int size, TimeSpan time, TimeSpan? started = null)
    {
        if (size < 1 || size > maxBatch)
            return;
        var row = RowOf(bucket);
        lock (row)
            Learn(row, size, time.TotalMilliseconds, started);
    }

    /// <summary>The forecast for a batch of <paramref name="size"/> items; zero for a bucket never seen.</summary>
    public TimeSpan Estimate(string bucket, int size)
    {
        if (size <= 0 || !_buckets.TryGetValue(bucket, out var row))
            return TimeSpan.Zero;
        return TimeSpan.FromMilliseconds(Milliseconds(row.Prices, Math.Min(size, maxBatch)) * Math.Max(1, (double)size / maxBatch));
    }

    /// <summary>What was measured, by bucket and size.</summary>
    public IEnumerable<(string Bucket, int Size, double Milliseconds)> Measured() =>
        from bucket in _buckets
        from size in Enumerable.Range(1, maxBatch)
        where bucket.Value.Prices[size] > 0
        select (bucket.Key, size, bucket.Value.Prices[size]);

    /// <summary>
    /// Whether to see now and then, where times scatter, what an item alone costs, although <paramref name="best"/> of them are thought
    /// cheaper: a price that nothing tests would stay wrong.
    /// </summary>
    public bool AsksAgain(string bucket, int best) =>
        best > 1 && !IsSteady && _buckets.TryGetValue(bucket, out var row) && Volatile.Read(ref row.Batches) % AskAgainEvery >= AskAgainEvery - AskAgainTimes
        && Estimate(bucket, 1) < AskAgainBelow / best * Estimate(bucket, best);

    private static void Learn(Row row, int size, double took, TimeSpan? started)
    {
        row.Batches++;
        var prices = row.Prices;
        var (known, expected) = (prices[size], Milliseconds(prices, size));
        if (expected > 0 && IsPause(ref row.Doubted[size], expected, started, ref took))
            return;
        var price = known == 0 || took * Doubtful < known ? took : known + (Weight * (took - known));
        if (known > 0)
        {
            var common = Math.Pow(price / known, CommonShare);
            for (var other = 1; other < prices.Length; other++)
                Volatile.Write(ref prices[other], prices[other] * common); // 0, not measured, stays so
        }

        Volatile.Write(ref prices[size], price);
        for (var smaller = size - 1; smaller > 0; smaller--)
            Volatile.Write(ref prices[smaller], Math.Min(prices[smaller], price));
    }

    /// <summary>Whether a measurement is too long to be believed so far; two in a row are believed, at the shorter one.</summary>
    /// <param name="doubted">The measurement before, if that was too long as well; of those side by side, the first.</param>
    private static bool IsPause(ref Doubt doubted, double expected, TimeSpan? started, ref double took)
    {
        var before = doubted;
        if (took <= Doubtful * expected)
        {
            doubted = default;
            return false;
        }

        if (before.Took > 0 && started < before.Ended)
            return true; // one pause holds up all that runs at the time
        doubted = new Doubt(took, (started ?? TimeSpan.Zero) + TimeSpan.FromMilliseconds(took));
        took = before.Took > 0 ? Math.Min(took, before.Took) : took;
        return before.Took == 0;
    }

    private static double Milliseconds(double[] row, int size)
    {
        var exact = Volatile.Read(ref row[size]);
        if (exact > 0)
            return exact;

        var below = size - 1;
        while (below > 0 && row[below] <= 0)
            below--;
        var above = size + 1;
        while (above < row.Length && row[above] <= 0)
            above++;
        if (below > 0 && above < row.Length)
            return row[below] + ((row[above] - row[below]) * (size - below) / (above - below));
        if (above < row.Length)
            return row[above]; // a smaller batch costs no more than the smallest known
        if (below == 0)
            return 0;

        var before = below - 1;
        while (before > 0 && row[before] <= 0)
            before--;
        var slope = before > 0 ? (row[below] - row[before]) / (below - before) : UntriedGain * row[below] / below;
        return row[below] + (Math.Max(0, slope) * (size - below));
    }

    private Row RowOf(string bucket) => _buckets.GetOrAdd(bucket, static (_, max) => new Row(max), maxBatch);

    /// <summary>A bucket's batches.</summary>
    private sealed class Row(int maxBatch)
    {
        /// <summary>Milliseconds by size; 0: not measured.</summary>
        public readonly double[] Prices = new double[maxBatch + 1];

        /// <summary>By size, the last measurement if it was too long to be believed.</summary>
        public readonly Doubt[] Doubted = new Doubt[maxBatch + 1];

        public int Batches;
    }

    private readonly record struct Doubt(double Took, TimeSpan Ended);
}
