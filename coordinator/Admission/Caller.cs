namespace Espresso.Coordinator.Admission;

/// <summary>How patient a request is: what somebody waits for, or what may wait itself.</summary>
internal enum RequestClass
{
    Interactive,
    Batch,
}

/// <summary>On whose account a request goes. Capacity is shared among callers by weight.</summary>
/// <param name="Tenant">See <see cref="TenantRule"/>.</param>
internal readonly record struct Caller(string Tenant, RequestClass Class)
{
    public const string TenantRule = "1 to 64 of a–z, A–Z, 0–9, '-', '_', '.'";

    private const int LongestTenant = 64;

    /// <summary>Who says nothing.</summary>
    public static Caller Default { get; } = new("default", RequestClass.Interactive);

    /// <summary>As requests, calls and metrics have it.</summary>
    public string ClassName => Class == RequestClass.Batch ? "batch" : "interactive";

    public static bool IsTenant(string name) =>
        name.Length is > 0 and <= LongestTenant && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    public static RequestClass? ClassOf(string name) => name switch
    {
        "interactive" => RequestClass.Interactive,
        "batch" => RequestClass.Batch,
        _ => null,
    };
}
