"""What surfaces look like: photographs, patterns, cut-outs."""
import pathlib
import pickle

import cv2
import numpy as np

SIZE = 256


def noise(rng, smooth=None, first=None):
    """Fractal noise, 0..1."""
    smooth = rng.uniform(0.6, 2.2) if smooth is None else smooth
    cells, strength, made = first or int(rng.choice([2, 3, 4, 6, 8, 12])), 1.0, np.zeros((SIZE, SIZE), np.float32)
    while cells <= SIZE:
        grid = rng.standard_normal((cells, cells)).astype(np.float32)
        made += strength * cv2.resize(grid, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
        strength *= 2 ** (-smooth / 1.5)
        cells *= 2
    made -= made.min()
    return made / (made.max() + 1e-6)


def colour(rng):
    hsv = np.array([[[rng.uniform(0, 360), rng.beta(1.2, 3), rng.uniform(0.08, 0.95)]]], np.float32)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0]


def photograph(rng, photographs):
    picture = photographs[rng.integers(len(photographs))][1]
    side = int(min(min(picture.shape[:2]), 2 ** rng.uniform(5.5, 9.8)))
    y, x = rng.integers(picture.shape[0] - side + 1), rng.integers(picture.shape[1] - side + 1)
    part = cv2.resize(np.ascontiguousarray(picture[y:y + side, x:x + side]), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    return np.rot90(part.astype(np.float32) / 255, rng.integers(4)).copy()


def pattern(rng):
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) / SIZE
    kind = rng.choice(['cloud', 'stripes', 'checks', 'bricks', 'dots', 'plain'], p=(0.35, 0.15, 0.12, 0.12, 0.11, 0.15))
    if kind == 'cloud':
        mix = noise(rng)
    elif kind == 'stripes':
        angle = rng.choice([0, np.pi / 2, rng.uniform(0, np.pi)])
        mix = 0.5 + 0.5 * np.sin(2 * np.pi * rng.integers(2, 24) * (x * np.cos(angle) + y * np.sin(angle)) + rng.uniform(0, 4) * noise(rng))
    elif kind == 'checks':
        number = rng.integers(2, 16)
        mix = (np.floor(x * number) + np.floor(y * number)) % 2
    elif kind == 'bricks':
        rows = rng.integers(4, 14)
        row = np.floor(y * rows)
        mix = ((y * rows % 1 > 0.08) & ((x * rows / 2 + 0.5 * (row % 2)) % 1 > 0.04)).astype(np.float32)
    elif kind == 'dots':
        mix = np.zeros((SIZE, SIZE), np.float32)
        for _ in range(40):
            cv2.circle(mix, rng.integers(0, SIZE, 2).tolist(), int(rng.uniform(3, 40)), float(rng.random()), -1, cv2.LINE_AA)
    else:
        mix = noise(rng) * 0.1
    mix = mix[..., None]
    made = colour(rng) * (1 - mix) + colour(rng) * mix
    return np.clip(made + (noise(rng, 0.6, 16)[..., None] - 0.5) * rng.uniform(0, 0.35), 0, 1)


def outline(rng):
    """The shape of a leafy or torn thing, as a mask."""
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) / (SIZE / 2) - 1
    if rng.random() < 0.6:
        return np.hypot(x, y) + (noise(rng, rng.uniform(0.5, 1.6), int(rng.choice([3, 4, 6, 8]))) - 0.5) * rng.uniform(0.3, 1.3) < 0.75
    return (noise(rng, rng.uniform(0.6, 1.2), int(rng.choice([6, 10, 16]))) > 0.5) & (np.hypot(x, y) < 0.98)


def leaf(rng):
    """A long pointed leaf along v, bent."""
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) / (SIZE / 2) - 1
    bend, up = rng.uniform(-0.5, 0.5), (1 - y) / 2  # 0 at the foot
    return np.abs(x - bend * up * up) < rng.uniform(0.2, 0.45) * (1 - up) ** rng.uniform(0.5, 1)


class Wardrobe:
    """All textures of a run: made once, since that is slow."""

    def __init__(self, rng, photographs, stamps, number=300):
        with open(photographs, 'rb') as file:
            pictures = pickle.load(file)
        self.textures = [photograph(rng, pictures) if rng.random() < 0.6 else pattern(rng) for _ in range(number)]
        self.means = np.array([texture.mean((0, 1)) for texture in self.textures])
        self.outlines = [outline(rng) for _ in range(40)]
        self.leaves = [leaf(rng) for _ in range(20)]
        self.stamps = [stamp for file in sorted(pathlib.Path(stamps).rglob('*.png')) if (stamp := read_stamp(file)) is not None]
        self.pictures = pictures


def read_stamp(file):
    """A cut-out object: colours, mask, width / height; None: no good one."""
    picture = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.ndim != 3 or picture.shape[2] != 4 or min(picture.shape[:2]) < 90:
        return None
    mask = picture[:, :, 3] > 127
    thick = cv2.erode(cv2.resize(mask.astype(np.uint8), (SIZE, SIZE)), np.ones((13, 13), np.uint8))
    if not 0.08 < mask.mean() < 0.95 or thick.mean() < 0.4 * mask.mean():  # no letters, no line drawings
        return None
    ys, xs = np.nonzero(mask)
    picture = picture[ys.min():ys.max() + 1, xs.min():xs.max() + 1]
    aspect = picture.shape[1] / picture.shape[0]
    picture = cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    return picture[:, :, 2::-1].astype(np.float32) / 255, picture[:, :, 3] > 127, aspect
