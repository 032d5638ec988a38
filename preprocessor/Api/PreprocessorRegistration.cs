using Espresso.Hosting;
using Espresso.Leases;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Encoding;
using Espresso.Preprocessor.Resampling;
using Espresso.Preprocessor.Vips;
using Espresso.Preprocessor.Work;

namespace Espresso.Preprocessor.Api;

internal static class PreprocessorRegistration
{
    /// <summary>The work itself: limits, the three operations, and the pool that they run on.</summary>
    public static IServiceCollection AddPictureWork(this IServiceCollection services, PreprocessorOptions options)
    {
        VipsRuntime.Start();
        return services
            .AddSingleton(options.ToLimits())
            .AddSingleton<PreprocessorMetrics>()
            .AddSingleton<PictureDecoder>()
            .AddSingleton<TensorResampler>()
            .AddSingleton<PictureEncoder>()
            .AddSingleton(provider => new WorkPool(
                options.ToPoolOptions(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<PreprocessorMetrics>(), VipsRuntime.EndThread));
    }

    /// <summary>Warm-up, then health and the leases with the coordinators.</summary>
    public static IServiceCollection AddMembership(this IServiceCollection services, PreprocessorOptions options) => services
        .AddSingleton<PreprocessorMember>()
        .AddSingleton<ILeaseMember>(provider => provider.GetRequiredService<PreprocessorMember>())
        .AddOnceListening<PreprocessorMember>((member, self, cancelled) => member.Open(self, cancelled))
        .AddSingleton<MemberOptions>(options)
        .AddHostedService<LeaseHolder>();
}
