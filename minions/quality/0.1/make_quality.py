#!/usr/bin/env python3
"""Writes quality.onnx: four measures of a picture's technical quality, with no trained weights.

The graph takes `image` [N,3,512,512] (RGB, 0..1) and gives `quality` [N,4]; every item is measured by itself:

1. sharpness, 0 to 1: how fine the edges are, in three octaves (`sharpness` in ../../graphs/measures.py tells how).
2. exposure, -1 to 1: the mean lightness L* of CIE Lab; 0 is the middle between black and white.
3. contrast, 0 to 1: the spread (standard deviation) of L*; 1 is half of all black, half of all white.
4. colourfulness, 0 to 1: mean and spread of the opponent colours, after Hasler and Suesstrunk (2003); 1 is what their observers called
   extremely colourful (109 on their scale), and everything beyond.

Usage: make_quality.py [--check]     writes quality.onnx beside itself; --check only tells whether it would differ
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "graphs"))
from graph import Graph, Value, model, write
from measures import lab, sharpness

SIZE = 512
EXTREMELY_COLOURFUL = 109 / 255


def spread(value):
    """Variance over a plane: the mean goes first, for a difference of large numbers would lose it."""
    off = value - value.mean(2, 3)
    return (off * off).mean(2, 3)


def colourfulness(rgb):
    red, green, blue = (rgb.channel(i) for i in range(3))
    red_green, yellow_blue = red - green, (red + green) * 0.5 - blue
    means = red_green.mean(2, 3), yellow_blue.mean(2, 3)
    spreads = (spread(red_green) + spread(yellow_blue)).sqrt()
    return (spreads + (means[0] * means[0] + means[1] * means[1]).sqrt() * 0.3) / EXTREMELY_COLOURFUL


def build():
    graph = Graph()
    image = Value(graph, "image")
    half = image.pool(2)
    lightness = lab(half).channel(0).max(0.0)

    scores = [
        sharpness(image, SIZE),
        (lightness.mean(2, 3) / 50.0 - 1.0).min(1.0).reshape(0, 1),
        (spread(lightness).sqrt() / 50.0).min(1.0).reshape(0, 1),
        colourfulness(half).min(1.0).reshape(0, 1),
    ]
    quality = graph.op("Concat", *scores, axis=1)
    return model(graph, "quality", {"image": (3, SIZE, SIZE)}, {"quality": (quality, (len(scores),))})


if __name__ == "__main__":
    write(Path(__file__).with_name("quality.onnx"), build())
