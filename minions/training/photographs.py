"""Collects the training photographs out of unpacked Debian packages into one file.

    photographs.py PACKAGES OUT.pkl     PACKAGES: a folder with one unpacked package a folder (apt-get download, dpkg -x)

Licences as each package's copyright file says: mate-backgrounds GPL-2+, lomiri-wallpapers* and plasma-workspace-wallpapers CC-BY-SA 3.0/4.0
and LGPL, ukui-wallpapers, stellarium-data (landscape panoramas) CC-BY-SA and similar. None is passed on.
The pictures of opencv-doc and python3-skimage are never trained on: the models are judged with them.
"""
import pathlib
import pickle
import sys

import cv2

SIDE = 900  # pixels of the shorter side that are kept
FOLDERS = (
    'mate-backgrounds/usr/share/backgrounds/mate/nature', 'lomiri-wallpapers-16.04', 'plasma-workspace-wallpapers', 'ukui-wallpapers',
    'stellarium-data/usr/share/stellarium/landscapes')


def is_photograph(picture):
    """Drawings and gradients have large areas without any grain."""
    grey = cv2.cvtColor(cv2.resize(picture, (512, 384), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY).astype('float32')
    grain = cv2.blur((grey - cv2.GaussianBlur(grey, (0, 0), 1)) ** 2, (9, 9))
    return picture.mean() > 25 and (grain > 0.25).mean() > 0.35


def largest_of_each_set(files):
    """A wallpaper lies there in many sizes, in a folder of its own."""
    best = {}
    for file in files:
        key = file.parent if file.parent.name == 'images' else file
        if key not in best or file.stat().st_size > best[key].stat().st_size:
            best[key] = file
    return sorted(best.values())


def main(packages, out):
    found = []
    for folder in FOLDERS:
        files = [
            file for file in (pathlib.Path(packages) / folder).rglob('*')
            if file.suffix.lower() in ('.jpg', '.jpeg', '.png', '.webp') and not file.is_symlink() and file.stat().st_size > 60_000]
        for file in largest_of_each_set(files):
            picture = cv2.imread(str(file))
            if picture is None or min(picture.shape[:2]) < 300 or not is_photograph(picture):
                continue
            scale = SIDE / min(picture.shape[:2])
            if scale < 1:
                picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            found.append((str(file.relative_to(packages)), picture[:, :, ::-1].copy()))
    with open(out, 'wb') as target:
        pickle.dump(found, target)
    print(f'{len(found)} photographs')


if __name__ == '__main__':
    main(*sys.argv[1:])
