using Espresso.Minions.Batching;

namespace Espresso.Minions.Tests.Batching;

public sealed class ArrivedMixTests
{
    private readonly ArrivedMix _mix = new();

    [Fact]
    public void Rows_OfAFew_AreCounted()
    {
        _mix.Arrived("a", 3);
        _mix.Arrived("b", 1);
        _mix.Arrived("a", 2);

        _mix.Rows.ShouldBe([("a", 5), ("b", 1)], ignoreOrder: true);
    }

    [Fact]
    public void Mix_ThatChanges_IsFollowedAndTheOldIsForgotten()
    {
        for (var i = 0; i < 10_000; i++)
            _mix.Arrived("old", 1);
        for (var i = 0; i < 4_000; i++)
            _mix.Arrived("new", 1);
        var rows = _mix.Rows.ToDictionary(bucket => bucket.Bucket, bucket => bucket.Rows);
        rows["new"].ShouldBeGreaterThan(4 * rows["old"]);
    }

    [Fact]
    public void Counts_WhateverComes_StayBoundedAndNearTheTrueShares() => Seeds.Check(50, random =>
    {
        var mix = new ArrivedMix();
        var share = random.NextDouble();
        for (var i = 0; i < 20_000; i++)
            mix.Arrived(random.NextDouble() < share ? "a" : "b", 1);
        var rows = mix.Rows.ToList();
        var total = rows.Sum(bucket => bucket.Rows);
        total.ShouldBeInRange(990, 2_000);
        ((double)rows.Where(bucket => bucket.Bucket == "a").Sum(bucket => bucket.Rows) / total).ShouldBe(share, 0.08);
    });
}
