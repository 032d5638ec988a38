"""Random holes: strokes, boxes, blobs."""
import cv2
import numpy as np


def strokes(rng, hole):
    size = len(hole)
    for _ in range(rng.integers(1, 5)):
        at, angle, width = rng.uniform(0, size, 2), rng.uniform(0, 2 * np.pi), max(2, int(rng.uniform(0.02, 0.14) * size))
        for _ in range(rng.integers(2, 8)):
            angle += rng.uniform(-1.2, 1.2)
            to = at + rng.uniform(0.05, 0.3) * size * np.array([np.cos(angle), np.sin(angle)])
            cv2.line(hole, at.astype(int).tolist(), to.astype(int).tolist(), 1, width)
            at = np.clip(to, 0, size)


def boxes(rng, hole):
    size = len(hole)
    for _ in range(rng.integers(1, 5)):
        y, x = rng.integers(0, size, 2)
        height, width = (rng.uniform(0.1, 0.4, 2) * size).astype(int)
        hole[y:y + height, x:x + width] = 1


def blobs(rng, hole):
    size = len(hole)
    turn = np.linspace(0, 2 * np.pi, 40)
    for _ in range(rng.integers(1, 4)):
        wave = 1 + 0.35 * np.sin(turn * rng.integers(1, 5) + rng.uniform(0, 6)) + 0.15 * np.sin(turn * rng.integers(4, 9))
        radius = rng.uniform(0.06, 0.22) * size * wave
        x, y = rng.uniform(0.1, 0.9, 2) * size
        outline = np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn) * rng.uniform(0.5, 1.5)], 1)
        cv2.fillPoly(hole, [outline.astype(np.int32)], 1)


def hole(rng, size, least, most):
    """1 is the hole; between `least` and `most` of the picture."""
    while True:
        made = np.zeros((size, size), np.uint8)
        for _ in range(2 if rng.random() < 0.3 else 1):
            (strokes, boxes, blobs)[rng.choice(3, p=(0.45, 0.2, 0.35))](rng, made)
        if least <= made.mean() <= most:
            return made
