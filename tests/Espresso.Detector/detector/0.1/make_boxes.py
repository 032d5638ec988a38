#!/usr/bin/env python3
"""Writes boxes.onnx: of `image` [N,1,64,64] the mean brightness of each box of 8 x 8 pixels, every 4 pixels, as `scores` [N,225].

Usage: make_boxes.py [--check]     writes boxes.onnx beside itself; --check only tells whether it would differ
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "minions" / "graphs"))
from graph import Graph, Value, model, write

graph = Graph()
means = graph.op("AveragePool", Value(graph, "image"), kernel_shape=[8, 8], strides=[4, 4])
write(Path(__file__).with_name("boxes.onnx"), model(graph, "boxes", {"image": (1, 64, 64)}, {"scores": (means.reshape(0, 225), (225,))}))
