namespace Espresso.Standins.Tests.Scripts;

/// <summary>What each client that is not ours has to try; every name is a function in every script.</summary>
internal static class Checks
{
    public static readonly string[] Names =
    [
        "unary",
        "client_streaming",
        "server_streaming",
        "duplex",
        "deadline",
        "deadline_carried",
        "cancel_unary",
        "cancel_streaming",
        "every_status",
        "unicode_detail",
        "status_details_bin",
        "trailers_on_success",
        "response_headers",
        "request_metadata",
        "gzip_request",
        "deflate_request",
        "gzip_response",
        "large_message",
        "message_too_large",
        "thousand_in_flight",
        "unimplemented",
        "unhandled_exception",
        "server_interceptor",
        "call_credentials",
    ];

    public static TheoryData<string> All => new(Names);
}
