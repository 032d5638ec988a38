using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using Espresso.Coordinator.Inference;
using Espresso.Outputs;

namespace Espresso.Coordinator.Api;

/// <summary>Results as JSON.</summary>
internal static class ReplyJson
{
    /// <summary>Readable as it stands: nothing here is pasted into HTML, so 'depth' needs no escapes.</summary>
    public static Utf8JsonWriter WriterOn(PipeWriter body, bool indented = false) =>
        new(body, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = indented });

    /// <param name="steps">Named by their model; where there are several versions of one, by model@version.</param>
    /// <param name="data">Writes an output's bytes, or where they are; null: they are nowhere.</param>
    public static async Task WriteResults(
        Utf8JsonWriter json, string name, IReadOnlyList<StepResult> steps, Func<Utf8JsonWriter, EncodedOutput, ValueTask>? data)
    {
        json.WriteStartObject(name);
        foreach (var step in steps)
        {
            json.WriteStartObject(NameOf(step, steps));
            WriteHead(json, step);
            json.WriteStartObject("outputs");
            foreach (var output in step.Outputs)
            {
                json.WriteStartObject(output.Spec.As);
                json.WriteString("kind", output.Spec.Kind.ToString().ToLowerInvariant());
                if (output is SaidOutput { Value: var value })
                    WriteValue(json, value);
                if (output is EncodedOutput file)
                {
                    WriteForm(json, file);
                    if (data is not null)
                        await data(json, file);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static string NameOf(StepResult step, IReadOnlyList<StepResult> steps) =>
        steps.Count(other => other.Key.Model == step.Key.Model) == 1 ? step.Key.Model : step.Key.ToString();

    /// <summary>Which model failed of what, without the rest.</summary>
    public static void WriteFailures(Utf8JsonWriter json, string name, IReadOnlyList<StepResult> steps)
    {
        json.WriteStartObject(name);
        foreach (var step in steps)
        {
            json.WriteStartObject(NameOf(step, steps));
            WriteStatus(json, step);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    public static void WriteTimings(Utf8JsonWriter json, InferenceReply reply)
    {
        json.WriteStartObject("timings");
        json.WriteNumber("receive_ms", Rounded(reply.ReceiveMs));
        json.WriteNumber("plan_ms", Rounded(reply.PlanMs));
        json.WriteNumber("preprocess_ms", Rounded(reply.PreprocessMs));
        json.WriteNumber("total_ms", Rounded(reply.TotalMs));
        json.WriteEndObject();
    }

    private static void WriteHead(Utf8JsonWriter json, StepResult step)
    {
        WriteStatus(json, step);
        if (step.Replica.Length > 0)
            json.WriteString("replica", step.Replica);
        if (step.Shared)
            json.WriteBoolean("shared", true);
        var timings = step.Timings;
        json.WriteStartObject("timings");
        json.WriteNumber("start_ms", Rounded(timings.StartMs));
        json.WriteNumber("resample_ms", Rounded(timings.ResampleMs));
        json.WriteNumber("call_ms", Rounded(timings.CallMs));
        json.WriteNumber("queue_ms", Rounded(timings.QueueMs));
        json.WriteNumber("compute_ms", Rounded(timings.ComputeMs));
        json.WriteNumber("encode_ms", Rounded(timings.EncodeMs));
        json.WriteNumber("total_ms", Rounded(timings.TotalMs));
        json.WriteNumber("batch_id", timings.BatchId);
        json.WriteNumber("batch_size", timings.BatchSize);
        json.WriteString("release", timings.Release);
        json.WriteEndObject();
    }

    private static void WriteStatus(Utf8JsonWriter json, StepResult step)
    {
        json.WriteString("model", step.Key.Model);
        json.WriteString("version", step.Key.Version.ToString());
        json.WriteString("status", step.StatusWord);
        if (step.Failure is { } failure)
        {
            json.WriteString("reason", failure.Reason);
            json.WriteString("message", failure.Message);
        }

        if (step.Instead is not { } instead)
            return;
        json.WriteStartObject("fallback");
        json.WriteString("for", instead.What);
        json.WriteString("reason", instead.Why.Reason);
        json.WriteString("message", instead.Why.Message);
        json.WriteEndObject();
    }

    private static void WriteForm(Utf8JsonWriter json, EncodedOutput output)
    {
        json.WriteString("media_type", output.MediaType);
        json.WriteNumber("width", output.Width);
        json.WriteNumber("height", output.Height);
        if (output.Range is not { } range)
            return;
        json.WriteNumber("low", range.Low);
        json.WriteNumber("high", range.High);
    }

    private static void WriteValue(Utf8JsonWriter json, OutputValue value)
    {
        switch (value)
        {
            case LabelsValue { Labels: var labels }:
                json.WriteStartArray("labels");
                foreach (var label in labels)
                {
                    json.WriteStartObject();
                    json.WriteString("name", label.Name);
                    json.WriteNumber("score", label.Score);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                break;
            case ScoresValue { Scores: var scores }:
                json.WriteStartObject("scores");
                foreach (var score in scores)
                    json.WriteNumber(score.Name, score.Score);
                json.WriteEndObject();
                break;
            case EmbeddingValue { Vector: var vector }:
                json.WriteStartArray("embedding");
                foreach (var number in vector)
                    json.WriteNumberValue(number);
                json.WriteEndArray();
                break;
            case TextValue { Text: var text }:
                json.WriteString("text", text);
                break;
        }
    }

    private static double Rounded(double milliseconds) => Math.Round(milliseconds, 3);
}
