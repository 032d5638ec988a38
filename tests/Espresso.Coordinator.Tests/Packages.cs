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

    public static Manifest Read(string text) => ManifestReader.Read(text, "test");
}
