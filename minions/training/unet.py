"""The convolutional network that depth 1.0 and inpainting 1.1 share, and how it takes over the weights of an earlier version."""
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F


class Conv(nn.Sequential):
    def __init__(self, inputs, outputs, stride=1):
        super().__init__(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.ReLU(inplace=True))


class Residual(nn.Module):
    def __init__(self, width, inner=None):
        super().__init__()
        self.first = Conv(width, inner or width)
        self.second = nn.Conv2d(inner or width, width, 3, 1, 1)
        with torch.no_grad():
            self.second.weight.mul_(0.3)  # without normalisation, a deep stack must start near the identity

    def forward(self, x):
        return F.relu(x + self.second(self.first(x)))


class Context(nn.Module):
    """What the whole picture says, added everywhere."""

    def __init__(self, width):
        super().__init__()
        self.squeeze = nn.Conv2d(width, width // 2, 1)
        self.widen = nn.Conv2d(width // 2, width, 1)

    def forward(self, x):
        return x + self.widen(F.relu(self.squeeze(F.adaptive_avg_pool2d(x, 1))))


class Attention(nn.Module):
    """Every place looks at all places that are known (unknown: 1 in `hole`)."""

    def __init__(self, width, keys=32):
        super().__init__()
        self.query, self.key = nn.Conv2d(width, keys, 1), nn.Conv2d(width, keys, 1)
        self.value, self.out = nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x, hole):
        query, key, value = self.query(x).flatten(2), self.key(x).flatten(2), self.value(x).flatten(2)
        likeness = torch.matmul(query.transpose(1, 2), key) * 0.18 - 8 * hole.flatten(2)
        seen = torch.matmul(torch.softmax(likeness.float(), -1).to(value.dtype), value.transpose(1, 2)).transpose(1, 2)
        return x + self.out(seen.reshape(x.shape))


class Up(nn.Module):
    """Doubles the size and mixes in what the way down saw there."""

    def __init__(self, below, beside, outputs):
        super().__init__()
        self.below = nn.Conv2d(below, outputs, 1, bias=False)
        self.beside = nn.Conv2d(beside, outputs, 1)
        self.mix = Conv(outputs, outputs)

    def forward(self, below, beside):
        return self.mix(F.relu(double(self.below(below)) + self.beside(beside)))


class UNet(nn.Module):
    """Five halvings down, four doublings up: the output has half the input's size.

    `attention`: places in the hole may look at places outside it. `contexts`: looks at the whole picture, in the innermost stage.
    """

    def __init__(self, inputs, outputs, widths, decoder, attention=False, contexts=1):
        super().__init__()
        a, b, c, d, e = widths
        self.down1 = Conv(inputs, a, 2)
        self.down2 = nn.Sequential(Conv(a, b, 2), Residual(b))
        self.down3 = nn.Sequential(Conv(b, c, 2), Residual(c), Residual(c))
        self.down4 = nn.Sequential(Conv(c, d, 2), Residual(d))
        self.attention = Attention(d) if attention else None
        self.after4 = Residual(d)
        inner = [Conv(d, e, 2)]
        for i in range(2):
            inner += ([Context(e)] if i < contexts else []) + [Residual(e, e // 2)]
        self.down5 = nn.Sequential(*inner)
        p, q, r, s = decoder
        self.up4, self.up3, self.up2, self.up1 = Up(e, d, p), Up(p, c, q), Up(q, b, r), Up(r, a, s)
        self.out = nn.Conv2d(s, outputs, 3, 1, 1)

    def forward(self, x, hole=None):
        a = self.down1(x)
        b = self.down2(a)
        c = self.down3(b)
        d = self.down4(c)
        if self.attention is not None:
            d = self.attention(d, F.avg_pool2d(hole, 16))
        d = self.after4(d)
        return self.out(self.up1(self.up2(self.up3(self.up4(self.down5(d), d), c), b), a))


def double(x):
    return F.interpolate(x, scale_factor=2.0, mode='bilinear', align_corners=False)


def start_from(network, file):
    """Takes over the convolutions of an earlier version's graph, in the order of use.

    Where this network's first layer takes more channels, the new ones start at zero; where its last one gives more maps, all start as theirs. Tells whether
    the shapes differ at all: otherwise it is this version's graph.
    """
    theirs = convolutions(onnx.load(file).graph)
    ours = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    if len(theirs) != len(ours):
        raise SystemExit(f'{file} has {len(theirs)} convolutions, this network {len(ours)}')
    differ = any(module.weight.shape != weight.shape for module, (weight, _) in zip(ours, theirs))
    with torch.no_grad():
        for module, (weight, bias) in zip(ours, theirs):
            copies = module.weight.shape[0] // weight.shape[0]
            module.weight.zero_()
            module.weight[:, :weight.shape[1]] = weight.repeat(copies, 1, 1, 1)
            if module.bias is not None and bias is not None:
                module.bias.copy_(bias.repeat(copies))
    return differ


def convolutions(graph):
    """Weight and bias of each full convolution, once; a batch normalisation is folded into the two before it (those that it sums)."""
    tensors = {tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy()) for tensor in graph.initializer}
    seen, found = set(), []
    for node in graph.node:
        if node.op_type == 'Conv' and node.input[1] in tensors and tensors[node.input[1]].shape[1] > 1 and node.input[1] not in seen:
            seen.add(node.input[1])
            found.append((tensors[node.input[1]], tensors[node.input[2]] if len(node.input) > 2 else None))
        if node.op_type == 'BatchNormalization' and node.input[1] not in seen:
            seen.add(node.input[1])
            scale, shift, mean, variance = (tensors[name] for name in node.input[1:])
            scale = scale / torch.sqrt(variance + 1e-5)
            found[-2] = (found[-2][0] * scale[:, None, None, None], None)
            found[-1] = (found[-1][0] * scale[:, None, None, None], shift - mean * scale)
    return found
