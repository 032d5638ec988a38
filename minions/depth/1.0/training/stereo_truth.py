"""Photographs with known inverse depth, for judging only: NAME.png beside NAME.npy (float32, larger is nearer, NaN where nothing is known).

    stereo_truth.py OUT [--opencv FOLDER] [--skimage FOLDER] [--pair NAME LEFT RIGHT]... [--map NAME PICTURE DISPARITY]...

Debian's opencv-doc holds the aloe with its disparity (Middlebury 2006), python3-skimage the motorcycle (Middlebury 2014, Scharstein et al.).
Other rectified pairs and disparity maps come in by --pair and --map.
"""
import argparse
import pathlib

import cv2
import numpy as np

OPENCV = '/usr/share/doc/opencv-doc/examples/data'
SKIMAGE = '/usr/lib/python3/dist-packages/skimage/data'


def save(out, name, picture, inverse_depth):
    inverse_depth = np.where(np.isfinite(inverse_depth) & (inverse_depth > 0), inverse_depth, np.nan).astype(np.float32)
    cv2.imwrite(str(out / f'{name}.png'), picture)
    np.save(out / f'{name}.npy', inverse_depth)
    print(f'{name}: {picture.shape[1]} x {picture.shape[0]}, {np.isfinite(inverse_depth).mean():.0%} known')


def match(left, right, disparities=128):
    """Semi-global matching, kept where the match from the other side agrees to a pixel."""
    def matcher():
        return cv2.StereoSGBM_create(
            minDisparity=0, numDisparities=disparities, blockSize=5, P1=200, P2=1600, uniquenessRatio=8, speckleWindowSize=150,
            speckleRange=2, mode=cv2.STEREO_SGBM_MODE_HH)

    there = matcher().compute(left, right).astype(np.float32) / 16
    # Mirrored, the right picture is a left one.
    back = matcher().compute(right[:, ::-1].copy(), left[:, ::-1].copy())[:, ::-1].astype(np.float32) / 16
    columns = np.arange(left.shape[1])[None].repeat(left.shape[0], 0)
    at = np.clip(np.rint(columns - there), 0, left.shape[1] - 1).astype(int)
    agrees = np.abs(np.take_along_axis(back, at, 1) - there) <= 1
    return np.where(agrees & (there > 0), there, np.nan)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('out', type=pathlib.Path)
    parser.add_argument('--opencv', type=pathlib.Path, default=pathlib.Path(OPENCV))
    parser.add_argument('--skimage', type=pathlib.Path, default=pathlib.Path(SKIMAGE))
    parser.add_argument('--pair', nargs=3, action='append', default=[], metavar=('NAME', 'LEFT', 'RIGHT'))
    parser.add_argument('--map', nargs=3, action='append', default=[], metavar=('NAME', 'PICTURE', 'DISPARITY'))
    arguments = parser.parse_args()
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)

    save(out, 'aloe', cv2.imread(str(arguments.opencv / 'aloeL.jpg')), cv2.imread(str(arguments.opencv / 'aloeGT.png'), 0).astype(np.float32))
    with np.load(arguments.skimage / 'motorcycle_disp.npz') as disparity:
        save(out, 'motorcycle', cv2.imread(str(arguments.skimage / 'motorcycle_left.png')), disparity['arr_0'])
    for name, *files in arguments.pair:
        left, right = (cv2.imread(file) for file in files)
        save(out, name, left, match(left, right))
    for name, picture, disparity in arguments.map:
        save(out, name, cv2.imread(picture), cv2.imread(disparity, cv2.IMREAD_GRAYSCALE).astype(np.float32))


if __name__ == '__main__':
    main()
