using Espresso.Errors;
using Espresso.Preprocessor.Decoding;
using Espresso.Preprocessor.Encoding;
using Espresso.Preprocessor.Pictures;
using Espresso.Preprocessor.Resampling;
using Espresso.Preprocessor.Work;
using Espresso.Protos.Preprocessor;
using Espresso.Wire;
using Grpc.Core;

namespace Espresso.Preprocessor.Api;

/// <summary>The gRPC face. Each call: read the message, do the work on the pool, write the reply.</summary>
/// <remarks>The request's payloads are read in place and go back when the work has ended; the reply's go back when they are sent.</remarks>
internal sealed class PreprocessorService(
    PictureDecoder decoder, TensorResampler resampler, PictureEncoder encoder, WorkPool pool, PreprocessorMetrics metrics)
    : PayloadPreprocessorService
{
    public override Task<PayloadMessage<DecodeReply>> Decode(PayloadMessage<DecodeRequest> request, ServerCallContext context) =>
        Serve(request, async () =>
        {
            var file = Single(request.Payloads, "picture");
            var specs = request.Message.Specs.Select(Messages.Read).ToList();
            var worked = await pool.Run("decode", budget => decoder.Decode(file, specs, budget), context.CancellationToken);

            var picture = worked.Result;
            var reply = new DecodeReply
            {
                Format = PictureFile.Name(picture.Format).ToLowerInvariant(),
                Width = (uint)picture.Width,
                Height = (uint)picture.Height,
                DecodeUs = Messages.Write(worked.Took),
                WaitUs = Messages.Write(worked.Wait),
            };
            reply.Tensors.AddRange(picture.Tensors.Select(Messages.Write));
            return new PayloadMessage<DecodeReply>(reply, [.. picture.Tensors.Select(tensor => tensor.Contents)]);
        });

    public override Task<PayloadMessage<ResampleReply>> Resample(PayloadMessage<ResampleRequest> request, ServerCallContext context) =>
        Serve(request, async () =>
        {
            var tensor = Messages.Read(request.Message.Tensor, Single(request.Payloads, "tensor's contents"), "tensor");
            var spec = Messages.Read(request.Message.Spec);
            var worked = await pool.Run("resample", budget => resampler.Resample(tensor, spec, budget), context.CancellationToken);

            var reply = new ResampleReply
            {
                Tensor = Messages.Write(worked.Result),
                ResampleUs = Messages.Write(worked.Took),
                WaitUs = Messages.Write(worked.Wait),
            };
            return new PayloadMessage<ResampleReply>(reply, worked.Result.Contents);
        });

    public override Task<PayloadMessage<EncodeReply>> Encode(PayloadMessage<EncodeRequest> request, ServerCallContext context) =>
        Serve(request, async () =>
        {
            var job = Job(request);
            var worked = await pool.Run("encode", budget => encoder.Encode(job, budget), context.CancellationToken);

            var reply = new EncodeReply
            {
                MediaType = worked.Result.MediaType,
                Width = (uint)worked.Result.Width,
                Height = (uint)worked.Result.Height,
                EncodeUs = Messages.Write(worked.Took),
                WaitUs = Messages.Write(worked.Wait),
            };
            return new PayloadMessage<EncodeReply>(reply, worked.Result.Contents);
        });

    private static EncodeJob Job(PayloadMessage<EncodeRequest> request)
    {
        var message = request.Message;
        var expected = message.Blend is null ? 1 : 3;
        if (request.Payloads.Count != expected)
            throw Messages.Invalid($"{request.Payloads.Count} contents; {expected} belong to this: the tensor, and with a blend the mask and the picture");
        return new EncodeJob(
            Messages.Read(message.Tensor, request.Payloads[0].Memory, "tensor"),
            Messages.Read(message.Format),
            message.Bits == 0 ? 8 : Messages.Size(message.Bits),
            Messages.Size(message.Quality),
            Messages.Size(message.Width),
            Messages.Size(message.Height),
            message.Blend is null ? null : new Encoding.Blend(Messages.Read(message.Blend.Mask, request.Payloads[1].Memory, "mask"), request.Payloads[2].Memory));
    }

    private static ReadOnlyMemory<byte> Single(IReadOnlyList<Payload> payloads, string what) => payloads.Count switch
    {
        0 => ReadOnlyMemory<byte>.Empty, // protobuf leaves an empty field away
        1 => payloads[0].Memory,
        _ => throw Messages.Invalid($"{payloads.Count} contents where one {what} belongs"),
    };

    private async Task<TReply> Serve<TReply>(IDisposable request, Func<Task<TReply>> serve)
    {
        try
        {
            return await serve();
        }
        catch (FailureException error)
        {
            metrics.Refused(error.Failure.Reason);
            throw;
        }
        finally
        {
            request.Dispose();
        }
    }
}
