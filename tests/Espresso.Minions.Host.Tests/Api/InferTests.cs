using Espresso.Errors;
using Espresso.Leases;
using Espresso.Minions.Tests.Fakes;
using Espresso.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Inference;

[assembly: AssemblyFixture(typeof(Espresso.Minions.Tests.Api.DepthMinion))]

namespace Espresso.Minions.Tests.Api;

/// <summary>A minion that serves a real network, for all tests of its face.</summary>
public sealed class DepthMinion : IAsyncLifetime
{
    internal MinionProcess Process { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Process = await MinionProcess.Start(Packages.Depth);

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}

/// <summary>The Open Inference Protocol by its generated client, over a real socket.</summary>
public sealed class InferTests(DepthMinion minion)
{
    private readonly GRPCInferenceService.GRPCInferenceServiceClient _client = minion.Process.Client;

    [Fact]
    public async Task Server_Served_IsLiveAndReady()
    {
        (await _client.ServerLiveAsync(new())).Live.ShouldBeTrue();
        (await _client.ServerReadyAsync(new())).Ready.ShouldBeTrue();
        (await _client.ServerMetadataAsync(new())).Name.ShouldBe("espresso-minion");
        (await minion.Process.IsReady()).ShouldBeTrue();
        var health = new Health.HealthClient(minion.Process.Channel);
        foreach (var service in new[] { "", "depth", "depth/0.1" })
            (await health.CheckAsync(new() { Service = service })).Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);
    }

    [Fact]
    public async Task Model_Served_IsReadyAndTellsItsTensors()
    {
        (await _client.ModelReadyAsync(new() { Name = "depth" })).Ready.ShouldBeTrue();
        (await _client.ModelReadyAsync(new() { Name = "depth", Version = "0.1" })).Ready.ShouldBeTrue();

        var metadata = await _client.ModelMetadataAsync(new() { Name = "depth" });

        (metadata.Name, metadata.Platform).ShouldBe(("depth", "onnx_onnxv1"));
        metadata.Versions.ShouldBe(["0.1"]);
        metadata.Inputs.ShouldHaveSingleItem().ShouldBe(new() { Name = "image", Datatype = "FP32", Shape = { -1, 3, 256, 256 } });
        metadata.Outputs.ShouldHaveSingleItem().ShouldBe(new() { Name = "inverse_depth", Datatype = "FP32", Shape = { -1, 1, 256, 256 } });
    }

    [Theory]
    [InlineData("breadth", "", Reasons.UnknownModel)]
    [InlineData("depth", "0.2", Reasons.UnknownVersion)]
    public async Task Model_Unknown_IsNotFound(string name, string version, string reason)
    {
        var request = Requests.Depth(Requests.Noise(1));
        (request.ModelName, request.ModelVersion) = (name, version);

        foreach (var call in new Func<Task>[]
        {
            async () => await _client.ModelReadyAsync(new() { Name = name, Version = version }),
            async () => await _client.ModelMetadataAsync(new() { Name = name, Version = version }),
            async () => await _client.ModelInferAsync(request),
        })
        {
            var error = await Should.ThrowAsync<RpcException>(call);
            (error.StatusCode, error.ToFailure().Reason).ShouldBe((StatusCode.NotFound, reason));
            error.Status.Detail.ShouldContain("this minion serves depth/0.1");
        }
    }

