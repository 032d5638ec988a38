using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Espresso.Hosting;

/// <summary>What every process can be told. Each option is a switch (<c>--grpc-port 8081</c>) or a variable (<c>ESPRESSO_GRPC_PORT=8081</c>).</summary>
public abstract class ProcessOptions
{
    [Description("IP address to listen on; 0.0.0.0 in a container")]
    [Required]
    public string Bind { get; set; } = "127.0.0.1";

    [Description("port for gRPC (HTTP/2 without TLS); 0: any free one")]
    [Range(0, 65_535)]
    public int GrpcPort { get; set; }

    [Description("port for HTTP (health, metrics, and the coordinator's REST); 0: any free one")]
    [Range(0, 65_535)]
    public int HttpPort { get; set; }

    [Description("seconds that work in flight has to finish in when the process is asked to stop")]
    [Range(0, 3_600)]
    public int DrainSeconds { get; set; } = 30;

    [Description("stop when standard input ends, so that a process does not outlive the one that started it")]
    public bool ExitWithStdin { get; set; }

    [Description("log level: Debug, Information, Warning, Error")]
    public Microsoft.Extensions.Logging.LogLevel LogLevel { get; set; } = Microsoft.Extensions.Logging.LogLevel.Information;
}

/// <summary>What a process that joins coordinators can be told besides.</summary>
public abstract class MemberOptions : ProcessOptions
{
    [Description("gRPC addresses of the coordinators, with commas between; every IP address behind a name is joined")]
    [Required]
    public string Coordinators { get; set; } = "http://127.0.0.1:8081";

    [Description("host under which the coordinators reach this process; empty: the address it calls them from")]
    public string AdvertiseHost { get; set; } = "";

    [Description("gRPC port under which the coordinators reach this process; 0: the one it listens on")]
    [Range(0, 65_535)]
    public int AdvertisePort { get; set; }
}
