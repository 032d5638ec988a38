using System.Diagnostics.Metrics;
using Espresso.Errors;
using Espresso.Protos.Preprocessor;
using Espresso.Wire;
using Grpc.Core;
using Grpc.Health.V1;
using Channels = Espresso.Protos.Preprocessor.Channels;

namespace Espresso.Preprocessor.Tests.Api;

public sealed class PreprocessorServiceTests
{
    private static readonly TensorSpec Spec = new() { Width = 30, Height = 30, Fit = Fit.Pad, Channels = Channels.Bgr, Fill = 9 };

    [Fact]
    public async Task Start_OnAllAddresses_IsReady() // as in every container
    {
        await using var running = await RunningPreprocessor.Start(options => options.Bind = "0.0.0.0");

        running.Member.Ready.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task Decode_APicture_GivesTensorsWithTheirGeometry()
    {
        await using var running = await RunningPreprocessor.Start();

        using var reply = await Decode(running, Core.Fixture("plain.png"), Spec, new TensorSpec { Channels = Channels.Gray });

        var message = reply.Message;
        (message.Format, message.Width, message.Height).ShouldBe(("png", 60u, 40u));
        message.DecodeUs.ShouldBeGreaterThan(0ul);
        reply.Payloads.Count.ShouldBe(2);
        var padded = message.Tensors[0];
        (padded.Width, padded.Height, padded.Channels).ShouldBe((30u, 30u, 3u));
        padded.Geometry.Content.ShouldBe(new Rect { X = 0, Y = 5, Width = 30, Height = 20 });
        padded.Geometry.Source.ShouldBe(new Rect { X = 0, Y = 0, Width = 60, Height = 40 });
        reply.Payloads[0].Span[..3].ToArray().ShouldBe([9, 9, 9]);
        reply.Payloads[0].Span.Slice(10 * 90, 3).ToArray().ShouldBe([40, 40, 210]);
        reply.Payloads[1].Length.ShouldBe(60 * 40);
    }

    [Fact]
    public async Task ResampleAndEncode_AMaskAndABlend_GoTheWholeWay()
    {
        await using var running = await RunningPreprocessor.Start();
        using var decoded = await Decode(running, Core.Fixture("plain.png"), Spec);
        var geometry = decoded.Message.Tensors[0].Geometry;
        var bright = new byte[30 * 30];
        Array.Fill(bright, (byte)255);
        var mask = new ModelTensor { Width = 30, Height = 30, Channels = 1, Geometry = geometry };

        using var resampled = await running.Call(PayloadMethods.Resample, new PayloadMessage<ResampleRequest>(
            new ResampleRequest { Tensor = mask, Spec = new TensorSpec { Width = 20, Height = 20, Channels = Channels.Gray } }, Payload.CopyOf(bright)));
        var tensor = new ModelTensor { Width = 20, Height = 20, Channels = 1, Geometry = resampled.Message.Tensor.Geometry };
        using var encoded = await running.Call(PayloadMethods.Encode, new PayloadMessage<EncodeRequest>(
            new EncodeRequest { Tensor = tensor, Format = Format.Png, Blend = new Blend { Mask = mask } },
            Payload.CopyOf(resampled.Payloads[0].Span), Payload.CopyOf(bright), Payload.CopyOf(Core.Fixture("plain.png"))));

        encoded.Message.MediaType.ShouldBe("image/png");
        (encoded.Message.Width, encoded.Message.Height).ShouldBe((60u, 40u));
        using var back = await Decode(running, encoded.Payloads[0].Span.ToArray(), new TensorSpec { Channels = Channels.Gray });
        back.Payloads[0].Span.ToArray().ShouldAllBe(value => value == 255);
    }

    [Theory]
    [InlineData("", Reasons.EmptyBody)]
    [InlineData("just text", Reasons.NotAPicture)]
    [InlineData("%PDF-1.4", Reasons.UnsupportedFormat)]
    public async Task Decode_NoPicture_IsInvalidArgumentWithTheReason(string text, string reason)
    {
        await using var running = await RunningPreprocessor.Start();

        var error = await Should.ThrowAsync<RpcException>(Decode(running, System.Text.Encoding.ASCII.GetBytes(text), Spec));

        error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        error.Trailers.GetValue(GrpcFailures.ReasonTrailer).ShouldBe(reason);
    }

    [Fact]
    public async Task Decode_LargerThanTheLimit_NamesTheLimit()
    {
        await using var running = await RunningPreprocessor.Start();

        var error = await Should.ThrowAsync<RpcException>(Decode(running, new byte[30_000_000], Spec));

        error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        error.Status.Detail.ShouldContain("30000000 bytes; at most 26214400");
    }

    [Theory]
    [MemberData(nameof(BadSpecs))]
    public async Task Decode_BadSpec_IsInvalidArgument(TensorSpec spec)
    {
        await using var running = await RunningPreprocessor.Start();

        var error = await Should.ThrowAsync<RpcException>(Decode(running, Core.Fixture("plain.png"), spec));

        (error.StatusCode, error.Trailers.GetValue(GrpcFailures.ReasonTrailer)).ShouldBe((StatusCode.InvalidArgument, Reasons.InvalidRequest));
    }

    public static TheoryData<TensorSpec> BadSpecs =>
    [
        new TensorSpec { Width = 0, Height = 5 },
        new TensorSpec { Width = uint.MaxValue, Height = uint.MaxValue },
        new TensorSpec { Width = 5, Height = 5, Fill = 256 },
        new TensorSpec { Width = 5, Height = 5, Fit = (Fit)9 },
        new TensorSpec { Width = 5, Height = 5, Channels = (Channels)9 },
        new TensorSpec { Width = 5, Height = 5, Grow = 1 },
        new TensorSpec { Width = 60_000, Height = 60_000 },
    ];

    [Fact]
    public async Task Encode_MissingParts_IsInvalidArgument()
    {
        await using var running = await RunningPreprocessor.Start();

        foreach (var request in new[]
        {
            new PayloadMessage<EncodeRequest>(new EncodeRequest()),
            new PayloadMessage<EncodeRequest>(new EncodeRequest(), Payload.CopyOf([1])),
            new PayloadMessage<EncodeRequest>(new EncodeRequest { Tensor = new ModelTensor(), Blend = new Blend() }, Payload.CopyOf([1])),
        })
        {
            var error = await Should.ThrowAsync<RpcException>(running.Call(PayloadMethods.Encode, request));
            error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        }
    }

    [Fact]
    public async Task Decode_FullQueue_IsResourceExhaustedAndCounted()
    {
        await using var running = await RunningPreprocessor.Start(options => (options.Workers, options.QueueLength) = (1, 1));
        using var release = new ManualResetEventSlim();
        var begun = new TaskCompletionSource();
        var running1 = running.Pool.Run("test", _ => { begun.SetResult(); release.Wait(); return 0; }, CancellationToken.None);
        await begun.Task;
        var waiting = running.Pool.Run("test", _ => 0, CancellationToken.None);

        var error = await Should.ThrowAsync<RpcException>(Decode(running, Core.Fixture("plain.png"), Spec));

        error.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        error.Trailers.GetValue(GrpcFailures.ReasonTrailer).ShouldBe(Reasons.QueueFull);
        int.Parse(error.Trailers.GetValue(GrpcFailures.RetryAfterTrailer).ShouldNotBeNull()).ShouldBeGreaterThan(0);
        release.Set();
        await Task.WhenAll(running1, waiting);
        running.Member.Report().Rejected.ShouldBe(1ul);
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri(running.Http, "/metrics"));
        metrics.ShouldContain("espresso_preprocessor_refused_total{reason=\"queue_full\"} 1");
    }

