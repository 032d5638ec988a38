using Google.Protobuf;
using Inference;

namespace Espresso.Common.Tests.Wire;

/// <summary>Requests with anything in them that the protocol allows.</summary>
internal static class RandomRequests
{
    public static ModelInferRequest Next(Random random)
    {
        var request = new ModelInferRequest { ModelName = Word(random), ModelVersion = Word(random), Id = Word(random) };
        Fill(request.Parameters, random);
        for (var i = random.Next(4); i > 0; i--)
            request.Inputs.Add(Input(random));
        for (var i = random.Next(3); i > 0; i--)
        {
            var output = new ModelInferRequest.Types.InferRequestedOutputTensor { Name = Word(random) };
            Fill(output.Parameters, random);
            request.Outputs.Add(output);
        }

        for (var i = random.Next(4); i > 0; i--)
            request.RawInputContents.Add(ByteString.CopyFrom(Bytes(random, 300)));
        return request;
    }

    public static byte[] Bytes(Random random, int atMost)
    {
        var bytes = new byte[random.Next(atMost)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static ModelInferRequest.Types.InferInputTensor Input(Random random)
    {
        var input = new ModelInferRequest.Types.InferInputTensor { Name = Word(random), Datatype = Word(random) };
        for (var i = random.Next(5); i > 0; i--)
            input.Shape.Add(random.NextInt64(long.MinValue, long.MaxValue));
        Fill(input.Parameters, random);
        if (random.Next(2) == 0)
            return input;
        input.Contents = new InferTensorContents();
        for (var i = random.Next(20); i > 0; i--)
        {
            input.Contents.Fp32Contents.Add(random.NextSingle());
            input.Contents.Int64Contents.Add(random.NextInt64());
            input.Contents.BytesContents.Add(ByteString.CopyFrom(Bytes(random, 9)));
        }

        return input;
    }

    private static void Fill(Google.Protobuf.Collections.MapField<string, InferParameter> parameters, Random random)
    {
        for (var i = random.Next(4); i > 0; i--)
        {
            parameters[Word(random)] = random.Next(5) switch
            {
                0 => new InferParameter { BoolParam = random.Next(2) == 0 },
                1 => new InferParameter { Int64Param = random.NextInt64(long.MinValue, long.MaxValue) },
                2 => new InferParameter { StringParam = Word(random) },
                3 => new InferParameter { DoubleParam = random.NextDouble() },
                _ => new InferParameter(),
            };
        }
    }

    private static string Word(Random random) =>
        new(random.GetItems("aeghiklmnorstu_-. 0123456789äß深".AsSpan(), random.Next(12)));
}
