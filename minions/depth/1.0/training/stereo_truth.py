"""Photographs with known inverse depth, for judging only: NAME.png beside NAME.npy (float32, larger is nearer, NaN where nothing is known).

    stereo_truth.py OUT [--opencv FOLDER] [--skimage FOLDER] [--pair NAME LEFT RIGHT]... [--map NAME PICTURE DISPARITY]...

Debian's opencv-doc holds the aloe with its disparity and the pairs of a calibration board in a man's hands; python3-skimage holds the
motorcycle (Middlebury 2014, Scharstein et al.). Other rectified pairs and disparity maps come in by --pair and --map.
"""
import argparse
import pathlib

import cv2
import numpy as np

OPENCV = '/usr/share/doc/opencv-doc/examples/data'
SKIMAGE = '/usr/lib/python3/dist-packages/skimage/data'
BOARD = (9, 6)  # inner corners
BOARD_PAIRS = ('01', '04', '08', '12')


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


def board_pairs(folder):
    """The pairs of the calibration board, rectified; the board itself calibrates them."""
    grid = np.zeros((BOARD[0] * BOARD[1], 3), np.float32)
    grid[:, :2] = np.mgrid[0:BOARD[0], 0:BOARD[1]].T.reshape(-1, 2)
    corners = []
    for number in (f'{i:02}' for i in range(1, 15) if i != 10):
        pair = [cv2.imread(str(folder / f'{side}{number}.jpg'), cv2.IMREAD_GRAYSCALE) for side in ('left', 'right')]
        found = [cv2.findChessboardCorners(picture, BOARD) for picture in pair]
        if all(ok for ok, _ in found):
            exact = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 0.01)
            corners.append([cv2.cornerSubPix(picture, points, (11, 11), (-1, -1), exact) for picture, (_, points) in zip(pair, found)])
    size = pair[0].shape[::-1]
    lefts, rights = zip(*corners)
    objects = [grid] * len(corners)
    _, k1, d1, _, _ = cv2.calibrateCamera(objects, lefts, size, None, None)
    _, k2, d2, _, _ = cv2.calibrateCamera(objects, rights, size, None, None)
    _, k1, d1, k2, d2, r, t, _, _ = cv2.stereoCalibrate(objects, lefts, rights, k1, d1, k2, d2, size, flags=cv2.CALIB_FIX_INTRINSIC)
    r1, r2, p1, p2, *_ = cv2.stereoRectify(k1, d1, k2, d2, size, r, t, alpha=0)
    maps = [cv2.initUndistortRectifyMap(k, d, r, p, size, cv2.CV_32FC1) for k, d, r, p in ((k1, d1, r1, p1), (k2, d2, r2, p2))]
    for number in BOARD_PAIRS:
        yield number, [
            cv2.remap(cv2.imread(str(folder / f'{side}{number}.jpg')), *two, cv2.INTER_LINEAR) for side, two in zip(('left', 'right'), maps)]


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
    for number, (left, right) in board_pairs(arguments.opencv):
        save(out, f'board{number}', left, match(left, right))
    for name, *files in arguments.pair:
        left, right = (cv2.imread(file) for file in files)
        save(out, name, left, match(left, right))
    for name, picture, disparity in arguments.map:
        save(out, name, cv2.imread(picture), cv2.imread(disparity, cv2.IMREAD_GRAYSCALE).astype(np.float32))


if __name__ == '__main__':
    main()
