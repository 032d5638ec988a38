#!/usr/bin/env python3
"""Writes saliency.onnx: a foreground mask from classical saliency, with no trained weights.

The graph takes `image` [N,3,256,256] (RGB, 0..1) and gives `foreground` [N,1,256,256] (0..1). Every item is computed by
itself, so a batch of n equals n singles. The steps, on a grid of 32 x 32 cells in Lab colour:

1. Border cost. A border cell that resembles much of the border is surely background; an odd one may be a subject that
   leaves the picture, so paths that start there start with a cost.
2. Geodesic distance. The cheapest path from the border to each cell, where a step costs its change in colour.
3. First guess. The distance, favoured towards the middle, against a threshold that follows its mean.
4. Posterior. What the guess holds for foreground and background is carried to all cells by likeness of colour and
   place, three times over.
5. Edges. A guided filter with the picture as its guide brings the mask to full size along the picture's own edges.

Sources of the ideas: geodesic saliency (Wei et al., 2012), background priors and their robustness (Zhu et al., 2014),
guided filtering (He et al., 2010). Needs Debian's python3-onnx and python3-numpy.

Usage: make_saliency.py [--check]     writes saliency.onnx beside itself; --check only tells whether it would differ
"""
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "graphs"))
from graph import Graph, Value, model, write
from measures import distances, lab

SIZE, CELLS = 256, 32
BIG = 1e4
NEIGHBOURS = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]


def shift_kernels():
    kernels = np.zeros((len(NEIGHBOURS), 1, 3, 3), np.float32)
    for i, (dy, dx) in enumerate(NEIGHBOURS):
        kernels[i, 0, 1 + dy, 1 + dx] = 1
    return kernels


def outside():
    """BIG where a cell's neighbour lies outside the grid."""
    padded = np.pad(np.zeros((CELLS, CELLS), np.float32), 1, constant_values=BIG)
    return np.stack([padded[1 + dy:1 + dy + CELLS, 1 + dx:1 + dx + CELLS] for dy, dx in NEIGHBOURS])[None]


def border_cells():
    """Indices of the grid's outermost cells."""
    grid = np.arange(CELLS * CELLS, dtype=np.int64).reshape(CELLS, CELLS)
    return np.unique(np.concatenate([grid[0], grid[-1], grid[:, 0], grid[:, -1]]))


def positions():
    y, x = (np.mgrid[0:CELLS, 0:CELLS] + 0.5) / CELLS
    return y.astype(np.float32), x.astype(np.float32)


def border_cost(colours):
    """Colours [N,3,cells] to the starting cost of every cell: low on a usual border cell, BIG off the border."""
    op = colours.graph.op
    border = op("Gather", colours, border_cells(), axis=2)
    density = (distances(colours, border) / (-2 * 15.0 ** 2)).exp().mean(2).transpose()
    off_border = np.full((1, 1, CELLS * CELLS), BIG, np.float32)
    off_border[..., border_cells()] = 0
    cost = op("Log", density + 1e-3) * -20.0 + off_border
    return (cost - cost.least(2)).reshape(0, 1, CELLS, CELLS)


def geodesic(start, colour, steps=36, free=3.0):
    """Cheapest paths over the grid; colour changes below `free` (noise, soft shading) cost nothing."""
    shifts = shift_kernels()
    change = None
    for i in range(3):
        d = colour.channel(i).conv(shifts) - colour.channel(i)
        change = d * d if change is None else change + d * d
    cost = (change.sqrt() - free).max(0.0) + outside()
    distance = start
    for _ in range(steps):
        distance = distance.min((distance.conv(shifts) + cost).least(1))
    return distance


def stretch(value):
    low = value - value.least(2, 3)
    return low / (low.largest(2, 3) + 1e-6)


def posterior(guess, kernel, weight, balance):
    """What the guess [N,1,cells] says of each cell once likeness (kernel [N,cells,cells]) has spread it."""
    op = guess.graph.op
    inside = guess @ kernel
    beyond = weight - inside
    share = guess.mean(2)
    inside = inside / (op("Pow", share, balance) + 1e-3)
    beyond = beyond / (op("Pow", -share + 1.0, balance) + 1e-3)
    return inside / (inside + beyond + 1e-6)


def guided(guide, value, radius, epsilon):
    """Coefficients a [N,3,h,w] and b [N,1,h,w] of the guided filter: value is a . guide + b in every window."""
    g = [guide.channel(i) for i in range(3)]
    mean = [c.box(radius) for c in g]
    mean_value = value.box(radius)
    joint = [(g[i] * value).box(radius) - mean[i] * mean_value for i in range(3)]

    def covariance(i, j):
        c = (g[i] * g[j]).box(radius) - mean[i] * mean[j]
        return c + epsilon if i == j else c

    rr, rg, rb, gg, gb, bb = (covariance(i, j) for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    # The inverse of the symmetric 3 x 3 covariance by its cofactors.
    i00, i01, i02 = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    i11, i12, i22 = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    det = rr * i00 + rg * i01 + rb * i02
    rows = ((i00, i01, i02), (i01, i11, i12), (i02, i12, i22))
    a = [(row[0] * joint[0] + row[1] * joint[1] + row[2] * joint[2]) / det for row in rows]
    b = mean_value - a[0] * mean[0] - a[1] * mean[1] - a[2] * mean[2]
    return guide.graph.op("Concat", *a, axis=1).box(radius), b.box(radius)


def build():
    graph = Graph()
    image = Value(graph, "image")
    y, x = positions()
    centre = np.exp(-((y - 0.5) ** 2 + (x - 0.5) ** 2) / (2 * 0.32 ** 2)).astype(np.float32)

    quarter = image.pool(SIZE // 64)
    colour = lab(quarter).pool(64 // CELLS)
    columns = colour.reshape(0, 3, CELLS * CELLS)

    distance = geodesic(border_cost(columns), colour)
    guess = stretch(stretch(distance) * centre[None, None])
    guess = ((guess - guess.mean(2, 3) - 0.1) * 20.0).sigmoid().reshape(0, 1, CELLS * CELLS)

    place = Value(graph, graph.constant(np.stack([y.ravel(), x.ravel()])[None]))
    kernel = (distances(columns, columns) / (-2 * 5.0 ** 2) + distances(place, place) / (-2 * 0.16 ** 2)).exp()
    weight = kernel.sum(1)
    favour = (0.55 + 0.45 * centre).reshape(1, 1, -1).astype(np.float32)
    for _ in range(3):
        guess = ((posterior(guess, kernel, weight, 0.3) * favour - 0.5) * 10.0).sigmoid()

    coarse = guess.reshape(0, 1, CELLS, CELLS).enlarge(64 // CELLS)
    a, b = guided(quarter, coarse, radius=3, epsilon=1e-3)
    fine = (a.enlarge(4) * image).sum(1) + b.enlarge(4)
    mask = ((fine - 0.5) * 8.0).sigmoid()

    return model(graph, "saliency", {"image": (3, SIZE, SIZE)}, {"foreground": (mask, (1, SIZE, SIZE))})


if __name__ == "__main__":
    write(Path(__file__).with_name("saliency.onnx"), build())
