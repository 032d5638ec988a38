"""Trains the correction on crops of photographs, at the half resolution that it works at.

    train.py PHOTOGRAPHS.pkl --out OUT.pt --cpu-minutes 40 [--scenes SCENES.rgb.npy] [--start ../../1.0/inpaint.onnx | CHECKPOINT.pt]

PHOTOGRAPHS.pkl comes from minions/training/photographs.py, SCENES.rgb.npy from depth 1.0's render.py (a third of the crops: few photographs are
at hand, and rendered scenes have edges that go on behind a hole). The budget is CPU time, since the machine may be shared.
"""
import argparse
import pickle

import cv2
import numpy as np
import torch
from torch.nn import functional as F

from holes import hole
from network import Inpainting, smooth_fill
from loop import arguments_of, begin, run  # network.py knows where it is

SIZE = 128
LOST = 5e-4  # squared error of the fine detail that half the resolution cannot hold, about


def crop(rng, photographs, scenes):
    if scenes is not None and rng.random() < 1 / 3:
        picture = scenes[rng.integers(len(scenes))]
    else:
        picture = photographs[rng.integers(len(photographs))][1]
    side = int(min(min(picture.shape[:2]), 2 ** rng.uniform(np.log2(150), np.log2(900))))
    y, x = rng.integers(picture.shape[0] - side + 1), rng.integers(picture.shape[1] - side + 1)
    part = np.ascontiguousarray(picture[y:y + side, x:x + side])
    part = cv2.resize(part, (SIZE, SIZE), interpolation=cv2.INTER_AREA if side >= SIZE else cv2.INTER_CUBIC)
    if rng.random() < 0.5:
        part = part[:, ::-1]
    if rng.random() < 0.15:
        part = np.rot90(part, rng.integers(1, 4))
    return in_another_light(rng, part.astype(np.float32) / 255).transpose(2, 0, 1).copy()


def in_another_light(rng, picture):
    """0 to 1, height × width × 3: another exposure, another white, now and then grey or with its colours exchanged."""
    if rng.random() < 0.45:
        picture = picture ** np.float32(rng.uniform(0.6, 1.6))
    if rng.random() < 0.7:
        picture = picture * rng.uniform(0.7, 1.3, (1, 1, 3)).astype(np.float32)
    if rng.random() < 0.1:
        picture = np.repeat(picture.mean(2, keepdims=True), 3, 2)
    elif rng.random() < 0.12:
        picture = picture[:, :, rng.permutation(3)]
    return np.clip(picture, 0, 1)


def error(network, image, holes):
    """Mean squared error inside each hole: corrected, and of the fill alone."""
    with torch.no_grad():
        filled = smooth_fill(image, holes)
    with torch.cpu.amp.autocast(dtype=torch.bfloat16):
        corrected = filled + network.correction(filled, holes).float()
    return [((made - image) ** 2 * holes).sum((1, 2, 3)) / holes.sum((1, 2, 3)) / 3 for made in (corrected, filled)]


def decibels(squared_error):
    return -10 * torch.log10(squared_error + LOST)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('photographs')
    parser.add_argument('--scenes')
    arguments, rng = arguments_of(parser, rate=4e-4, batch=12, seed=11)
    with open(arguments.photographs, 'rb') as file:
        photographs = pickle.load(file)
    scenes = np.load(arguments.scenes, mmap_mode='r') if arguments.scenes else None
    network = Inpainting()
    begin(network, arguments.start)

    def step(_):
        image = torch.from_numpy(np.stack([crop(rng, photographs, scenes) for _ in range(arguments.batch)]))
        holes = torch.from_numpy(np.stack([hole(rng, SIZE, 0.05, 0.3) for _ in range(arguments.batch)]))[:, None].float()
        ours, plain = error(network, image, holes)
        # What is reported is what is trained: decibels, so that a plain sky weighs as much as a meadow.
        return -decibels(ours).mean(), ((decibels(ours) - decibels(plain)).mean().item(),)

    optimizer = torch.optim.AdamW(network.parameters(), lr=arguments.rate, weight_decay=1e-4)
    run(network, optimizer, arguments, step, lambda means: f'{means[0]:+.3f} dB on the fill')


if __name__ == '__main__':
    main()
