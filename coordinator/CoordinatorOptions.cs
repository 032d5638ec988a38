using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Espresso.Coordinator.Admission;
using Espresso.Hosting;

namespace Espresso.Coordinator;

/// <summary>What a coordinator can be told. It needs nothing: minions and preprocessors find it.</summary>
public sealed class CoordinatorOptions : ProcessOptions, IValidatableObject
{
    private TenantWeights? _tenants;

    public CoordinatorOptions() => (GrpcPort, HttpPort) = (8081, 8080);

    [Description("port where minions and preprocessors join, and nowhere else, so that a firewall can tell them from callers; 0: the gRPC port")]
    [Range(0, 65_535)]
    public int JoinPort { get; set; }

    [Description("bytes of a request's body at the most, picture and mask together")]
    [Range(1, 60 << 20)]
    public int MaxBodyBytes { get; set; } = 25 << 20;

    [Description("models that one request may name")]
    [Range(1, 1_000)]
    public int MaxModels { get; set; } = 16;

    [Description("requests in flight; above it the answer is 429")]
    [Range(1, 100_000)]
    public int MaxRequests { get; set; } = 1_024;

    [Description("mebibytes of pictures and tensors of requests in flight; above it the answer is 429")]
    [Range(64, 1_048_576)]
    public int MaxMebibytes { get; set; } = 1_024;

    [Description("milliseconds a request may ask for as its deadline")]
    [Range(1, 3_600_000)]
    public int MaxDeadlineMs { get; set; } = 600_000;

    [Description("seconds that a body may take to arrive, and that a reply may take to leave")]
    [Range(1, 3_600)]
    public int TransferSeconds { get; set; } = 30;

    [Description("milliseconds without a report after which a replica counts as gone; at least twice --lease-report-ms")]
    [Range(100, 600_000)]
    public int LeaseExpiryMs { get; set; } = 5_000;

    [Description("milliseconds between the reports that replicas are asked for")]
    [Range(50, 60_000)]
    public int LeaseReportMs { get; set; } = 500;

    [Description("seconds that a model version without replicas is remembered: 503 for so long, then 404")]
    [Range(0, 86_400)]
    public int RememberSeconds { get; set; } = 600;

    [Description("tenant=weight, comma-separated: what share of a busy device each has; who is not named has 1")]
    public string TenantWeights { get; set; } = "";

    /// <summary><see cref="TenantWeights"/>, read.</summary>
    internal TenantWeights Tenants => _tenants ??= Admission.TenantWeights.Parse(TenantWeights, out _);

    [Description("calls that may be tried again on another replica, in percent of a model version's requests; 0: none")]
    [Range(0, 100)]
    public int RetryPercent { get; set; } = 10;

    [Description("calls that may be made on a second replica after the version's p95, in percent of its requests; 0: none; 5 is a sensible value")]
    [Range(0, 50)]
    public int HedgePercent { get; set; }

    [Description("JSON file with the models' traffic policies, read at start and when it changes; empty: none")]
    public string Traffic { get; set; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (LeaseExpiryMs < 2 * LeaseReportMs)
            yield return new ValidationResult("a lease must outlive one lost report: at least twice --lease-report-ms", [nameof(LeaseExpiryMs)]);
        if (JoinPort > 0 && (JoinPort == GrpcPort || JoinPort == HttpPort))
            yield return new ValidationResult("a port of its own, or 0 to join at the gRPC port", [nameof(JoinPort)]);
        Admission.TenantWeights.Parse(TenantWeights, out var fault);
        if (fault is not null)
            yield return new ValidationResult(fault, [nameof(TenantWeights)]);
    }
}