    [Fact]
    public async Task Infer_RawFloats_IsAnsweredWithItsExplanation()
    {
        var request = Requests.Depth(Requests.Noise(1));
        (request.Id, request.ModelVersion) = ("request-7", "0.1");

        var reply = await _client.ModelInferAsync(request);

        (reply.Id, reply.ModelName, reply.ModelVersion).ShouldBe(("request-7", "depth", "0.1"));
        reply.Outputs.ShouldHaveSingleItem().ShouldBe(new() { Name = "inverse_depth", Datatype = "FP32", Shape = { 1, 1, 256, 256 } });
        var values = reply.Output<float>();
        values.Length.ShouldBe(Requests.Pixels);
        values.ShouldAllBe(value => float.IsFinite(value));
        values.Distinct().Count().ShouldBeGreaterThan(1000);
        foreach (var stage in new[] { "queue", "assemble", "compute", "finish" })
            reply.Parameters[$"espresso_{stage}_us"].Int64Param.ShouldBeInRange(0, 60_000_000);
        reply.Parameters["espresso_compute_us"].Int64Param.ShouldBeGreaterThan(0);
        reply.Parameters["espresso_batch_id"].Int64Param.ShouldBeGreaterThan(0);
        reply.Parameters["espresso_batch_size"].Int64Param.ShouldBeGreaterThan(0);
        reply.Parameters["espresso_release"].StringParam.ShouldBeOneOf("full", "device_free", "held_enough", "deadline");
    }

    [Fact]
    public async Task Reply_OfAnItem_CarriesTheLoadAsOfNow()
    {
        using var first = _client.ModelInferAsync(Requests.Depth(Requests.Noise(1)));
        await first;
        using var second = _client.ModelInferAsync(Requests.Depth(Requests.Noise(2)));
        await second;

        var (before, now) = (first.GetTrailers().ReadLoad().ShouldNotBeNull(), second.GetTrailers().ReadLoad().ShouldNotBeNull());
        now.Instances.ShouldBeGreaterThan(0u);
        now.AtUs.ShouldBeGreaterThan(before.AtUs);
        now.Costs.ShouldBeEmpty(); // those are the lease's
    }

