using Espresso.Coordinator.Admission;
using Espresso.Coordinator.Inference;
using Espresso.Coordinator.Planning;
using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Traffic;
using Espresso.Errors;
using Espresso.Wire;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Proto = Espresso.Protos.Coordinator;

namespace Espresso.Coordinator.Api;

/// <summary>The mesh over gRPC: the same way as over HTTP, with the call's own deadline, and results one by one for whoever wants them so.</summary>
[BindServiceMethod(typeof(CoordinatorService), nameof(Bind))]
internal sealed class CoordinatorService(
    InferencePipeline pipeline, ReplicaRegistry registry, TrafficBook traffic, CoordinatorOptions options, CoordinatorMetrics metrics, TimeProvider time)
    : Proto.Coordinator.CoordinatorBase
{
    public static void Bind(ServiceBinderBase binder, Proto.Coordinator.CoordinatorBase? service) =>
        Proto.Coordinator.BindService(new StrictBinder(binder), service);

    /// <summary>
    /// Kept of the call's deadline for the way back: at the deadline itself the client stops listening, and what has finished by then
    /// could not be told any more. A twentieth, at most this.
    /// </summary>
    private static readonly TimeSpan LongestWayBack = TimeSpan.FromMilliseconds(50);

    public override async Task<Proto.InferReply> Infer(Proto.InferRequest request, ServerCallContext context)
    {
        var inference = Read(request, context);
        Proto.InferReply? message = null;
        var reply = await pipeline.Run(inference, finished: null, context.CancellationToken, Unfit);
        if (reply.Failure is { } failure)
            throw new FailureException(failure);
        AbortIfNobodyReads(context.GetHttpContext());
        return message!;

        Failure? Unfit(InferenceReply done)
        {
            message = ProtoResults.Of(inference.Id, done);
            message.Results.AddRange(done.Results.Select(ProtoResults.Of));
            return TooLarge(message, "the results", "ask for fewer models, use InferStream, or HTTP, which has no such limit");
        }
    }

    public override async Task InferStream(Proto.InferRequest request, IServerStreamWriter<Proto.InferEvent> responseStream, ServerCallContext context)
    {
        var inference = Read(request, context);
        using var one = new SemaphoreSlim(1); // a stream takes one message at a time, and results finish when they like
        var reply = await pipeline.Run(inference, Send, context.CancellationToken);
        if (reply.Failure is { } failure)
            throw new FailureException(failure);
        await responseStream.WriteAsync(new Proto.InferEvent { Summary = ProtoResults.Of(inference.Id, reply) }, context.CancellationToken);

        async Task<StepResult> Send(StepResult result)
        {
            var message = new Proto.InferEvent { Result = ProtoResults.Of(result) };
            if (TooLarge(message, $"the outputs of {result.Key}", "ask over HTTP, which has no such limit") is { } unfit)
            {
                result = result with { Status = StepResult.StatusOf(unfit), Failure = unfit, Outputs = [] };
                message = new Proto.InferEvent { Result = ProtoResults.Of(result) };
            }

            try
            {
                await one.WaitAsync(context.CancellationToken);
                using var late = AbortIfNobodyReads(context.GetHttpContext());
                try
                {
                    await responseStream.WriteAsync(message, context.CancellationToken);
                }
                finally
                {
                    one.Release();
                }
            }
            catch (Exception) when (context.CancellationToken.IsCancellationRequested)
            {
                // The client went away; the pipeline sees that itself, and counts it.
            }

            return result;
        }
    }

    public override Task<Proto.ListModelsReply> ListModels(Proto.ListModelsRequest request, ServerCallContext context)
    {
        var mesh = registry.Now;
        var reply = new Proto.ListModelsReply();
        reply.Models.AddRange(mesh.Models.Values.SelectMany(model => model.Versions.Select(version => ProtoResults.Of(version, ReferenceEquals(version, traffic.Of(model.Name).DefaultOf(model))))));
        reply.Preprocessors.AddRange(mesh.Preprocessors.Select(ProtoResults.Of));
        return Task.FromResult(reply);
    }

    private InferenceRequest Read(Proto.InferRequest request, ServerCallContext context)
    {
        var arrived = time.GetTimestamp();
        try
        {
            return Read(request, context, arrived);
        }
        catch (FailureException error)
        {
            metrics.Answered(error.Failure.Kind.ToString(), error.Failure.Reason, time.GetElapsedTime(arrived));
            throw;
        }
    }

    /// <summary>The request lives until the call is over, since the reply is written from its memory after the handler has returned.</summary>
    private InferenceRequest Read(Proto.InferRequest request, ServerCallContext context, long arrived)
    {
        var http = context.GetHttpContext();
        var ticket = http.Features.GetRequiredFeature<RequestTicket>(); // of the door, which has counted the message already
        http.Features.Set<RequestTicket>(null); // and counts a request that nobody has taken
        var memory = new RequestMemory();
        http.Response.RegisterForDispose(memory);

        var bytes = request.Image.Length + request.Mask.Length;
        if (request.Image.IsEmpty)
            throw new FailureException(Failure.Invalid(Reasons.EmptyBody, "the picture has no bytes"));
        if (bytes > options.MaxBodyBytes)
            throw new FailureException(Failure.TooLarge(Reasons.BodyTooLarge, $"picture and mask have {bytes} bytes; {options.MaxBodyBytes} at the most"));
        var inference = new InferenceRequest(ticket)
        {
            Id = request.Id.Length == 0 ? Guid.NewGuid().ToString("n") : RequestFields.CheckedId(request.Id),
            Models = [.. request.Models, .. request.Branches.Select(branch => ModelRequest.Write(branch.Name, IsRequired(branch), branch.Fallback))],
            Deadline = BudgetOf(context),
            Shared = !request.Unshared,
            Key = request.Key.Length == 0 ? null : RequestFields.CheckedId(request.Key),
            Caller = CallerOf(request, context),
            Image = memory.Keep(Payload.CopyOf(request.Image.Span)),
            Mask = request.Mask.IsEmpty ? null : memory.Keep(Payload.CopyOf(request.Mask.Span)),
            Arrived = arrived,
            Memory = memory,
        };
        http.Response.RegisterForDispose(inference);
        return inference;
    }

    /// <summary>A word of a newer protocol is not taken for its opposite.</summary>
    private static bool IsRequired(Proto.Branch branch) => Enum.IsDefined(branch.OnFailure)
        ? branch.OnFailure == Proto.OnFailure.Required
        : throw new FailureException(Failure.Invalid(Reasons.InvalidRequest, $"branch '{ModelName.Told(branch.Name)}': on_failure {(int)branch.OnFailure} is not known here"));

    private static Caller CallerOf(Proto.InferRequest request, ServerCallContext context)
    {
        var fields = new CallerFields();
        fields.Read(context.GetHttpContext().Request.Headers);
        if (request.Tenant.Length > 0)
            fields.SetTenant(request.Tenant);
        if (request.RequestClass.Length > 0)
            fields.SetClass(request.RequestClass);
        return fields.Caller;
    }

    /// <summary>A client that does not read would hold the request's memory for as long as it likes. Until disposed, or the call's end.</summary>
    private CancellationTokenSource AbortIfNobodyReads(HttpContext http)
    {
        var late = new CancellationTokenSource(TimeSpan.FromSeconds(options.TransferSeconds), time);
        late.Token.Register(static state => ((HttpContext)state!).Abort(), http);
        http.Response.RegisterForDispose(late);
        return late;
    }

    /// <summary>The library would call it RESOURCE_EXHAUSTED, which clients take for overload and try again.</summary>
    private static Failure? TooLarge(IMessage message, string what, string instead)
    {
        var size = message.CalculateSize();
        return size > Channels.MaxMessageBytes
            ? Failure.TooLarge(Reasons.ResultTooLarge, $"{what} are {size} bytes, more than the {Channels.MaxMessageBytes} that one message carries: {instead}")
            : null;
    }

    /// <summary>Null: the call has no deadline, so the models' own holds.</summary>
    private TimeSpan? BudgetOf(ServerCallContext context)
    {
        if (context.Deadline == DateTime.MaxValue)
            return null;
        var left = context.Deadline - time.GetUtcNow().UtcDateTime;
        var wayBack = left / 20 < LongestWayBack ? left / 20 : LongestWayBack;
        var most = TimeSpan.FromMilliseconds(options.MaxDeadlineMs);
        return left - wayBack < most ? left - wayBack : most;
    }
}
