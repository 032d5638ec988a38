namespace Espresso.Minions.Batching;

/// <summary>Items of one bucket that run together; it takes more until it runs. Not thread-safe.</summary>
internal class OpenBatch<TItem>(string bucket)
    where TItem : WorkItem
{
    public string Bucket { get; } = bucket;

    public List<TItem> Items { get; } = [];

    public int Rows { get; private set; }

    public virtual void Add(TItem item, TimeSpan taken)
    {
        Items.Add(item);
        Rows += item.Rows;
    }

    /// <returns>False: it is not in this batch.</returns>
    public bool Remove(TItem item)
    {
        var at = Items.IndexOf(item);
        if (at < 0)
            return false;
        RemoveAt(at);
        return true;
    }

    /// <summary>Takes out what cannot be answered in time any more.</summary>
    public void TakeExpired(TimeSpan now, List<TItem> into)
    {
        foreach (var item in Items.FindAll(item => item.Deadline <= now))
        {
            Remove(item);
            into.Add(item);
        }
    }

    protected virtual void RemoveAt(int at)
    {
        Rows -= Items[at].Rows;
        Items.RemoveAt(at);
    }
}
