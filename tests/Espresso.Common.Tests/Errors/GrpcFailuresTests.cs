using Espresso.Errors;
using Grpc.Core;

namespace Espresso.Common.Tests.Errors;

public sealed class GrpcFailuresTests
{
    [Theory]
    [InlineData(FailureKind.Invalid, StatusCode.InvalidArgument, FailureKind.Invalid)]
    [InlineData(FailureKind.TooLarge, StatusCode.InvalidArgument, FailureKind.Invalid)] // the reason still tells them apart
    [InlineData(FailureKind.Unsupported, StatusCode.InvalidArgument, FailureKind.Invalid)]
    [InlineData(FailureKind.NotFound, StatusCode.NotFound, FailureKind.NotFound)]
    [InlineData(FailureKind.Conflict, StatusCode.Aborted, FailureKind.Internal)] // nobody here sets conditions over gRPC
    [InlineData(FailureKind.Overloaded, StatusCode.ResourceExhausted, FailureKind.Overloaded)]
    [InlineData(FailureKind.Late, StatusCode.DeadlineExceeded, FailureKind.Late)]
    [InlineData(FailureKind.Cancelled, StatusCode.Cancelled, FailureKind.Cancelled)]
    [InlineData(FailureKind.Unavailable, StatusCode.Unavailable, FailureKind.Unavailable)]
    [InlineData(FailureKind.Internal, StatusCode.Internal, FailureKind.Internal)]
    public void RoundTrip_Kind_KeepsReasonAndMessage(FailureKind kind, StatusCode code, FailureKind back)
    {
        var error = new Failure(kind, "a_reason", "what a person reads").ToRpcException();

        error.StatusCode.ShouldBe(code);
        error.ToFailure().ShouldBe(new Failure(back, "a_reason", "what a person reads"));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.2, 1)]
    [InlineData(1500, 1500)]
    [InlineData(1500.01, 1501)]
    [InlineData(86_400_000, 3_600_000)] // an hour at the most
    public void RoundTrip_RetryAfter_IsWholeMillisecondsRoundedUp(double milliseconds, double back)
    {
        var failure = Failure.Overloaded(Reasons.QueueFull, "full", TimeSpan.FromMilliseconds(milliseconds));

        failure.ToRpcException().ToFailure().RetryAfter.ShouldBe(TimeSpan.FromMilliseconds(back));
    }

    [Fact]
    public void RoundTrip_EndlessRetryAfter_IsTheMost() =>
        Failure.Overloaded(Reasons.QueueFull, "full", TimeSpan.MaxValue).ToRpcException().ToFailure().RetryAfter.ShouldBe(TimeSpan.FromHours(1));

    [Theory]
    [InlineData("soon")]
    [InlineData("-5")]
    [InlineData("")]
    [InlineData("99999999999999999999999")]
    public void ToFailure_RetryAfterOfAnother_IsPassedOverWhenItIsNoNumber(string text) =>
        new RpcException(new Status(StatusCode.ResourceExhausted, ""), new Metadata { { GrpcFailures.RetryAfterTrailer, text } })
            .ToFailure().RetryAfter.ShouldBeNull();

    [Theory]
    [InlineData(StatusCode.InvalidArgument, FailureKind.Invalid, Reasons.InvalidRequest)]
    [InlineData(StatusCode.Unimplemented, FailureKind.NotFound, Reasons.UnknownModel)]
    [InlineData(StatusCode.ResourceExhausted, FailureKind.Overloaded, Reasons.QueueFull)]
    [InlineData(StatusCode.DeadlineExceeded, FailureKind.Late, Reasons.DeadlineExceeded)]
    [InlineData(StatusCode.Cancelled, FailureKind.Cancelled, Reasons.Cancelled)]
    [InlineData(StatusCode.Unavailable, FailureKind.Unavailable, Reasons.NoReplica)]
    [InlineData(StatusCode.Unknown, FailureKind.Internal, Reasons.UpstreamFailed)]
    [InlineData(StatusCode.DataLoss, FailureKind.Internal, Reasons.UpstreamFailed)]
    public void ToFailure_ServerOfAnother_HasAReasonStill(StatusCode code, FailureKind kind, string reason) =>
        new RpcException(new Status(code, "said")).ToFailure().ShouldBe(new Failure(kind, reason, "said"));
}
