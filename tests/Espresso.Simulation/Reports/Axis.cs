using System.Globalization;

namespace Espresso.Simulation.Reports;

/// <param name="Title">What, and its unit.</param>
internal sealed record Axis(string Title, double Least, double Most, bool Logarithmic = false)
{
    private const int TicksWanted = 6;

    /// <summary>0 at the least, 1 at the most.</summary>
    public double Place(double value) => Logarithmic
        ? Math.Log(value / Least) / Math.Log(Most / Least)
        : (value - Least) / (Most - Least);

    public IEnumerable<double> Ticks()
    {
        if (Logarithmic)
        {
            for (var tick = Math.Pow(10, Math.Ceiling(Math.Log10(Least) - 1e-9)); tick <= Most * 1.0001; tick *= 10)
                yield return tick;
            yield break;
        }

        var step = Step((Most - Least) / TicksWanted);
        for (var i = Math.Ceiling((Least / step) - 1e-9); i * step <= Most * 1.0001; i++)
            yield return (i * step) + 0.0; // never -0
    }

    public static string Label(double tick) => tick.ToString(Math.Abs(tick) >= 1000 ? "#,0" : "0.####", CultureInfo.InvariantCulture);

    /// <summary>A linear axis from 0 to a little above <paramref name="most"/>.</summary>
    public static Axis UpTo(string title, double most)
    {
        var step = Step(Math.Max(most, 1e-9) * 1.02 / TicksWanted);
        return new Axis(title, 0, Math.Ceiling(most * 1.02 / step) * step);
    }

    /// <summary>1, 2 or 5 times a power of ten.</summary>
    private static double Step(double rough)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return (rough / power) switch
        {
            <= 1 => power,
            <= 2 => 2 * power,
            <= 5 => 5 * power,
            _ => 10 * power,
        };
    }
}
