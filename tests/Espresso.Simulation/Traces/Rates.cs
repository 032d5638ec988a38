namespace Espresso.Simulation.Traces;

/// <summary>Requests per second as functions of time.</summary>
internal static class Rates
{
    public static Func<TimeSpan, double> Steady(double rate) => _ => rate;

    /// <summary>A day: lowest at four in the morning, highest at four in the afternoon, with a shoulder at noon.</summary>
    public static Func<TimeSpan, double> Diurnal(double least, double most) => now =>
    {
        var hour = now.TotalHours % 24;
        var wave = 0.5 - (0.5 * Math.Cos(2 * Math.PI * (hour - 4) / 24));
        var noon = 0.15 * Math.Exp(-Math.Pow((hour - 12) / 1.2, 2));
        return least + ((most - least) * Math.Min(1, wave + noon));
    };

    /// <summary>From <paramref name="begin"/> on the rate grows to <paramref name="factor"/> times its base within <paramref name="rise"/>, stays there, and falls as fast.</summary>
    public static Func<TimeSpan, double> Spike(double rate, double factor, TimeSpan begin, TimeSpan rise, TimeSpan stay) => now =>
    {
        var up = Math.Clamp((now - begin) / rise, 0, 1);
        var down = Math.Clamp((now - begin - rise - stay) / rise, 0, 1);
        return rate * Math.Pow(factor, up - down); // a rumour spreads by doubling
    };
}
