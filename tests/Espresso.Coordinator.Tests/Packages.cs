using Espresso.Manifests;

namespace Espresso.Coordinator.Tests;

/// <summary>Manifests as minions send them.</summary>
internal static class Packages
{
    public static string Depth(string version = "0.1", int maxPending = 64, string input = "", int deadlineMs = 10_000) => $$"""
        model: depth
        version: "{{version}}"
        network: depth.onnx
        inputs:
          - { name: image, kind: picture, width: 8, height: 6{{input}} }
        outputs:
          - { name: inverse, as: depth, kind: map, media: png16 }
        serving: { deadline_ms: {{deadlineMs}}, max_pending: {{maxPending}} }
        """;

    public static string Segmentation(string version = "0.1", int maxPending = 64) => $$"""
        model: segmentation
        version: "{{version}}"
        network: segmentation.onnx
        inputs:
          - { name: image, kind: picture, width: 8, height: 6 }
        outputs:
          - { name: alpha, as: mask, kind: mask, range: [0, 1] }
          - { name: edges, kind: map }
        serving: { deadline_ms: 4000, max_pending: {{maxPending}} }
        """;

    public static string Inpainting(string version = "0.1", string from = "segmentation.mask", int maxPending = 64) => $$"""
        model: inpainting
        version: "{{version}}"
        network: fill.onnx
        inputs:
          - { name: image, kind: picture, width: 4, height: 4, fit: pad }
          - { name: hole, kind: mask, from: {{from}}, width: 4, height: 4, threshold: 0.5, grow: 2 }
        outputs:
          - { name: filled, as: background, kind: image, range: [0, 1], media: jpeg, blend: hole }
        serving: { max_pending: {{maxPending}} }
        """;

    /// <summary>One output of every kind that is no picture.</summary>
    public static string Kinds(string version = "0.1", string labels = "[day, night, dusk]") => $$"""
        model: kinds
        version: "{{version}}"
        network: kinds.onnx
        inputs:
          - { name: image, kind: picture, width: 8, height: 6 }
        outputs:
          - { name: logits, as: tags, kind: labels, labels: {{labels}}, top: 2 }
          - name: quality
            kind: scores
            scores:
              - { name: sharpness, range: [0, 1], meaning: 0 blurred to 1 crisp }
              - { name: exposure, range: [-1, 1], meaning: -1 dark to 1 bright }
          - { name: vector, kind: embedding, size: 2 }
          - { name: caption, kind: text, length: 16 }
        """;

    public static Manifest Read(string text, Func<string, string?>? files = null) => ManifestReader.Read(text, "test", files: files);
}
