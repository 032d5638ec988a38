namespace Espresso.Coordinator.Traffic;

/// <summary>Which requests belong to a percentage: the same key always falls on the same side, on every coordinator, and stays in when it grows.</summary>
internal static class Stickiness
{
    private const ulong Offset = 14_695_981_039_346_656_037;
    private const ulong Prime = 1_099_511_628_211;

    /// <param name="purpose">What is chosen for: other models and other purposes choose other requests.</param>
    /// <param name="key">The request's, of any length.</param>
    public static bool IsIn(string purpose, string key, double percent) => Place(purpose, key) * 100 < percent;

    /// <summary>Evenly in 0 to 1: FNV-1a, with the finaliser of MurmurHash3, since FNV's high bits hardly know the last letters.</summary>
    private static double Place(string purpose, string key)
    {
        var hash = Offset;
        foreach (var letter in purpose)
            hash = (hash ^ letter) * Prime;
        hash = (hash ^ '\n') * Prime;
        foreach (var letter in key)
            hash = (hash ^ letter) * Prime;
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
        hash ^= hash >> 33;
        return (hash >> 11) * (1.0 / (1UL << 53));
    }
}
