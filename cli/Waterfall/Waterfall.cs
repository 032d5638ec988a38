using Espresso.Cli.Client;

namespace Espresso.Cli.Waterfall;

internal enum SegmentKind
{
    Receive,
    Plan,
    Decode,
    Resample,
    Queue,
    Compute,
    Transfer,
    Encode,
}

/// <summary>A stretch of time in which one thing was done; milliseconds from the request's arrival.</summary>
internal readonly record struct Segment(SegmentKind Kind, double Start, double Length)
{
    public double End => Start + Length;
}

/// <summary>One line of the picture: a stage of the request and what it spent its time on.</summary>
/// <param name="Note">How large the batch was and why it left; empty where there was none.</param>
internal sealed record WaterfallRow(string Title, IReadOnlyList<Segment> Segments, string Note)
{
    public double Start => Segments.Count == 0 ? 0 : Segments[0].Start;

    public double End => Segments.Count == 0 ? 0 : Segments[^1].End;
}

/// <summary>Where a request's time went, stage by stage.</summary>
internal sealed record RequestWaterfall(IReadOnlyList<WaterfallRow> Rows, double TotalMs)
{
    /// <summary>Below this a stretch of time is left out (milliseconds).</summary>
    private const double Nothing = 0.005;

    public static RequestWaterfall Of(InferReply reply)
    {
        var (total, receive, plan, preprocess) = reply.Timings;
        List<WaterfallRow> rows =
        [
            new("receive", [new(SegmentKind.Receive, 0, receive)], ""),
            new("plan", [new(SegmentKind.Plan, receive, plan)], ""),
            new("preprocess", [new(SegmentKind.Decode, receive + plan, preprocess)], ""),
            .. reply.Results.Values.Where(result => result.Timings is not null).Select(Row).Where(row => row.Segments.Count > 0).OrderBy(row => row.Start),
        ];
        return new RequestWaterfall(rows, Math.Max(total, rows.Max(row => row.End)));
    }

    /// <summary>A model's stretches one after the other: its mask is made, it queues and computes within the call, the results are encoded.</summary>
    private static WaterfallRow Row(ResultInfo result)
    {
        var timings = result.Timings!;
        var rest = Math.Max(0, timings.CallMs - timings.QueueMs - timings.ComputeMs);
        var segments = new List<Segment>();
        var at = timings.StartMs;
        Add(SegmentKind.Resample, timings.ResampleMs);
        Add(SegmentKind.Queue, timings.QueueMs);
        Add(SegmentKind.Compute, timings.ComputeMs);
        Add(SegmentKind.Transfer, rest);
        Add(SegmentKind.Encode, timings.EncodeMs);
        var note = timings.BatchSize > 0 ? $"batch {timings.BatchSize}{(string.IsNullOrEmpty(timings.Release) ? "" : $", {timings.Release.Replace('_', ' ')}")}" : "";
        return new WaterfallRow(result.Title, segments, note);

        void Add(SegmentKind kind, double length)
        {
            if (length < Nothing)
                return;
            segments.Add(new Segment(kind, at, length));
            at += length;
        }
    }
}
