namespace Espresso.Common.Tests.Manifests;

/// <summary>Manifests to be made wrong one by one.</summary>
internal static class Yaml
{
    /// <summary>The least that is a manifest.</summary>
    public const string Smallest = """
        model: depth
        version: "1.2"
        network: depth.onnx
        inputs:
          - name: image
            width: 64
            height: 32
        outputs:
          - name: out
        """;

    /// <summary>One that says everything.</summary>
    public const string Full = """
        model: in-painting2
        version: "3.14"
        title: Fills holes
        network: fill.onnx
        inputs:
          - name: image
            kind: picture
            width: 640
            height: 480
            fit: pad
            channels: bgr
            layout: nhwc
            scale: 0.5
            mean: [1, 2, 3]
            std: [4, 5, 6]
            fill: 128
          - name: mask
            kind: mask
            from: segmentation.mask
            width: 320
            height: 240
            fit: crop
            mean: [0.5]
            threshold: 0.25
            grow: 7
          - name: steps
            kind: tensor
            shape: [4, 2]
        outputs:
          - name: filled
            as: background
            kind: image
            range: [-1, 1.5]
            layout: nhwc
            media: webp
            blend: mask
          - name: seen
            kind: mask
            range: auto
            media: png16
          - name: logits
            as: tags
            kind: labels
            labels: [day, night, "1"]
            top: 2
            least: 0.1
            activation: softmax
          - name: quality
            kind: scores
            scores:
              - { name: sharpness, range: [0, 2], meaning: 0 blurred to 2 crisp }
              - { name: exposure, range: [-1, 1], meaning: -1 dark to 1 bright }
          - name: vector
            kind: embedding
            size: 16
          - name: words
            kind: text
            length: 200
        batching: { max: 16 }
        execution: { providers: [tensorrt, cuda, cpu], require: cuda, instances: 2, threads: 3 }
        warmup: { budget_ms: 500 }
        serving: { deadline_ms: 2500, max_pending: 12 }
        requirements: { memory_mb: 900, gpu: true, batch_ms: { 1: 12.5, 16: 90 } }
        provenance: { source: here, licence: MIT, sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef }
        samples:
          - image: samples/a.jpg
            mask: samples/m.png
            expect: { background: samples/a.png }
            tolerance: 0.02
        fetch: { npm: nets, version: 1.4.5, resource: /models/one, sha256: AB6d1f0f7a9f1b0d6b3a0c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f, size: 512 }
        """;
}
