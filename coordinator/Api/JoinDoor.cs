using Espresso.Coordinator.Registry;
using Espresso.Errors;
using Grpc.AspNetCore.Server;
using Grpc.Core;

namespace Espresso.Coordinator.Api;

/// <summary>Where members have a port of their own, they join there and nowhere else, and nothing else is to be had there but health.</summary>
/// <remarks>Who joins is given other people's pictures. A network policy can let members in at one port and callers at another, but on one port it cannot tell them apart.</remarks>
internal sealed class JoinDoor(RequestDelegate next, CoordinatorOptions options)
{
    private const string Health = "/grpc.health.v1.Health";

    public Task Invoke(HttpContext http)
    {
        var joins = http.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType == typeof(LeaseService);
        // The connection's own port: a host header says what its caller likes.
        if (http.Connection.LocalPort != options.JoinPort)
            return joins ? Refuse(http, $"members join at port {options.JoinPort}") : next(http);
        return joins || http.Request.Path.StartsWithSegments(Health, StringComparison.Ordinal)
            ? next(http)
            : Refuse(http, $"members join here; callers are served at port {options.GrpcPort}");
    }

    /// <summary>A gRPC reply without a message: its trailers are all there is. Who speaks plain HTTP would take that for a success.</summary>
    private static Task Refuse(HttpContext http, string why)
    {
        if (http.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) != true)
            return Problems.Write(http, StatusCodes.Status404NotFound, Reasons.InvalidRequest, why);
        http.Response.ContentType = "application/grpc";
        http.Response.Headers["grpc-status"] = $"{(int)StatusCode.PermissionDenied}";
        http.Response.Headers["grpc-message"] = why;
        return Task.CompletedTask;
    }
}
