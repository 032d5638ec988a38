using System.Collections.Concurrent;
using Espresso.Standins.Tests.Wire;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Espresso.Standins.Tests.Host;

/// <summary>The service under every test here; one instance serves all calls.</summary>
internal sealed class EchoService(TimeProvider time) : Echo.EchoBase
{
    private readonly ConcurrentDictionary<string, Hanging> _hanging = new();
    private readonly ConcurrentDictionary<string, Gathering> _gatherings = new();

    public override Task<Message> Unary(Message request, ServerCallContext context)
    {
        if (request.Compress)
            context.WriteOptions = WriteOptions.Default;
        return Task.FromResult(request);
    }

    public override async Task<Message> Collect(IAsyncStreamReader<Message> requestStream, ServerCallContext context)
    {
        using var all = new MemoryStream();
        await foreach (var message in requestStream.ReadAllAsync(context.CancellationToken))
            message.Body.WriteTo(all);
        return new Message { Body = ByteString.CopyFrom(all.ToArray()) };
    }

    public override async Task Repeat(
        RepeatRequest request, IServerStreamWriter<Message> responseStream, ServerCallContext context)
    {
        for (var i = 0; i < request.Times; i++)
            await responseStream.WriteAsync(new Message { Body = request.Body }, context.CancellationToken);
    }

    public override async Task Chat(
        IAsyncStreamReader<Message> requestStream, IServerStreamWriter<Message> responseStream, ServerCallContext context)
    {
        await foreach (var message in requestStream.ReadAllAsync(context.CancellationToken))
            await responseStream.WriteAsync(message);
    }

    public override Task<Description> Describe(Message request, ServerCallContext context)
    {
        var raw = context.GetHttpContext().Request.Headers;
        var description = new Description
        {
            Method = context.Method,
            Host = context.Host,
            Peer = context.Peer,
            MillisecondsLeft = context.Deadline == DateTime.MaxValue
                ? -1
                : (long)(context.Deadline - time.GetUtcNow().UtcDateTime).TotalMilliseconds,
            Encoding = raw["grpc-encoding"].ToString(),
            AcceptEncoding = raw["grpc-accept-encoding"].ToString(),
            BodyLength = request.Body.Length,
        };
        description.Headers.AddRange(context.RequestHeaders.Select(HeaderMapping.ToMessage));
        return Task.FromResult(description);
    }

    public override async Task<Message> Answer(AnswerRequest request, ServerCallContext context)
    {
        if (request.Headers.Count > 0)
            await context.WriteResponseHeadersAsync(HeaderMapping.ToMetadata(request.Headers));
        var trailers = HeaderMapping.ToMetadata(request.Trailers);
        var status = new Status((StatusCode)request.Code, request.Detail);
        if (status.StatusCode != StatusCode.OK)
            throw new RpcException(status, trailers);

        foreach (var entry in trailers)
            context.ResponseTrailers.Add(entry);
        return new Message();
    }

    public override Task<Message> Crash(Message request, ServerCallContext context) =>
        throw new InvalidOperationException("Crashed as asked.");

    public override async Task<Message> Hang(HangRequest request, ServerCallContext context)
    {
        await UntilCancelled(request.Id, context);
        return new Message();
    }

    public override async Task HangStreaming(
        HangRequest request, IServerStreamWriter<Message> responseStream, ServerCallContext context)
    {
        // The caller may have the message, and go, before the write is told to be done.
        var written = responseStream.WriteAsync(new Message { Body = ByteString.CopyFromUtf8(request.Id) });
        await UntilCancelled(request.Id, context);
        await written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public override async Task<Message> AwaitStart(HangRequest request, ServerCallContext context)
    {
        await HangingCall(request.Id).Started.Task.WaitAsync(context.CancellationToken);
        return new Message();
    }

    public override Task<Ending> AwaitEnd(HangRequest request, ServerCallContext context) =>
        HangingCall(request.Id).Ended.Task.WaitAsync(context.CancellationToken);

    public override async Task<Message> Gather(GatherRequest request, ServerCallContext context)
    {
        var gathering = _gatherings.GetOrAdd(request.Id, static _ => new Gathering());
        await gathering.Arrive(request.Expected).WaitAsync(context.CancellationToken);
        return new Message { Body = ByteString.CopyFromUtf8(request.Id) };
    }

    private async Task UntilCancelled(string id, ServerCallContext context)
    {
        var hanging = HangingCall(id);
        hanging.Started.SetResult();
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = context.CancellationToken.Register(cancelled.SetResult);
        await cancelled.Task;
        hanging.Ended.SetResult(new Ending { DeadlinePassed = time.GetUtcNow().UtcDateTime >= context.Deadline });
    }

    private Hanging HangingCall(string id) => _hanging.GetOrAdd(id, static _ => new Hanging());

    private sealed class Hanging
    {
        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<Ending> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Gathering
    {
        private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _arrived;

        public Task Arrive(int expected)
        {
            if (Interlocked.Increment(ref _arrived) == expected)
                _complete.SetResult();
            return _complete.Task;
        }
    }
}
