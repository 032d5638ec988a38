using Espresso.Coordinator.Registry;

namespace Espresso.Coordinator;

/// <summary>What the coordinator logs. Never a picture's bytes, never a file's name.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "{Replica} joined and serves {What}")]
    public static partial void Joined(this ILogger log, Replica replica, string what);

    [LoggerMessage(2, LogLevel.Information, "{Replica} of {What} drains")]
    public static partial void Draining(this ILogger log, Replica replica, string what);

    [LoggerMessage(3, LogLevel.Information, "{Replica} of {What} left: {Why}")]
    public static partial void Left(this ILogger log, Replica replica, string what, string why);

    [LoggerMessage(4, LogLevel.Warning, "{Replica} refused: {Why}")]
    public static partial void Refused(this ILogger log, Replica replica, string why);

    [LoggerMessage(5, LogLevel.Warning, "{InFlight} requests were not finished after {Seconds} s of drain; they fail now")]
    public static partial void DrainedLate(this ILogger log, int inFlight, int seconds);

    [LoggerMessage(6, LogLevel.Warning, "request {Id}: {Why}; trying another replica")]
    public static partial void FailedOver(this ILogger log, string id, string why);

    [LoggerMessage(EventId = 7, Message = "request {Id}: {Model} {Status}: {Reason}: {Message}")]
    public static partial void StepFailed(this ILogger log, LogLevel level, string id, ModelKey model, string status, string reason, string message);

    [LoggerMessage(8, LogLevel.Error, "request {Id}: unforeseen fault")]
    public static partial void Unforeseen(this ILogger log, string id, Exception error);

    [LoggerMessage(9, LogLevel.Debug, "request {Id}: {Steps} models in {Milliseconds} ms: {Outcome}")]
    public static partial void Answered(this ILogger log, string id, int steps, double milliseconds, string outcome);

    [LoggerMessage(10, LogLevel.Debug, "{Path}: the client left before its answer")]
    public static partial void ClientLeft(this ILogger log, string path);

    [LoggerMessage(11, LogLevel.Warning, "{Replica} of {What} failed several times in a row ({Why}); it gets no calls for a while")]
    public static partial void Ejected(this ILogger log, Replica replica, string what, string why);

    [LoggerMessage(12, LogLevel.Warning, "{Replica} has joined, but nobody answers there ({Why}); its --advertise-host and --advertise-port say where it is to be found")]
    public static partial void Unreachable(this ILogger log, Replica replica, string why);

    [LoggerMessage(21, LogLevel.Information, "traffic of {Model}, by {By}: {What}")]
    public static partial void TrafficSet(this ILogger log, string model, string by, string what);

    [LoggerMessage(22, LogLevel.Warning, "traffic of {Model}: {What}")]
    public static partial void TrafficReturned(this ILogger log, string model, string what);

    [LoggerMessage(24, LogLevel.Warning, "traffic of {Model} from coordinator {Coordinator} is not taken: {Why}")]
    public static partial void TrafficRefused(this ILogger log, string model, string coordinator, string why);

    [LoggerMessage(23, LogLevel.Warning, "{File} is not taken: {Why}")]
    public static partial void TrafficFileRefused(this ILogger log, string file, string why);
}