    [Fact]
    public async Task Decode_DeadlineInTheQueue_LeavesIt()
    {
        await using var running = await RunningPreprocessor.Start(options => options.Workers = 1);
        using var release = new ManualResetEventSlim();
        var begun = new TaskCompletionSource();
        var blocker = running.Pool.Run("test", _ => { begun.SetResult(); release.Wait(); return 0; }, CancellationToken.None);
        await begun.Task;
        var refused = new TaskCompletionSource<string?>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "espresso.preprocessor.refused")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => refused.TrySetResult(tags[0].Value as string));
        listener.Start();

        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(200);
        var error = await Should.ThrowAsync<RpcException>(Decode(running, Core.Fixture("plain.png"), deadline, Spec));

        error.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        (await refused.Task).ShouldBe(Reasons.Cancelled);
        running.Pool.Counts.Dropped.ShouldBe(1);
        release.Set();
        await blocker;
    }

    [Fact]
    public async Task Health_AfterWarmUp_IsServing()
    {
        await using var running = await RunningPreprocessor.Start();

        var reply = await new Health.HealthClient(running.Channel).CheckAsync(
            new HealthCheckRequest { Service = "espresso.preprocessor.v1.Preprocessor" });

        reply.Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);
        var load = running.Member.Report();
        (load.Pending, load.Done).ShouldBe((0u, 7ul));
        running.Member.Describe().Preprocessor.Workers.ShouldBe((uint)Environment.ProcessorCount);
    }

    [Fact]
    public async Task Metrics_AfterWork_NameItsOperations()
    {
        await using var running = await RunningPreprocessor.Start();
        using var reply = await Decode(running, Core.Fixture("plain.png"), Spec);

        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri(running.Http, "/metrics"));

        metrics.ShouldContain("espresso_preprocessor_work_seconds_count{operation=\"decode\"} 4"); // the warm-up's three and this one
        metrics.ShouldContain("espresso_preprocessor_wait_seconds_count");
        metrics.ShouldContain("espresso_preprocessor_queue 0");
    }

    private static Task<PayloadMessage<DecodeReply>> Decode(RunningPreprocessor running, byte[] file, params TensorSpec[] specs) =>
        Decode(running, file, deadline: null, specs);

    private static Task<PayloadMessage<DecodeReply>> Decode(RunningPreprocessor running, byte[] file, DateTime? deadline, params TensorSpec[] specs)
    {
        var request = new DecodeRequest();
        request.Specs.AddRange(specs);
        return running.Call(PayloadMethods.Decode, new PayloadMessage<DecodeRequest>(request, Payload.CopyOf(file)), deadline);
    }
}
