"""IoU at 0.5 between two folders of masks of the same pictures, NAME.png each (as `./espresso infer` writes them).

    compare.py MASKS_A MASKS_B
"""
import pathlib
import sys

import cv2
import numpy as np


def main(one, other):
    figures = {}
    for file in sorted(pathlib.Path(one).glob('*.png')):
        a, b = (cv2.imread(str(folder / file.name), cv2.IMREAD_GRAYSCALE) for folder in (pathlib.Path(one), pathlib.Path(other)))
        if b is None:
            raise SystemExit(f'{other} has no {file.name}')
        size = np.maximum(a.shape, b.shape)[::-1].tolist()
        a, b = (cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR) > 127 for mask in (a, b))
        figures[file.stem] = (a & b).sum() / max(1, (a | b).sum())
        print(f'{file.stem}: {figures[file.stem]:.2f}')
    print(f'mean of {len(figures)}: {np.mean(list(figures.values())):.2f}')


if __name__ == '__main__':
    main(*sys.argv[1:])
