using Espresso.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Espresso.Leases;

public static class LeaseRegistration
{
    /// <summary>Lets <typeparamref name="TMember"/>, a registered singleton, join the coordinators that the options name.</summary>
    public static IServiceCollection AddLease<TMember>(this IServiceCollection services, MemberOptions options)
        where TMember : class, ILeaseMember =>
        services
            .AddSingleton(options)
            .AddSingleton<ILeaseMember>(provider => provider.GetRequiredService<TMember>())
            .AddHostedService<LeaseHolder>();
}
