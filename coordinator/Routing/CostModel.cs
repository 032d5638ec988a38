using Espresso.Protos.Registry;

namespace Espresso.Coordinator.Routing;

/// <summary>How long a replica's device takes for a batch, read from the cost table that it reports. Immutable; milliseconds throughout.</summary>
/// <remarks>
/// Sizes between two reported ones are interpolated, beyond the largest the batches are counted. A bucket that was never reported, or null,
/// costs what the dearest known one costs: unknown is never free.
/// </remarks>
internal sealed class CostModel
{
    /// <summary>A larger batch must be cheaper an item by this share to be the best one; the minions' own measure for accelerators.</summary>
    private const double WorthwhileGain = 0.03;

    /// <summary>Larger ones than any manifest allows are not believed.</summary>
    private const int MaxBatch = 1024;

    /// <summary>Fewer items than this tell less of those to come.</summary>
    private const int Telling = 100;

    private readonly Dictionary<string, Row> _rows = new(StringComparer.Ordinal);
    private readonly Row? _dearest;

    /// <param name="arrived">Of late, by bucket.</param>
    public CostModel(IEnumerable<(string Bucket, int Size, double Milliseconds)> costs, IEnumerable<(string Bucket, int Rows)>? arrived = null)
    {
        var believed = costs.Where(cost => cost.Size is > 0 and <= MaxBatch && double.IsFinite(cost.Milliseconds) && cost.Milliseconds > 0);
        foreach (var bucket in believed.GroupBy(cost => cost.Bucket, StringComparer.Ordinal))
        {
            var row = _rows[bucket.Key] = Row.Of(bucket.Select(cost => (cost.Size, cost.Milliseconds)));
            if (_dearest is null || row.Marginal > _dearest.Marginal)
                _dearest = row;
            LongestBatch = Math.Max(LongestBatch, row.Milliseconds[row.Best]);
        }

        Mix = MixOf([.. (arrived ?? []).Where(static bucket => bucket.Rows > 0)]);
    }

    /// <summary>Of a replica that reports no costs, such as a preprocessor.</summary>
    public static CostModel None { get; } = new([]);

    /// <summary>The best batch of the bucket where that takes longest.</summary>
    public double LongestBatch { get; }

    /// <summary>Of which bucket the next item will be, as far as can be told: the shares of those that came, and null, the dearest, for want of news.</summary>
    public IReadOnlyList<(string? Bucket, double Share)> Mix { get; }

    public bool IsEmpty => _dearest is null;

    public static CostModel Of(Load load) => new(
        load.Costs.Select(cost => (cost.Bucket, (int)Math.Min(cost.Size, int.MaxValue), cost.Milliseconds)),
        load.Arrived.Select(came => (came.Bucket, (int)Math.Min(came.Rows, int.MaxValue))));

    /// <summary>One batch of <paramref name="rows"/> items; 0 where nothing is known.</summary>
    public double Estimate(string? bucket, int rows)
    {
        if (rows <= 0 || RowOf(bucket) is not { } row)
            return 0;
        var last = row.Milliseconds.Length - 1;
        return rows <= last ? row.Milliseconds[rows] : row.Milliseconds[last] * rows / last;
    }

    /// <summary>Items in the batch that costs the least an item; 1 where nothing is known.</summary>
    public int BestSize(string? bucket) => RowOf(bucket)?.Best ?? 1;

    /// <summary>What an item costs in a batch of the best size.</summary>
    public double Marginal(string? bucket) => RowOf(bucket)?.Marginal ?? 0;

    private static List<(string? Bucket, double Share)> MixOf(IReadOnlyCollection<(string Bucket, int Rows)> arrived)
    {
        var rows = arrived.Sum(static bucket => (double)bucket.Rows);
        var told = Math.Min(1, rows / Telling);
        var mix = arrived.Select(bucket => ((string?)bucket.Bucket, told * bucket.Rows / rows)).ToList();
        if (told < 1)
            mix.Add((null, 1 - told));
        return mix;
    }

    private Row? RowOf(string? bucket) => bucket is not null && _rows.TryGetValue(bucket, out var row) ? row : _dearest;

    /// <param name="Milliseconds">By size; [0] is unused.</param>
    private sealed record Row(double[] Milliseconds, int Best)
    {
        public double Marginal => Milliseconds[Best] / Best;

        public static Row Of(IEnumerable<(int Size, double Milliseconds)> measured)
        {
            var known = measured.OrderBy(cost => cost.Size).ToList();
            var milliseconds = new double[known[^1].Size + 1];
            var (size, time) = (0, known[0].Milliseconds); // a smaller batch costs no more than the smallest known
            foreach (var next in known)
            {
                for (var between = size + 1; between <= next.Size; between++)
                    milliseconds[between] = time + ((next.Milliseconds - time) * (between - size) / (next.Size - size));
                (size, time) = next;
            }

            var best = 1;
            for (var candidate = 2; candidate < milliseconds.Length; candidate++)
            {
                if (milliseconds[candidate] / candidate < milliseconds[best] / best * (1 - WorthwhileGain))
                    best = candidate;
            }

            return new Row(milliseconds, best);
        }
    }
}
