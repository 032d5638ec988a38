namespace Espresso.Errors;

/// <summary>The machine-readable causes that travel in problem documents ("reason") and in the trailer <c>espresso-reason</c>.</summary>
public static class Reasons
{
    public const string InvalidRequest = "invalid_request";
    public const string EmptyBody = "empty_body";
    public const string BodyTooLarge = "body_too_large";
    public const string ResultTooLarge = "result_too_large";
    public const string NotAPicture = "not_a_picture";
    public const string UnsupportedFormat = "unsupported_format";
    public const string Truncated = "truncated_picture";
    public const string CorruptPicture = "corrupt_picture";
    public const string TooManyPixels = "too_many_pixels";
    public const string TooManyFrames = "too_many_frames";
    public const string TimeLimit = "time_limit";
    public const string WrongMaskSize = "wrong_mask_size";
    public const string UnknownModel = "unknown_model";
    public const string UnknownVersion = "unknown_version";
    public const string Changed = "changed_meanwhile";
    public const string ChangedMeanwhile = "changed_meanwhile";
    public const string TooManyModels = "too_many_models";
    public const string MissingInput = "missing_input";
    public const string InvalidDeadline = "invalid_deadline";
    public const string InvalidTensor = "invalid_tensor";
    public const string QueueFull = "queue_full";
    public const string DeadlineUnmeetable = "deadline_unmeetable";
    public const string DeadlineExceeded = "deadline_exceeded";
    public const string ColdStart = "cold_start";
    public const string Quota = "quota";
    public const string Draining = "draining";
    public const string NoReplica = "no_replica";
    public const string Cancelled = "cancelled";
    public const string RequiredFailed = "required_failed";
    public const string ModelFailed = "model_failed";
    public const string UpstreamFailed = "upstream_failed";
    public const string Internal = "internal";
}
