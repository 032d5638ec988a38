"""Judges depth maps against photographs with known inverse depth (see stereo_truth.py).

    evaluate.py TRUTH MASKS [NAME=PREDICTIONS]... [--least 0.05]

Each folder holds NAME.png: TRUTH the photographs (beside NAME.npy), MASKS the subject's mask, PREDICTIONS maps as the mesh returns them.
"""
import argparse
import pathlib

import cv2
import numpy as np

PAIRS = 50_000


def ordinal(prediction, truth, least, rng):
    """Share of random pairs in the right order: of all pairs, and of pairs at the same height in the picture.

    Pairs that differ by less than `least` of the truth's range count as equally far, and are not asked.
    """
    ys, xs = np.nonzero(np.isfinite(truth))
    low, high = np.percentile(truth[ys, xs], (1, 99))
    least *= high - low
    return (
        share(prediction, truth, least, ys, xs, rng.integers(len(ys), size=(2, PAIRS))),
        share(prediction, truth, least, ys, xs, same_row_pairs(ys, rng)))


def same_row_pairs(ys, rng):
    """np.nonzero lists the points row by row, so a point's row is a range of the list."""
    first = rng.integers(len(ys), size=PAIRS)
    start, end = np.searchsorted(ys, ys[first]), np.searchsorted(ys, ys[first], side='right')
    return first, rng.integers(start, end)


def share(prediction, truth, least, ys, xs, pairs):
    a, b = pairs
    wanted = truth[ys[a], xs[a]] - truth[ys[b], xs[b]]
    given = prediction[ys[a], xs[a]] - prediction[ys[b], xs[b]]
    told = np.abs(wanted) > least
    right = np.sign(given[told]) == np.sign(wanted[told])
    return float(np.where(given[told] == 0, 0.5, right).mean())  # a tie is a guess


def ramp(shape):
    """'Lower is nearer.'"""
    return np.linspace(0, 1, shape[0])[:, None].repeat(shape[1], 1)


def ramp_and_mask(mask):
    """The ramp, and the subject in front of it by the height of the picture."""
    return ramp(mask.shape) + mask


def grey(path, shape):
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise SystemExit(f'{path} is missing or no picture')
    picture = picture.astype(np.float32) / np.iinfo(picture.dtype).max
    return cv2.resize(picture if picture.ndim == 2 else picture[:, :, 0], shape[::-1], interpolation=cv2.INTER_LINEAR)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('truth', type=pathlib.Path)
    parser.add_argument('masks', type=pathlib.Path)
    parser.add_argument('predictions', nargs='*', help='NAME=FOLDER')
    parser.add_argument('--least', type=float, default=0.05, help='share of the range by which the points of a pair must differ')
    arguments = parser.parse_args()
    folders = dict(pair.split('=', 1) for pair in arguments.predictions)
    table = {}
    for file in sorted(arguments.truth.glob('*.npy')):
        truth = np.load(file)
        mask = grey(arguments.masks / f'{file.stem}.png', truth.shape)
        maps = {'height prior': ramp(truth.shape), 'ramp + mask': ramp_and_mask(mask)}
        maps |= {name: grey(pathlib.Path(folder) / f'{file.stem}.png', truth.shape) for name, folder in folders.items()}
        for name, prediction in maps.items():
            table.setdefault(name, {})[file.stem] = ordinal(prediction, truth, arguments.least, np.random.default_rng(7))
    photographs = list(next(iter(table.values())))
    print('all / same height | ' + ' | '.join(photographs) + ' | mean')
    for name, row in table.items():
        cells = [row[photograph] for photograph in photographs] + [np.mean(list(row.values()), axis=0)]
        print(name + ' | ' + ' | '.join(f'{every:.3f} / {level:.3f}' for every, level in cells))


if __name__ == '__main__':
    main()
