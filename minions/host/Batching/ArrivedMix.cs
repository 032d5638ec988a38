namespace Espresso.Minions.Batching;

/// <summary>Of which shapes the items of late were, by bucket: what the next one will cost is not known before it is there. Not thread-safe.</summary>
internal sealed class ArrivedMix
{
    /// <summary>When so many are counted, all counts are halved: the old fade out.</summary>
    private const int Most = 2_000;

    private readonly Dictionary<string, int> _rows = new(StringComparer.Ordinal);
    private int _total;

    /// <summary>Rows by bucket; the older ones count less.</summary>
    public IEnumerable<(string Bucket, int Rows)> Rows => _rows.Select(static bucket => (bucket.Key, bucket.Value));

    public void Arrived(string bucket, int rows)
    {
        _rows[bucket] = _rows.GetValueOrDefault(bucket) + rows;
        _total += rows;
        if (_total >= Most)
            Halve();
    }

    private void Halve()
    {
        _total = 0;
        foreach (var (bucket, rows) in _rows)
        {
            if (rows < 2)
                _rows.Remove(bucket);
            else
                _total += _rows[bucket] = rows / 2;
        }
    }
}
