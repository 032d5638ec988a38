"""Writes a trained network as the package's graph: opset 13, any batch."""
import hashlib

import onnx
import torch
from onnx import helper, shape_inference

BATCH = 'N'


def export(network, inputs, output, file):
    """`inputs`: name and an example [2, channels, height, width] each."""
    network.eval()
    axes = {name: {0: BATCH} for name in [*inputs, output]}
    torch.onnx.export(
        network, tuple(inputs.values()), file, opset_version=13, input_names=list(inputs), output_names=[output], dynamic_axes=axes,
        do_constant_folding=True)
    with torch.no_grad():
        shape = network(*inputs.values()).shape
    graph = onnx.load(file)
    for dimension, size in zip(graph.graph.output[0].type.tensor_type.shape.dim[1:], shape[1:]):
        dimension.dim_value = size
    name_batch(graph)
    onnx.checker.check_model(graph)
    onnx.save(graph, file)
    with open(file, 'rb') as written:
        print(f'{file}: sha256 {hashlib.sha256(written.read()).hexdigest()}')


def name_batch(model):
    """Writes down the shapes that can be inferred, with one name for the batch: what differs between batches of two sizes is the batch.

    Left to itself, ONNX Runtime finds a new name for it behind every broadcast, takes each for another size, and plans memory by comparing all
    with all: seconds, for a graph of thousands of nodes.
    """
    sizes = (7, 11)
    small, large = (inferred(model, size) for size in sizes)
    for name, tensor in small.items():
        if not tensor.HasField('shape') or not large[name].HasField('shape'):
            continue
        pairs = [(a.dim_value, b.dim_value) for a, b in zip(tensor.shape.dim, large[name].shape.dim)]
        if all(pair == sizes or pair[0] == pair[1] > 0 for pair in pairs):
            shape = [BATCH if pair == sizes else pair[0] for pair in pairs]
            model.graph.value_info.append(helper.make_tensor_value_info(name, tensor.elem_type, shape))


def inferred(model, batch):
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    for value in [*fixed.graph.input, *fixed.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_value = batch
    fixed = shape_inference.infer_shapes(fixed, strict_mode=True, data_prop=True)
    return {value.name: value.type.tensor_type for value in fixed.graph.value_info}
