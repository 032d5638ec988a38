"""Writes ONNX graphs by hand: what the make scripts of networks without training share. Needs Debian's python3-onnx and python3-numpy."""
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Value:
    """A tensor of the graph that is being written; arithmetic on it adds nodes."""

    def __init__(self, graph, name):
        self.graph, self.name = graph, name

    def __add__(self, other): return self.graph.op("Add", self, other)
    def __sub__(self, other): return self.graph.op("Sub", self, other)
    def __mul__(self, other): return self.graph.op("Mul", self, other)
    def __truediv__(self, other): return self.graph.op("Div", self, other)
    def __matmul__(self, other): return self.graph.op("MatMul", self, other)
    def __neg__(self): return self.graph.op("Neg", self)
    def max(self, other): return self.graph.op("Max", self, other)
    def min(self, other): return self.graph.op("Min", self, other)
    def exp(self): return self.graph.op("Exp", self)
    def sqrt(self): return self.graph.op("Sqrt", self)
    def sigmoid(self): return self.graph.op("Sigmoid", self)
    def transpose(self): return self.graph.op("Transpose", self, perm=[0, 2, 1])
    def reshape(self, *shape): return self.graph.op("Reshape", self, np.array(shape, np.int64))
    def mean(self, *axes): return self.graph.op("ReduceMean", self, axes=axes, keepdims=1)
    def largest(self, *axes): return self.graph.op("ReduceMax", self, axes=axes, keepdims=1)
    def least(self, *axes): return self.graph.op("ReduceMin", self, axes=axes, keepdims=1)

    def sum(self, *axes):
        return self.graph.op("ReduceSum", self, np.array(axes, np.int64), keepdims=1)

    def pool(self, k):
        return self.graph.op("AveragePool", self, kernel_shape=[k, k], strides=[k, k])

    def box(self, r):
        k = 2 * r + 1
        return self.graph.op("AveragePool", self, kernel_shape=[k, k], pads=[r] * 4, count_include_pad=0)

    def conv(self, kernel):
        pad = kernel.shape[-1] // 2
        return self.graph.op("Conv", self, kernel, pads=[pad] * 4)

    def channel(self, i, end=None):
        return self.graph.op("Slice", self, *(np.array([v], np.int64) for v in (i, end or i + 1, 1)))

    def top(self, k):
        """The k largest along the last axis."""
        return self.graph.op("TopK", self, np.array([k], np.int64), axis=-1, others=1)

    def enlarge(self, factor):
        scales = np.array([1, 1, factor, factor], np.float32)
        return self.graph.op("Resize", self, None, scales, mode="linear", coordinate_transformation_mode="half_pixel")


class Graph:
    """Collects nodes and constants under short, stable names."""

    def __init__(self):
        self.nodes, self.constants = [], {}

    def constant(self, value):
        array = np.asarray(value, np.float32) if not isinstance(value, np.ndarray) else value
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.constants:
            self.constants[key] = numpy_helper.from_array(array, f"c{len(self.constants)}")
        return self.constants[key].name

    def op(self, kind, *inputs, others=0, **attributes):
        """A node; its first output is the value, its `others` are not used."""
        names = ["" if i is None else i.name if isinstance(i, Value) else self.constant(i) for i in inputs]
        out = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, names, [out, *(f"{out}_{i}" for i in range(others))], **attributes))
        return Value(self, out)


def f32(value):
    return np.array(value, np.float32)


def model(graph, name, inputs, outputs):
    """The file of a network of opset 13 for any batch. `inputs` and `outputs`: name and shape of an item each; an output's Value gets its name."""
    def info(tensor, shape):
        return helper.make_tensor_value_info(tensor, TensorProto.FLOAT, ["N", *shape])

    for tensor, (value, _) in outputs.items():
        next(node for node in graph.nodes if value.name in node.output).output[0] = tensor
    made = helper.make_model(
        helper.make_graph(
            graph.nodes, name, [info(*each) for each in inputs.items()], [info(tensor, shape) for tensor, (_, shape) in outputs.items()],
            list(graph.constants.values())),
        opset_imports=[helper.make_opsetid("", 13)], producer_name="espresso", ir_version=7)
    onnx.checker.check_model(made)
    return made.SerializeToString()


def write(target, made):
    """Writes the bytes into the file `target`; with --check on the command line it only tells whether that would differ."""
    target = Path(target)
    if "--check" not in sys.argv[1:]:
        target.write_bytes(made)
        print(f"{target.name}: {len(made)} bytes")
    elif target.read_bytes() != made:
        sys.exit(f"{target} is not what its script writes")
