using Espresso.Minions.Batching;

namespace Espresso.Simulation.Fleet;

/// <summary>Pictures of one tensor shape: a batch of n takes a device <paramref name="FixedMs"/> + n · <paramref name="EachMs"/>.</summary>
/// <param name="Share">Of the pictures, 0 to 1.</param>
internal sealed record ShapeClass(string Bucket, double Share, double FixedMs, double EachMs)
{
    public double Milliseconds(int rows) => FixedMs + (rows * EachMs);

    /// <summary>What a picture costs in a batch of the best size.</summary>
    public double BestMs(int maxBatch)
    {
        var costs = Costs(maxBatch);
        var best = BatchPolicy.BestSize(Bucket, maxBatch, costs);
        return Milliseconds(best) / best;
    }

    /// <summary>As a warm-up would measure them.</summary>
    public CostTable Costs(int maxBatch)
    {
        var costs = new CostTable(maxBatch);
        AddTo(costs);
        return costs;
    }

    public void AddTo(CostTable costs)
    {
        for (var size = 1; size <= costs.MaxBatch; size++)
            costs.Set(Bucket, size, TimeSpan.FromMilliseconds(Milliseconds(size)));
    }
}

/// <summary>The shapes of a load, and how they are drawn.</summary>
internal sealed class ShapeMix
{
    private readonly double[] _upTo;

    public ShapeMix(params ShapeClass[] classes)
    {
        Classes = classes;
        _upTo = new double[classes.Length];
        var sum = 0.0;
        for (var i = 0; i < classes.Length; i++)
            _upTo[i] = sum += classes[i].Share;
        if (Math.Abs(sum - 1) > 1e-9)
            throw new ArgumentException($"the shares add up to {sum}, not to 1", nameof(classes));
    }

    public IReadOnlyList<ShapeClass> Classes { get; }

    public static ShapeMix Single(double fixedMs, double eachMs) => new(new ShapeClass("512", 1, fixedMs, eachMs));

    /// <summary>
    /// Picture sides whose cost grows with their pixels, with shares that fall by a power law (Pareto, exponent 1.1 in pixels): most are
    /// small, and the few large ones are much of the work.
    /// </summary>
    /// <param name="eachMs">Of a picture of 512 × 512.</param>
    /// <param name="sides">In pixels, rising.</param>
    public static ShapeMix HeavyTailed(double fixedMs, double eachMs, params int[] sides)
    {
        const double Exponent = 1.1;
        var shares = new double[sides.Length];
        for (var i = 0; i < sides.Length; i++)
        {
            var beyond = i + 1 < sides.Length ? Tail(sides[i + 1]) : 0;
            shares[i] = Tail(sides[i]) - beyond;
        }

        return new ShapeMix([.. sides.Select((side, i) => new ShapeClass($"{side}", shares[i], fixedMs, eachMs * side * side / (512.0 * 512.0)))]);

        double Tail(double side) => Math.Pow(sides[0] / side, 2 * Exponent);
    }

    public int Draw(Random random)
    {
        var at = random.NextDouble();
        for (var i = 0; i < _upTo.Length - 1; i++)
        {
            if (at < _upTo[i])
                return i;
        }

        return _upTo.Length - 1;
    }
}
