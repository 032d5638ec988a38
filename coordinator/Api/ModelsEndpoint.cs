using System.Collections.Immutable;
using System.Text.Json;
using Espresso.Coordinator.Registry;
using Espresso.Coordinator.Traffic;
using Espresso.Manifests;

namespace Espresso.Coordinator.Api;

/// <summary><c>GET /v1/models</c>: what can be asked for; <c>GET /v1/status</c>: the same with the preprocessors; <c>GET /</c>: where to look.</summary>
internal sealed class ModelsEndpoint(ReplicaRegistry registry, TrafficBook traffic)
{
    public Task Models(HttpContext http) => Write(http, json => WriteModels(json, registry.Now));

    public Task Status(HttpContext http) => Write(http, json =>
    {
        WriteModels(json, registry.Now);
        WriteReplicas(json, "preprocessors", registry.Now.Preprocessors);
    });

    public static Task Index(HttpContext http) => Write(http, json =>
    {
        json.WriteString("service", "espresso");
        json.WriteStartObject("endpoints");
        json.WriteString("POST /v1/infer", "a picture as the body, ?models=depth,segmentation,inpainting@0.1; or multipart/form-data: image, mask, request");
        json.WriteString("GET /v1/models", "models, versions, inputs, outputs, replicas");
        json.WriteString("GET, PUT /v1/models/{model}/traffic", "default, canary and shadow versions");
        json.WriteString("GET /v1/status", "the same, and the preprocessors");
        json.WriteString("GET /metrics", "Prometheus text");
        json.WriteString("GET /livez, /readyz", "health");
        json.WriteEndObject();
    });

    private static async Task Write(HttpContext http, Action<Utf8JsonWriter> content)
    {
        http.Response.ContentType = "application/json";
        await using (var json = ReplyJson.WriterOn(http.Response.BodyWriter, indented: true))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    private void WriteModels(Utf8JsonWriter json, MeshSnapshot mesh)
    {
        json.WriteStartArray("models");
        foreach (var model in mesh.Models.Values)
        {
            var (policy, usual) = (traffic.Of(model.Name).Policy, traffic.Of(model.Name).DefaultOf(model));
            foreach (var version in model.Versions)
                WriteVersion(json, version, ReferenceEquals(version, usual), policy);
        }

        json.WriteEndArray();
    }

    private static void WriteVersion(Utf8JsonWriter json, ServedVersion version, bool isDefault, TrafficPolicy policy)
    {
        json.WriteStartObject();
        json.WriteString("model", version.Key.Model);
        json.WriteString("version", version.Key.Version.ToString());
        json.WriteBoolean("is_default", isDefault);
        WriteSplit(json, "canary_percent", policy.Canary, version);
        WriteSplit(json, "shadow_percent", policy.Shadow, version);
        json.WriteString("title", version.Manifest.Title);
        json.WriteStartArray("inputs");
        foreach (var input in version.Manifest.Inputs)
        {
            json.WriteStartObject();
            json.WriteString("name", input.Name);
            json.WriteString("kind", input.Kind.ToString().ToLowerInvariant());
            if (input.From is not null)
                json.WriteString("from", input.From);
            json.WriteNumber("width", input.Width);
            json.WriteNumber("height", input.Height);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("outputs");
        foreach (var output in version.Manifest.Outputs)
            WriteOutput(json, output);
        json.WriteEndArray();
        json.WriteNumber("deadline_ms", version.Manifest.Serving.DeadlineMs);
        json.WriteNumber("reserved", version.Load.Reserved);
        json.WriteNumber("backlog_ms", Finite(version.Load.Backlog.TotalMilliseconds));
        WriteReplicas(json, "replicas", version.Replicas);
        json.WriteEndObject();
    }

    private static void WriteSplit(Utf8JsonWriter json, string name, Split? split, ServedVersion version)
    {
        if (split is not null && split.Version == version.Key.Version)
            json.WriteNumber(name, split.Percent);
    }

    private static void WriteOutput(Utf8JsonWriter json, OutputSpec output)
    {
        json.WriteStartObject();
        json.WriteString("name", output.As);
        json.WriteString("kind", output.Kind.ToString().ToLowerInvariant());
        switch (output.Kind)
        {
            case OutputKind.Labels:
                json.WriteNumber("top", output.Top);
                json.WriteStartArray("labels");
                foreach (var label in output.Labels)
                    json.WriteStringValue(label);
                json.WriteEndArray();
                break;
            case OutputKind.Scores:
                json.WriteStartObject("scores");
                foreach (var score in output.Scores)
                {
                    json.WriteStartObject(score.Name);
                    json.WriteNumber("low", score.Range.Low);
                    json.WriteNumber("high", score.Range.High);
                    json.WriteString("meaning", score.Meaning);
                    json.WriteEndObject();
                }

                json.WriteEndObject();
                break;
            case OutputKind.Embedding:
                json.WriteNumber("size", output.Size);
                break;
        }

        json.WriteEndObject();
    }

    private static void WriteReplicas(Utf8JsonWriter json, string name, ImmutableArray<Replica> replicas)
    {
        json.WriteStartArray(name);
        foreach (var replica in replicas)
        {
            var load = replica.Load;
            json.WriteStartObject();
            json.WriteString("id", replica.Id);
            json.WriteString("address", replica.Address.Authority);
            json.WriteString("device", replica.Device);
            json.WriteBoolean("draining", replica.Draining);
            json.WriteString("health", replica.State.Health);
            json.WriteNumber("in_flight", replica.InFlight);
            var reported = replica.State.Reported;
            json.WriteNumber("pending", reported.Pending);
            json.WriteNumber("running", reported.Running);
            json.WriteNumber("backlog_ms", Finite(reported.BacklogMs));
            json.WriteNumber("mean_batch", Finite(load.MeanBatch));
            json.WriteNumber("instances", load.Instances);
            json.WriteNumber("done", load.Done);
            json.WriteNumber("failed", load.Failed);
            json.WriteNumber("dropped", load.Dropped);
            json.WriteNumber("rejected", load.Rejected);
            json.WriteNumber("resident_bytes", load.ResidentBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>JSON has no word for the other numbers that a replica might report.</summary>
    private static double Finite(double number) => double.IsFinite(number) ? Math.Round(number, 3) : 0;
}
