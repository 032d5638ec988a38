"""Trains on rendered scenes (render.py), also while they are still being rendered.

    train.py SCENES... --out OUT.pt --cpu-minutes 30 [--start ../../0.1/depth.onnx | CHECKPOINT.pt]

The budget is CPU time, since the machine may be shared.
"""
import argparse
import pathlib

import cv2
import numpy as np
import torch
from torch.nn import functional as F

from masks import like_a_segmentation
from network import TRAINED, Depth
from loop import arguments_of, begin, run  # network.py knows where it is

PAIRS = 3000


class Scenes:
    def __init__(self, name):
        self.count, self.count_file = 0, pathlib.Path(f'{name}.count')
        self.pictures, self.depths, self.masks = (np.load(f'{name}.{kind}.npy', mmap_mode='r') for kind in ('rgb', 'depth', 'mask'))

    def look(self):
        """How many there are by now."""
        self.count = int(self.count_file.read_text() or self.count)
        return self.count


def sample(rng, scenes):
    """Of rendered scenes, fewer keep to "lower is nearer" than of photographs: where that orders few pairs, mostly another is taken."""
    while True:
        picture, depth, parts = cut(rng, scenes, rng.integers(scenes.count))
        if rng.random() < (ordered_by_height(rng, depth) - 0.45) * 4 + 0.1:
            return photographed(rng, picture, depth, like_a_segmentation(rng, parts, picture))


def ordered_by_height(rng, depth):
    rows, columns = rng.integers(0, depth.shape[0], (2, 600)), rng.integers(0, depth.shape[1], (2, 600))
    nearer = depth[rows[0], columns[0]] - depth[rows[1], columns[1]]
    told = (np.abs(nearer) > 0.05) & (rows[0] != rows[1])
    return ((nearer > 0) == (rows[0] > rows[1]))[told].mean() if told.any() else 1


def cut(rng, scenes, i):
    picture, depth, parts = scenes.pictures[i], scenes.depths[i].astype(np.float32), scenes.masks[i]
    if rng.random() < 0.6:
        side = int(len(picture) * rng.uniform(0.6, 1))
        y, x = rng.integers(0, len(picture) - side + 1, 2)
        width = int(side * rng.uniform(0.85, 1.15))
        picture, depth, parts = (array[y:y + side, x:x + width] for array in (picture, depth, parts))
    if rng.random() < 0.5:
        picture, depth, parts = picture[:, ::-1], depth[:, ::-1], parts[:, ::-1]
    return tuple(np.ascontiguousarray(array) for array in (picture, depth, parts))


def photographed(rng, *arrays):
    picture, depth, mask = (cv2.resize(array, (TRAINED, TRAINED), interpolation=cv2.INTER_AREA) for array in arrays)
    return in_another_light(rng, picture.astype(np.float32) / 255).transpose(2, 0, 1).copy(), mask[None], depth[None]


def in_another_light(rng, picture):
    if rng.random() < 0.45:
        picture = picture ** np.float32(rng.uniform(0.6, 1.6))
    if rng.random() < 0.7:
        picture = picture * rng.uniform(0.7, 1.3, (1, 1, 3)).astype(np.float32)
    if rng.random() < 0.1:
        picture = np.repeat(picture.mean(2, keepdims=True), 3, 2)
    elif rng.random() < 0.12:
        picture = picture[:, :, rng.permutation(3)]
    return np.clip(picture, 0, 1)


def normalised(depth):
    """Without scale and shift, which a single picture does not tell."""
    flat = depth.flatten(1)
    middle = flat.median(1, keepdim=True)[0]
    spread = (flat - middle).abs().mean(1, keepdim=True).clamp(min=1e-3)
    return (depth - middle[..., None, None]) / spread[..., None, None]


def order(given, wanted, same_row):
    """Logistic loss on random pairs that clearly differ; the share that is in the right order beside it."""
    count, size = given.shape[0], given.shape[-1]
    first = torch.randint(size * size, (count, PAIRS))
    second = first // size * size + torch.randint(size, (count, PAIRS)) if same_row else torch.randint(size * size, (count, PAIRS))
    difference = lambda maps: maps.flatten(1).gather(1, first) - maps.flatten(1).gather(1, second)  # noqa: E731
    wanted, given = difference(wanted), difference(given)
    told = wanted.abs() > 0.06
    along = given * wanted.sign()
    return F.softplus(-3 * along)[told].mean(), (along > 0)[told].float().mean()


def losses(given, wanted):
    given, wanted = normalised(given), normalised(wanted.clamp(0, 1.3)).clamp(-6, 6)
    error = given - wanted
    level = error.abs().clamp(max=4).mean()
    rows = (error - error.mean(3, keepdim=True)).abs().clamp(max=4).mean()
    edges = 0
    for _ in range(4):
        edges = edges + error.diff(dim=3).abs().mean() + error.diff(dim=2).abs().mean()
        error = F.avg_pool2d(error, 2)
    everywhere, right = order(given, wanted, same_row=False)
    beside, right_beside = order(given, wanted, same_row=True)
    return 0.5 * level + 0.5 * rows + 0.2 * edges + 0.5 * everywhere + 0.7 * beside, right.item(), right_beside.item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('scenes', nargs='+')
    arguments, rng = arguments_of(parser, rate=7e-4, batch=16, seed=5)
    scenes = [Scenes(name) for name in arguments.scenes]
    network = Depth()
    begin(network, arguments.start, network.as_if_alone)

    def step(steps):
        nonlocal counts
        if steps % 50 == 0:
            counts = np.array([each.look() for each in scenes])
        batch = [sample(rng, scenes[k]) for k in rng.choice(len(scenes), arguments.batch, p=counts / counts.sum())]
        image, mask, depth = (torch.from_numpy(np.stack(arrays)) for arrays in zip(*batch))
        with torch.cpu.amp.autocast(dtype=torch.bfloat16):
            layers = network.layers(image, mask)
        loss, *right = losses(network.composed(layers.float(), mask), depth)
        return loss, (loss.item(), *right)

    counts = None
    optimizer = torch.optim.AdamW(network.parameters(), lr=arguments.rate, weight_decay=1e-3, betas=(0.9, 0.99))
    run(network, optimizer, arguments, step, lambda means: f'{counts.sum()} scenes: loss {means[0]:.3f}, in order {means[1]:.3f} / {means[2]:.3f}')


if __name__ == '__main__':
    main()
