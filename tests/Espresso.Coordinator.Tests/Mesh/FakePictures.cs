using System.Globalization;
using System.Text;
using Espresso.Errors;
using Espresso.Protos.Preprocessor;
using Espresso.Wire;
using Grpc.Core;

namespace Espresso.Coordinator.Tests.Mesh;

/// <summary>
/// A preprocessor for pictures of one colour, whose file is "picture WIDTH HEIGHT VALUE". What it encodes is text that tells what it was
/// given, so that a test can follow a value through the mesh.
/// </summary>
internal sealed class FakePictures : PayloadPreprocessorService
{
    private int _decodes;
    private int _encodes;

    public int Decodes => _decodes;

    public int Encodes => _encodes;

    /// <summary>The specs of every decode, as they came.</summary>
    public List<string> Specs { get; } = [];

    /// <summary>Called before each decode; may wait or throw.</summary>
    public Func<Task> BeforeDecode { get; set; } = () => Task.CompletedTask;

    /// <summary>Called before each encode; may wait or throw.</summary>
    public Func<EncodeRequest, ServerCallContext, Task> BeforeEncode { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Bytes of what it encodes, beyond what it tells.</summary>
    public int Padding { get; set; }

    public static byte[] File(int width, int height, byte value) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"picture {width} {height} {value}"));

    public override async Task<PayloadMessage<DecodeReply>> Decode(PayloadMessage<DecodeRequest> request, ServerCallContext context)
    {
        using (request)
        {
            Interlocked.Increment(ref _decodes);
            await BeforeDecode();
            if (Encoding.ASCII.GetString(request.Payloads[0].Span).Split(' ') is not ["picture", var width, var height, var value])
                throw new FailureException(Failure.Invalid(Reasons.NotAPicture, "the bytes are no picture"));

            var reply = new DecodeReply { Format = "fake", Width = uint.Parse(width), Height = uint.Parse(height) };
            lock (Specs)
                Specs.AddRange(request.Message.Specs.Select(spec => $"{spec.Width}x{spec.Height} {spec.Channels}"));
            reply.Tensors.AddRange(request.Message.Specs.Select(spec => Decoded(spec, reply.Width, reply.Height)));
            return new PayloadMessage<DecodeReply>(reply, [.. reply.Tensors.Select(tensor => Filled(tensor, byte.Parse(value)))]);
        }
    }

    public override Task<PayloadMessage<ResampleReply>> Resample(PayloadMessage<ResampleRequest> request, ServerCallContext context)
    {
        using (request)
        {
            var geometry = request.Message.Tensor.Geometry;
            var tensor = Decoded(request.Message.Spec, geometry.PictureWidth, geometry.PictureHeight);
            return Task.FromResult(new PayloadMessage<ResampleReply>(new ResampleReply { Tensor = tensor }, Filled(tensor, request.Payloads[0].Span[0])));
        }
    }

    public override async Task<PayloadMessage<EncodeReply>> Encode(PayloadMessage<EncodeRequest> request, ServerCallContext context)
    {
        using (request)
        {
            Interlocked.Increment(ref _encodes);
            await BeforeEncode(request.Message, context);
            var (order, tensor) = (request.Message, request.Message.Tensor);
            var told = string.Create(
                CultureInfo.InvariantCulture,
                $"{order.Format} {order.Bits} {tensor.Datatype} {tensor.Width}x{tensor.Height}x{tensor.Channels} value {request.Payloads[0].Span[0]}");
            if (order.Blend is { } blend)
                told += $" mask {blend.Mask.Width}x{blend.Mask.Height} value {request.Payloads[1].Span[0]} over {Encoding.ASCII.GetString(request.Payloads[2].Span)}";
            var reply = new EncodeReply { MediaType = "image/fake", Width = tensor.Geometry.PictureWidth, Height = tensor.Geometry.PictureHeight };
            return new PayloadMessage<EncodeReply>(reply, Payload.CopyOf(Encoding.ASCII.GetBytes(told + new string(' ', Padding))));
        }
    }

    private static DecodedTensor Decoded(TensorSpec spec, uint width, uint height) => new()
    {
        Height = spec.Height,
        Width = spec.Width,
        Channels = spec.Channels == Protos.Preprocessor.Channels.Gray ? 1u : 3u,
        Geometry = new Geometry
        {
            PictureWidth = width,
            PictureHeight = height,
            Source = new Rect { Width = width, Height = height },
            Content = new Rect { Width = spec.Width, Height = spec.Height },
        },
    };

    private static Payload Filled(DecodedTensor tensor, byte value)
    {
        var payload = Payload.Rent((int)(tensor.Height * tensor.Width * tensor.Channels));
        payload.Span.Fill(value);
        return payload;
    }
}
