"""inpainting 1.1: the smooth fill of 0.1 plus the correction of a U-Net at half resolution."""
import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / 'training'))
from unet import UNet, double  # noqa: E402


def neighbours(x):
    """The mean of the eight around, the corners counting a quarter; at the rim, of those that there are.

    Means of three along each side: a depthwise convolution takes three times as long, and sums of shifted pictures are twice the nodes, which cost
    a start seconds.
    """
    across = F.avg_pool2d(x, (1, 3), 1, (0, 1), count_include_pad=False)
    return 0.45 * (across + F.avg_pool2d(x + across, (3, 1), 1, (1, 0), count_include_pad=False)) - 0.35 * x


def smooth_fill(image, hole, steps=16, soft=16.0):
    """Pulls what is known down a pyramid and pushes it up again, with smoothing in the hole at every level."""
    known = [1 - hole]
    colours = [image * known[0]]
    while colours[-1].shape[-1] > 1:
        colours.append(F.avg_pool2d(colours[-1], 2))
        known.append(F.avg_pool2d(known[-1], 2))
    filled = colours[-1] / (known[-1] + 1e-6)
    for colour, share in zip(colours[-2::-1], known[-2::-1]):
        sure = (share * soft).clamp(max=1.0)
        fixed, free = sure * colour / (share + 1e-6), 1 - sure
        filled = fixed + free * double(filled)
        for _ in range(steps):
            filled = fixed + free * neighbours(filled)
    return image * (1 - hole) + filled * hole


def plain_fill(image, hole):
    """The same pyramid without smoothing."""
    return smooth_fill(image, hole, steps=0, soft=4.0)


class Inpainting(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = UNet(4, 12, (20, 32, 56, 80, 112), (56, 48, 32, 24), attention=True)
        nn.init.zeros_(self.trunk.out.weight)  # starts as the fill alone
        nn.init.zeros_(self.trunk.out.bias)

    def correction(self, filled, hole):
        """At half resolution; four values a place for each colour."""
        return F.pixel_shuffle(self.trunk(torch.cat([(filled - 0.45) * 4, hole * 2 - 1], 1), hole), 2) * 0.25

    def forward(self, image, mask):
        hole = (mask > 0.5).to(image.dtype)
        filled = smooth_fill(image, hole)
        half, half_hole = F.avg_pool2d(filled, 2), F.max_pool2d(hole, 2)
        # The mean over both hands: a picture and its mirror image are filled alike.
        seen = self.correction(half, half_hole)
        mirrored = self.correction(half.flip(3), half_hole.flip(3)).flip(3)
        return image * (1 - hole) + (filled + double((seen + mirrored) / 2)).clamp(0, 1) * hole
