using Espresso.Coordinator.Admission;
using Espresso.Errors;

namespace Espresso.Coordinator.Api;

/// <summary>On whose account a request goes, from whichever places say so: headers, which gRPC calls metadata, and the request itself.</summary>
/// <remarks>A gateway sets the headers for whom it let in. So who says something else in the request is refused, not believed.</remarks>
internal sealed class CallerFields
{
    public const string TenantHeader = "X-Espresso-Tenant";
    public const string ClassHeader = "X-Espresso-Class";

    private string? _tenant;
    private RequestClass? _class;

    /// <summary>What nobody has named is the default's.</summary>
    public Caller Caller => new(_tenant ?? Caller.Default.Tenant, _class ?? Caller.Default.Class);

    /// <exception cref="FailureException">A name that breaks its rule, or says other than what was said before.</exception>
    public void Read(IHeaderDictionary headers)
    {
        if (headers.TryGetValue(TenantHeader, out var tenant))
            SetTenant(tenant.ToString());
        if (headers.TryGetValue(ClassHeader, out var name))
            SetClass(name.ToString());
    }

    /// <inheritdoc cref="Read"/>
    public void SetTenant(string name)
    {
        if (!Caller.IsTenant(name))
            throw Invalid($"a tenant's name is {Caller.TenantRule}; found '{RequestFields.Short(name)}'");
        if (_tenant is not null && _tenant != name)
            throw Invalid($"the tenant is '{_tenant}' in one place and '{name}' in another");
        _tenant = name;
    }

    /// <inheritdoc cref="Read"/>
    public void SetClass(string name)
    {
        var known = Caller.ClassOf(name) ?? throw Invalid($"a class is interactive or batch; found '{RequestFields.Short(name)}'");
        if (_class is not null && _class != known)
            throw Invalid("the class is interactive in one place and batch in another");
        _class = known;
    }

    private static FailureException Invalid(string message) => new(Failure.Invalid(Reasons.InvalidRequest, message));
}
