"""Measures of pictures as parts of a graph, for the make scripts. Every item of a batch is measured by itself."""
import numpy as np

from graph import f32

LUMA = [0.299, 0.587, 0.114]


def lab(rgb):
    """sRGB 0..1 to CIE Lab (D65) with 1x1 convolutions."""
    op = rgb.graph.op
    linear = op("Pow", (rgb.max(0.0) + 0.055) / 1.055, 2.4)
    to_xyz = f32([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    white = f32([0.9505, 1.0, 1.089])
    xyz = linear.conv((to_xyz / white[:, None])[:, :, None, None])
    root = op("Pow", xyz.max(1e-4), f32(1 / 3))
    to_lab = f32([[0, 116, 0], [500, -500, 0], [0, 200, -200]])
    return root.conv(to_lab[:, :, None, None]) - f32([16, 0, 0]).reshape(1, 3, 1, 1)


def distances(a, b):
    """Squared distances between all columns of a [N,C,m] and of b [N,C,k]: [N,m,k]."""
    square = (a * a).sum(1).transpose() + (b * b).sum(1)
    return (square - (a.transpose() @ b) * 2.0).max(0.0)


def halves(value, weights):
    """The picture at half its size, and its steps to the right and down: [N,1,h/2,w/2] and [N,2,h/2,w/2] of [N,c,h,w].

    Every block of 2 x 2 pixels gives its mean and the two steps from its first pixel; `weights` make grey of the channels.
    """
    blocks = [[[0.25, 0.25], [0.25, 0.25]], [[-1, 1], [0, 0]], [[-1, 0], [1, 0]]]
    made = value.graph.op("Conv", value, f32([[np.multiply(block, weight) for weight in weights] for block in blocks]), strides=[2, 2])
    return made.channel(0), made.channel(1, 3)


def sharpness(rgb, side, octaves=3, tiles=8, best=8, floor=1e-4):
    """How fine the edges of [N,3,side,side] (0..1) are: 0 blurred to 1 crisp, [N,1].

    From a picture to its half, the mean square of the step between neighbours doubles where there are edges as fine as a pixel, and
    grows fourfold where all is smooth: it is the ratio that tells, whatever the contrast. Three octaves, a third each, tell strong blur
    from weak. The sharpest eighth of the tiles counts, since a background may be out of focus; steps below 1 % of white are nothing.
    """
    squares = []
    picture, weights = rgb, LUMA
    for octave in range(octaves + 1):
        picture, step = halves(picture, weights)
        weights = [1]
        squares.append((step * step).sum(1).pool((side >> octave + 1) // tiles).reshape(0, tiles * tiles))
    fineness = None
    for fine, coarse in zip(squares, squares[1:]):
        octave = ((fine / (coarse + floor) - 0.25) / 0.25).max(0.0).min(1.0)
        fineness = octave if fineness is None else fineness + octave
    return (fineness / float(octaves)).top(best).mean(1)
