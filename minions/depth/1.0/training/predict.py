"""Depth maps from a checkpoint, for evaluate.py; the mesh's own results may stand there as well.

    predict.py CHECKPOINT.pt PICTURES MASKS OUT      each folder holds NAME.png; a mask that is missing is empty
"""
import pathlib
import sys

import cv2
import numpy as np
import torch

from network import Depth


def main(checkpoint, pictures, masks, out):
    network = Depth().eval()
    network.load_state_dict(torch.load(checkpoint))
    pathlib.Path(out).mkdir(parents=True, exist_ok=True)
    for file in sorted(pathlib.Path(pictures).glob('*.png')):
        picture = cv2.resize(cv2.imread(str(file)), (256, 256), interpolation=cv2.INTER_AREA)[:, :, ::-1]
        mask = cv2.imread(str(pathlib.Path(masks) / file.name), cv2.IMREAD_GRAYSCALE)
        mask = np.zeros((256, 256), np.uint8) if mask is None else cv2.resize(mask, (256, 256), interpolation=cv2.INTER_AREA)
        with torch.no_grad():
            depth = network(*(
                torch.from_numpy(np.ascontiguousarray(array.reshape(256, 256, -1).transpose(2, 0, 1))[None]).float() / 255
                for array in (picture, mask)))[0, 0].numpy()
        depth = (depth - depth.min()) / (np.ptp(depth) + 1e-9)
        cv2.imwrite(str(pathlib.Path(out) / file.name), (depth * 65535).round().astype(np.uint16))


if __name__ == '__main__':
    main(*sys.argv[1:])
