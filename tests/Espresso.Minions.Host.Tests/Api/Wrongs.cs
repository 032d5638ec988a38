using Google.Protobuf;
using Inference;

namespace Espresso.Minions.Tests.Api;

/// <summary>Requests with one thing wrong each, and what the refusal must say.</summary>
internal static class Wrongs
{
    private static readonly Dictionary<string, (Action<ModelInferRequest> Break, string Says)> Cases = new()
    {
        ["no input"] = (request => request.Inputs.Clear(), "0 inputs, but depth/0.1 takes 1: image"),
        ["an input too many"] = (request => request.Inputs.Add(request.Inputs[0].Clone()), "2 inputs, but depth/0.1 takes 1"),
        ["another input"] = (request => request.Inputs[0].Name = "picture", "input 'image' is missing"),
        ["no contents"] = (request => request.RawInputContents.Clear(), "neither contents nor raw_input_contents"),
        ["contents too many"] = (request => request.RawInputContents.Add(ByteString.Empty), "2 raw_input_contents for 1 inputs"),
        ["contents twice"] = (request => request.Inputs[0].Contents = new InferTensorContents(), "both contents and raw_input_contents"),
        ["no such datatype"] = (request => request.Inputs[0].Datatype = "FP31", "unknown datatype 'FP31'"),
        ["another datatype"] = (request => request.Inputs[0].Datatype = "INT32", "INT32, but the network takes FP32"),
        ["datatype by number"] = (request => request.Inputs[0].Datatype = "11", "unknown datatype '11'"),
        ["no batch axis"] = (request => Shape(request, 3, 256, 256), "the network takes [-1,3,256,256]"),
        ["no shape"] = (request => Shape(request), "has no batch axis"),
        ["no items"] = (request => Shape(request, 0, 3, 256, 256), "has no batch axis of at least 1"),
        ["negative items"] = (request => Shape(request, -1, 3, 256, 256), "has no batch axis of at least 1"),
        ["items too many"] = (request => Many(request, 9), "9 items in one request, but depth/0.1 takes 8 at the most"),
        ["items without end"] = (request => Shape(request, long.MaxValue, 3, 256, 256), "larger than anything"),
        ["another size"] = (request => Shape(request, 1, 3, 256, 255), "shape [1,3,256,255], but the network takes [-1,3,256,256]"),
        ["negative size"] = (request => Shape(request, 1, 3, -256, -256), "the network takes [-1,3,256,256]"),
        ["bytes too few"] = (request => request.RawInputContents[0] = ByteString.CopyFrom(new byte[5]), "5 bytes, but FP32 [1,3,256,256] has 786432"),
        ["bytes too many"] = (request => request.RawInputContents[0] = ByteString.CopyFrom(new byte[786433]), "786433 bytes, but FP32 [1,3,256,256] has 786432"),
        ["a picture on its side"] = (request =>
        {
            request.Inputs[0].Datatype = "UINT8";
            request.RawInputContents[0] = ByteString.CopyFrom(new byte[256 * 256 * 3]);
        }, "(UINT8 pictures: [n, height, width, channels])"),
        ["an output twice"] = (request => request.Outputs.AddRange([new() { Name = "inverse_depth" }, new() { Name = "inverse_depth" }]), "output 'inverse_depth' is asked for twice as FP32"),
        ["no such class"] = (request => request.Parameters["espresso_class"] = new() { StringParam = "urgent" }, "parameter 'espresso_class': interactive or batch"),
        ["no such output"] = (request => Output(request, "depth", null), "no output 'depth'; there are inverse_depth"),
        ["no such quantisation"] = (request => Output(request, "inverse_depth", "INT8"), "espresso_datatype 'INT8': FP32, UINT8 or UINT16"),
        ["priority of a word"] = (request => request.Parameters["priority"] = new InferParameter { StringParam = "high" }, "parameter 'priority': a whole number"),
        ["timeout of a truth"] = (request => request.Parameters["timeout"] = new InferParameter { BoolParam = true }, "parameter 'timeout': a whole number"),
        ["typed contents too few"] = (request =>
        {
            request.RawInputContents.Clear();
            request.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { 1, 2 } };
        }, "8 bytes, but FP32 [1,3,256,256] has 786432"),
        ["typed contents of another type"] = (request =>
        {
            request.RawInputContents.Clear();
            request.Inputs[0].Datatype = "UINT8";
            request.Inputs[0].Contents = new InferTensorContents { UintContents = { 300 } };
        }, "a value that is no UINT8"),
        ["typed contents of halves"] = (request =>
        {
            request.RawInputContents.Clear();
            request.Inputs[0].Datatype = "FP16";
            request.Inputs[0].Contents = new InferTensorContents();
        }, "FP16 has no typed contents"),
    };

    public static TheoryData<string> All => [.. Cases.Keys];

    public static (ModelInferRequest Request, string Says) Make(string name)
    {
        var request = Requests.Depth(new float[3 * Requests.Pixels]);
        Cases[name].Break(request);
        return (request, Cases[name].Says);
    }

    private static void Shape(ModelInferRequest request, params long[] shape)
    {
        request.Inputs[0].Shape.Clear();
        request.Inputs[0].Shape.Add(shape);
    }

    private static void Many(ModelInferRequest request, int rows)
    {
        Shape(request, rows, 3, 256, 256);
        request.RawInputContents[0] = ByteString.CopyFrom(new byte[rows * 3 * Requests.Pixels * 4]);
    }

    private static void Output(ModelInferRequest request, string name, string? datatype)
    {
        var output = new ModelInferRequest.Types.InferRequestedOutputTensor { Name = name };
        if (datatype is not null)
            output.Parameters["espresso_datatype"] = new InferParameter { StringParam = datatype };
        request.Outputs.Add(output);
    }
}
