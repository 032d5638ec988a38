using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Inference;
using Espresso.Coordinator.Planning;
using Espresso.Errors;
using Espresso.Protos.Preprocessor;
using Espresso.Wire;
using Inference;

namespace Espresso.Coordinator.Tests.Inference;

/// <summary>What a minion may answer, and what is refused of it with the fault named.</summary>
public sealed class ModelCallTests
{
    private readonly PlanStep _step = StepOf(Packages.Depth());
    private readonly PlacedTensor _picture = new(
        new ModelTensor
        {
            Width = 8,
            Height = 6,
            Channels = 3,
            Geometry = new Geometry
            {
                PictureWidth = 80,
                PictureHeight = 30,
                Source = new Rect { Width = 80, Height = 30 },
                Content = new Rect { X = 0, Y = 2, Width = 8, Height = 3 },
            },
        },
        Payload.Rent(8 * 6 * 3));

    [Fact]
    public void Request_AsksForPixelsInAndTheDatatypeOfTheMedium()
    {
        var request = ModelCall.ToRequest(_step, [_picture], "id", new Caller("search", RequestClass.Batch), 3);
        request.Message.ModelName.ShouldBe("depth");
        request.Message.ModelVersion.ShouldBe("0.1");
        request.Message.Inputs[0].Shape.ShouldBe([1, 6, 8, 3]);
        request.Message.Inputs[0].Datatype.ShouldBe("UINT8");
        request.Message.Outputs[0].Name.ShouldBe("inverse");
        request.Message.Outputs[0].Parameters["espresso_datatype"].StringParam.ShouldBe("UINT16");
        request.Message.Parameters["espresso_tenant"].StringParam.ShouldBe("search");
        request.Message.Parameters["espresso_class"].StringParam.ShouldBe("batch");
        request.Message.Parameters["espresso_weight"].DoubleParam.ShouldBe(3);
        request.Payloads.ShouldBe([_picture.Data]);
    }

    [Fact]
    public void Output_OfAnotherSizeThanTheInput_LiesOverTheSamePartOfThePicture()
    {
        var tensor = ModelCall.Read(_step, Reply(shape: [1, 12, 16, 1]), _picture).Tensors[0];
        (tensor.Form.Width, tensor.Form.Height, tensor.Form.Datatype).ShouldBe((16u, 12u, Datatype.Uint16));
        tensor.Form.Geometry.Content.ShouldBe(new Rect { X = 0, Y = 4, Width = 16, Height = 6 });
        tensor.Form.Geometry.PictureWidth.ShouldBe(80u);
        _picture.Form.Geometry.Content.ShouldBe(new Rect { X = 0, Y = 2, Width = 8, Height = 3 });
    }

    [Theory]
    [InlineData("other", "UINT16", new long[] { 1, 6, 8, 1 }, 96, "is missing")]
    [InlineData("inverse", "FP32", new long[] { 1, 6, 8, 1 }, 192, "came as FP32 instead of UINT16")]
    [InlineData("inverse", "UINT16", new long[] { 1, 1, 6, 8 }, 96, "came as 1×1×6×8")]
    [InlineData("inverse", "UINT16", new long[] { 6, 8 }, 96, "came as 6×8")]
    [InlineData("inverse", "UINT16", new long[] { 1, -6, 8, 1 }, 96, "came as 1×-6×8×1")]
    [InlineData("inverse", "UINT16", new long[] { 1, 6, 8, 1 }, 95, "came with 95 bytes")]
    public void Answer_NotAsAsked_IsTheModelsFailure(string name, string datatype, long[] shape, int bytes, string what)
    {
        var failure = Should.Throw<FailureException>(() => ModelCall.Read(_step, Reply(name, datatype, shape, bytes), _picture)).Failure;
        failure.Kind.ShouldBe(FailureKind.Internal);
        failure.Reason.ShouldBe(Reasons.ModelFailed);
        failure.Message.ShouldContain(what);
    }

    [Fact]
    public void Answer_WithoutItsBytes_IsTheModelsFailure()
    {
        var reply = new PayloadMessage<ModelInferResponse>(Reply().Message);
        Should.Throw<FailureException>(() => ModelCall.Read(_step, reply, _picture)).Failure.Message.ShouldContain("is missing");
    }

    private static PlanStep StepOf(string manifest)
    {
        Planner.TryPlan([Packages.Read(manifest).Model], hasMask: false, TestRegistry.Of(manifest).Now, 16, out var plan, out _).ShouldBeTrue();
        return plan!.Steps[0];
    }

    private static PayloadMessage<ModelInferResponse> Reply(string name = "inverse", string datatype = "UINT16", long[]? shape = null, int? bytes = null)
    {
        shape ??= [1, 6, 8, 1];
        var reply = new ModelInferResponse { Outputs = { new ModelInferResponse.Types.InferOutputTensor { Name = name, Datatype = datatype, Shape = { shape } } } };
        return new PayloadMessage<ModelInferResponse>(reply, Payload.Rent(bytes ?? (int)shape.Aggregate((size, next) => size * next) * 2));
    }
}
