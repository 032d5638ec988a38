using Espresso.Errors;

namespace Espresso.Coordinator.Api;

/// <summary>The HTTP edge: whatever goes wrong beneath becomes a problem document, bare statuses of the framework included.</summary>
internal sealed class ProblemEdge(RequestDelegate next, ILogger<ProblemEdge> log)
{
    public async Task Invoke(HttpContext http)
    {
        if (http.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true)
        {
            await next(http); // gRPC has an edge of its own
            return;
        }

        try
        {
            await next(http);
            await Explain(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            log.ClientLeft(http.Request.Path);
        }
        catch (Exception error) when (!http.Response.HasStarted)
        {
            http.Response.Clear();
            var failure = Problems.FailureOf(error);
            if (failure.Kind == FailureKind.Internal && error is not FailureException)
                log.Unforeseen(http.TraceIdentifier, error);
            await Problems.Write(http, failure);
        }
    }

    /// <summary>Routing answers unknown paths and methods with nothing but a status.</summary>
    private static Task Explain(HttpContext http)
    {
        var path = http.Request.Path;
        return http.Response switch
        {
            { HasStarted: true } => Task.CompletedTask,
            { StatusCode: StatusCodes.Status404NotFound } =>
                Problems.Write(http, StatusCodes.Status404NotFound, "unknown_path", $"nothing at {path}; GET / lists what there is"),
            { StatusCode: StatusCodes.Status405MethodNotAllowed } => Problems.Write(
                http, StatusCodes.Status405MethodNotAllowed, "wrong_method", $"{path} is not for {http.Request.Method}, but for {http.Response.Headers.Allow}"),
            { StatusCode: >= 400 and var status, ContentType: null } =>
                Problems.Write(http, status, Reasons.InvalidRequest, $"{http.Request.Method} {path} was refused"),
            _ => Task.CompletedTask,
        };
    }
}