    [Fact]
    public async Task Infer_Picture_EqualsItsNormalisedTensor()
    {
        var noise = Requests.Noise(2);
        var pixels = new byte[noise.Length];
        for (var i = 0; i < Requests.Pixels; i++)
        {
            for (var c = 0; c < 3; c++)
                pixels[(3 * i) + c] = (byte)Math.Round(noise[(c * Requests.Pixels) + i] * 255);
        }

        var picture = new ModelInferRequest
        {
            ModelName = "depth",
            Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "image", Datatype = "UINT8", Shape = { 1, 256, 256, 3 } } },
            RawInputContents = { ByteString.CopyFrom(pixels) },
        };

        Difference((await _client.ModelInferAsync(picture)).Output<float>(), await Answer(noise)).ShouldBeLessThan(1e-4f);
    }

    [Fact]
    public async Task Infer_TypedContents_EqualRawOnes()
    {
        var noise = Requests.Noise(3);
        var typed = Requests.Depth(noise);
        typed.RawInputContents.Clear();
        typed.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { noise } };

        Difference((await _client.ModelInferAsync(typed)).Output<float>(), await Answer(noise)).ShouldBeLessThan(1e-4f);
    }

    [Fact]
    public async Task Infer_SeveralItems_EqualsOneByOne()
    {
        var noise = Requests.Noise(4, rows: 2);

        var reply = await _client.ModelInferAsync(Requests.Depth(noise, rows: 2));

        reply.Outputs[0].Shape.ShouldBe([2, 1, 256, 256]);
        for (var row = 0; row < 2; row++)
        {
            Difference(
                reply.Output<float>()[(row * Requests.Pixels)..((row + 1) * Requests.Pixels)],
                await Answer(noise[(row * 3 * Requests.Pixels)..((row + 1) * 3 * Requests.Pixels)])).ShouldBeLessThan(1e-4f);
        }
    }

    [Fact]
    public async Task Infer_QuantisedOutputs_AreTheSameValuesInSteps()
    {
        var request = Requests.Depth(Requests.Noise(5));
        foreach (var datatype in new[] { "UINT8", "UINT16", "FP32" })
        {
            request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor
            {
                Name = "inverse_depth",
                Parameters = { ["espresso_datatype"] = new InferParameter { StringParam = datatype } },
            });
        }

        var reply = await _client.ModelInferAsync(request);

        reply.Outputs.Select(output => output.Datatype).ShouldBe(["UINT8", "UINT16", "FP32"]);
        reply.Outputs[0].Shape.ShouldBe([1, 256, 256, 1]);
        var (low, high) = (reply.Outputs[0].Parameters["espresso_low"].DoubleParam, reply.Outputs[0].Parameters["espresso_high"].DoubleParam);
        var (bytes, words, floats) = (reply.Output<byte>(0), reply.Output<ushort>(1), reply.Output<float>(2));
        (low, high).ShouldBe((floats.Min(), floats.Max()));
        for (var i = 0; i < floats.Length; i++)
        {
            var part = (floats[i] - low) / (high - low);
            ((double)bytes[i]).ShouldBe(part * 255, 0.51);
            ((double)words[i]).ShouldBe(part * 65535, 0.6);
        }
    }

    [Fact]
    public async Task Infer_PriorityAndAmpleTimeout_IsAnswered()
    {
        var request = Requests.Depth(Requests.Noise(6));
        request.Parameters["priority"] = new InferParameter { Uint64Param = 1 };
        request.Parameters["timeout"] = new InferParameter { Int64Param = 60_000_000 };

        (await _client.ModelInferAsync(request)).Outputs.Count.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Wrongs.All), MemberType = typeof(Wrongs))]
    public async Task Infer_Wrong_SaysWhat(string name)
    {
        var (request, says) = Wrongs.Make(name);

        var error = await Should.ThrowAsync<RpcException>(async () => await _client.ModelInferAsync(request));

        (error.StatusCode, error.ToFailure().Reason).ShouldBe((StatusCode.InvalidArgument, Reasons.InvalidTensor));
        error.Status.Detail.ShouldContain(says);
    }

    [Fact]
    public async Task Infer_MalformedMessage_IsInvalidArgument()
    {
        var bytes = new Marshaller<byte[]>(value => value, value => value);
        var method = new Method<byte[], byte[]>(MethodType.Unary, "inference.GRPCInferenceService", "ModelInfer", bytes, bytes);

        foreach (var wrong in new byte[][] { [0x3a, 0x05, 1], [0x0b], [0xff], [0x2a, 0x02, 0x0a, 0x10] })
        {
            var error = await Should.ThrowAsync<RpcException>(
                async () => await minion.Process.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, wrong));
            error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        }

        (await _client.ServerLiveAsync(new())).Live.ShouldBeTrue();
    }

    [Fact]
    public async Task Infer_PayloadClient_GetsTheSame()
    {
        var noise = Requests.Noise(7);
        var whole = Requests.Depth(noise);
        using var payload = Payload.CopyOf(whole.RawInputContents[0].Span);
        whole.RawInputContents.Clear();
        using var request = new PayloadMessage<ModelInferRequest>(whole, payload);

        using var reply = await minion.Process.Channel.CreateCallInvoker().AsyncUnaryCall(PayloadMethods.ModelInfer, null, default, request);

        var values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(reply.Payloads.ShouldHaveSingleItem().Span).ToArray();
        Difference(values, await Answer(noise)).ShouldBeLessThan(1e-4f);
    }

    [Fact]
    public async Task Infer_ManyAtOnce_EachGetsItsOwn()
    {
        var noises = Enumerable.Range(10, 4).Select(seed => Requests.Noise(seed)).ToList();
        var expected = new List<float[]>();
        foreach (var noise in noises)
            expected.Add(await Answer(noise));

        var answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Answer(noises[i % 4])));

        for (var i = 0; i < answers.Length; i++)
            Difference(answers[i], expected[i % 4]).ShouldBeLessThan(1e-4f);
    }

    private static float Difference(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();

    private async Task<float[]> Answer(float[] values) => (await _client.ModelInferAsync(Requests.Depth(values))).Output<float>();
}
