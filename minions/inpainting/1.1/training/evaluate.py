"""Judges fills of random holes in photographs that were not trained on: PSNR and SSIM inside the holes, the mean of the cases.

    evaluate.py FOLDER [--checkpoint CHECKPOINT.pt] [--cases-to OUT] [--filled NAME=OUT]... [--sheet SHEET.png]

FOLDER holds photographs (any picture files). Every case is a crop of one, 256 × 256, with a hole of 10 to 25 %. --cases-to writes the cases
(NAME.image.raw, NAME.mask.raw: float32) and --filled NAME=FOLDER reads NAME.out.raw, so that any runtime can fill them.
"""
import argparse
import pathlib

import cv2
import numpy as np
import torch
from skimage.metrics import structural_similarity

from holes import hole
from network import Inpainting, plain_fill, smooth_fill

SIZE = 256


def cases(folder, count):
    """Crops and holes, always the same."""
    rng = np.random.default_rng(2026)
    pictures = [picture for file in sorted(folder.iterdir()) if (picture := cv2.imread(str(file))) is not None]
    for i in range(count):
        picture = pictures[i % len(pictures)]
        side = int(min(picture.shape[:2]) * rng.uniform(0.5, 1))
        y, x = (rng.integers(0, length - side + 1) for length in picture.shape[:2])
        part = cv2.resize(picture[y:y + side, x:x + side], (SIZE, SIZE), interpolation=cv2.INTER_AREA)
        yield part, hole(rng, SIZE, 0.10, 0.25)


def tensors(picture, mask):
    return (
        torch.from_numpy(picture[:, :, ::-1].transpose(2, 0, 1).copy())[None].float() / 255, torch.from_numpy(mask)[None, None].float())


def picture_of(tensor):
    return (tensor[0].clamp(0, 1) * 255).round().byte().numpy().transpose(1, 2, 0)[:, :, ::-1]


def measure(filled, picture, mask):
    inside = mask > 0
    error = (filled.astype(float) - picture)[inside]
    _, likeness = structural_similarity(picture, filled, channel_axis=2, full=True)
    return 10 * np.log10(255 ** 2 / max((error ** 2).mean(), 1e-9)), likeness[inside].mean()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('folder', type=pathlib.Path)
    parser.add_argument('--checkpoint')
    parser.add_argument('--cases', type=int, default=60)
    parser.add_argument('--cases-to', type=pathlib.Path)
    parser.add_argument('--filled', action='append', default=[], metavar='NAME=FOLDER')
    parser.add_argument('--sheet')
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    fills = {
        'Telea': lambda picture, mask: cv2.inpaint(picture, mask, 5, cv2.INPAINT_TELEA),
        'Navier-Stokes': lambda picture, mask: cv2.inpaint(picture, mask, 5, cv2.INPAINT_NS),
        'plain pull-push': lambda picture, mask: picture_of(plain_fill(*tensors(picture, mask))),
        'fill (0.1)': lambda picture, mask: picture_of(smooth_fill(*tensors(picture, mask)))}
    if arguments.checkpoint:
        network = Inpainting().eval()
        network.load_state_dict(torch.load(arguments.checkpoint))
        fills['checkpoint'] = lambda picture, mask: picture_of(network(*tensors(picture, mask)))
    figures, rows = {}, []
    for i, (picture, mask) in enumerate(cases(arguments.folder, arguments.cases)):
        with torch.no_grad():
            filled = {name: fill(picture, mask) for name, fill in fills.items()}
        if arguments.cases_to:
            arguments.cases_to.mkdir(parents=True, exist_ok=True)
            for name, tensor in zip(('image', 'mask'), tensors(picture, mask)):
                tensor.numpy().tofile(arguments.cases_to / f'{i}.{name}.raw')
        for name, folder in (pair.split('=', 1) for pair in arguments.filled):
            out = np.fromfile(pathlib.Path(folder) / f'{i}.out.raw', np.float32).reshape(1, 3, SIZE, SIZE)
            filled[name] = picture_of(torch.from_numpy(out))
        for name, made in filled.items():
            figures.setdefault(name, []).append(measure(made, picture, mask))
        shown = picture.copy()
        shown[mask > 0] = 255
        rows.append(np.concatenate([picture, shown, filled['Telea'], *list(filled.values())[3:]], 1))
    for name, values in figures.items():
        print(f'{name}: {np.mean(values, 0)[0]:.2f} dB, SSIM {np.mean(values, 0)[1]:.3f}')
    if arguments.sheet:
        cv2.imwrite(arguments.sheet, np.concatenate(rows[:12], 0))


if __name__ == '__main__':
    main()
