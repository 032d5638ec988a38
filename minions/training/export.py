"""Writes a trained network as the package's graph: opset 13, any batch."""
import hashlib

import onnx
import torch


def export(network, inputs, output, file):
    """`inputs`: name and an example [2, channels, height, width] each."""
    network.eval()
    axes = {name: {0: 'N'} for name in [*inputs, output]}
    torch.onnx.export(
        network, tuple(inputs.values()), file, opset_version=13, input_names=list(inputs), output_names=[output], dynamic_axes=axes,
        do_constant_folding=True)
    with torch.no_grad():
        shape = network(*inputs.values()).shape
    graph = onnx.load(file)
    for dimension, size in zip(graph.graph.output[0].type.tensor_type.shape.dim[1:], shape[1:]):
        dimension.dim_value = size
    onnx.checker.check_model(graph)
    onnx.save(graph, file)
    with open(file, 'rb') as written:
        print(f'{file}: sha256 {hashlib.sha256(written.read()).hexdigest()}')
