#!/usr/bin/env python3
"""Writes tags.onnx and labels.txt: names for what can be measured in a picture, with no trained weights.

The graph takes `image` [N,3,512,512] (RGB, 0..1) and gives `tags` [N,15], a score of 0 to 1 for every line of labels.txt; every item is
looked at by itself:

1. Colours. Every cell of 8 x 8 pixels goes to the named swatches that are nearest in Lab, by likeness. A colour's score follows the share
   of the picture that it has: 0.5 at a fifth, 0.97 at all of it. The names are the eleven basic colour terms (Berlin and Kay, 1969).
2. Day and night. Night is where more than half is dark, the upper half, where a sky would be, counting twice.
3. Sharp and blurred, by how fine the edges are (`sharpness` in ../../graphs/measures.py).

Usage: make_tags.py [--check]     writes both files beside itself; --check only tells whether they would differ
"""
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "graphs"))
from graph import Graph, Value, f32, model, write
from measures import distances, lab, sharpness

SIZE, CELL = 512, 8
CELLS = SIZE // CELL
LIKENESS = 6.0  # of Lab: swatches that are farther from a colour than the nearest one by this have little to say
DOMINANT = 0.2  # the share of the picture at which a colour scores 0.5
DARK = 25.0  # L* of a street at night, beside its lamps

SWATCHES = {
    "red": ["c81420", "e63232", "8c1419", "b22222", "ff0000"],
    "orange": ["f08214", "ffa53c", "cd6414", "ff7828"],
    "yellow": ["fadc28", "fff082", "dcbe1e", "c8aa3c"],
    "green": ["288c32", "145020", "78b446", "556b2f", "3cc850", "96c896", "3c4b2d", "006450"],
    "blue": ["1e3cbe", "141e5a", "4682c8", "87ceeb", "64829b", "00a0c8", "b4d2eb", "28466e"],
    "purple": ["782896", "4b1e64", "a064be", "bea0d7"],
    "pink": ["ff82b4", "fab4c8", "dc5096", "c88c96"],
    "brown": ["6e411e", "50321e", "96643c", "3c2819", "b48c64"],
    "black": ["000000", "141414", "202022"],
    "grey": ["464646", "646464", "808080", "a5a5a5", "6e737d", "7d766e", "c3c3c3"],
    "white": ["ffffff", "ebebeb", "f0ebe1", "e6ebf0"],
}
OTHERS = ["day", "night", "sharp", "blurred"]
LABELS = [*SWATCHES, *OTHERS]


def colours(cells):
    """Lab colours [N,3,cells,cells] to a score for every name."""
    graph = cells.graph
    swatches = f32([[int(code[i:i + 2], 16) / 255 for i in (0, 2, 4)] for codes in SWATCHES.values() for code in codes])
    swatches = lab(Value(graph, graph.constant(swatches.T.reshape(1, 3, -1, 1)))).reshape(1, 3, -1)
    likeness = graph.op("Softmax", distances(cells.reshape(0, 3, CELLS * CELLS), swatches) / (-2 * LIKENESS ** 2), axis=2)
    names = f32([[name == other for other in SWATCHES] for name, codes in SWATCHES.items() for _ in codes])
    share = likeness.mean(1).reshape(0, -1) @ Value(graph, graph.constant(names))
    return -((share * float(np.log(0.5) / DOMINANT)).exp()) + 1.0


def night(cells):
    """Lab colours [N,3,cells,cells] to how surely it is night, [N,1]."""
    dark = ((-cells.channel(0) + DARK) / 4.0).sigmoid()
    weight = np.repeat(f32([4 / 3, 2 / 3]), CELLS // 2).reshape(1, 1, CELLS, 1)
    return (((dark * weight).mean(2, 3) - 0.5) * 10.0).sigmoid().reshape(0, 1)


def build():
    graph = Graph()
    image = Value(graph, "image")
    cells = lab(image.pool(CELL))
    dark = night(cells)
    sharp = ((sharpness(image, SIZE) - 0.62) * 12.0).sigmoid()
    tags = graph.op("Concat", colours(cells), -dark + 1.0, dark, sharp, -sharp + 1.0, axis=1)
    return model(graph, "tags", {"image": (3, SIZE, SIZE)}, {"tags": (tags, (len(LABELS),))})


if __name__ == "__main__":
    write(Path(__file__).with_name("tags.onnx"), build())
    write(Path(__file__).with_name("labels.txt"), "".join(f"{label}\n" for label in LABELS).encode())
