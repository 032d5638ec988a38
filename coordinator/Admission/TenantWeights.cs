using System.Globalization;

namespace Espresso.Coordinator.Admission;

/// <summary>What share of the devices a caller has against the others: its tenant's weight times its class's.</summary>
internal sealed class TenantWeights
{
    /// <summary>Interactive requests have eight times the share of batch ones: batch work goes on, however many people wait.</summary>
    private const double InteractiveWeight = 8;

    private const double Smallest = 0.001;
    private const double Largest = 1_000;

    private readonly Dictionary<string, double> _weights = new(StringComparer.Ordinal);

    /// <summary>Nobody is named: all tenants weigh the same.</summary>
    public static TenantWeights Equal { get; } = new();

    /// <summary>The tenants that an operator has named.</summary>
    public IEnumerable<string> Named => _weights.Keys;

    public double Of(Caller caller) =>
        _weights.GetValueOrDefault(caller.Tenant, 1) * (caller.Class == RequestClass.Interactive ? InteractiveWeight : 1);

    /// <param name="text">"a=3,b=1"; who is not named weighs 1.</param>
    /// <param name="fault">What is wrong with it.</param>
    public static TenantWeights Parse(string text, out string? fault)
    {
        var weights = new TenantWeights();
        fault = null;
        foreach (var entry in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (entry.Split('=', StringSplitOptions.TrimEntries) is not [var tenant, var number] || !Caller.IsTenant(tenant)
                || !double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) || !(weight is >= Smallest and <= Largest))
                fault = $"'{entry}' is no tenant=weight; a weight is {Smallest} to {Largest}";
            else if (!weights._weights.TryAdd(tenant, weight))
                fault = $"'{tenant}' has two weights";
        }

        return weights;
    }
}
