"""depth 1.0: a U-Net draws two smooth depth maps, what lies behind and the subject; the subject's mask lays one on the other."""
import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / 'training'))
from unet import UNet, double  # noqa: E402

TRAINED = 128  # the trunk's resolution: it is run at what it was trained at

# Photographs keep to "lower is nearer" and "the subject is in front" more than the rendered scenes do. Shares of both that are added to the
# map, in units of its spread; the only two numbers that were set on photographs with known depth.
RAMP = 1.5
FRONT = 1.5


class Depth(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = UNet(6, 2, (16, 32, 56, 88, 120), (56, 40, 24, 16), contexts=2)

    def nearer_subject(self):
        """What depth 0.1's graph, which has no mask, does not know."""
        self.trunk.out.bias.data[1] += 1

    def layers(self, image, mask):
        """[N, 2, 64, 64]: behind, subject; image and mask at 128 × 128."""
        size = TRAINED
        height = torch.linspace(-1, 1, size, dtype=image.dtype, device=image.device).view(1, 1, size, 1)
        # Where the subject meets the ground, told to every row: the lowest of its places nearby.
        foot = F.max_pool2d(((height + 1) * (mask > 0.5)).amax(2, keepdim=True), (1, size // 4 + 1), 1, (0, size // 8)) - 1
        plane = torch.zeros_like(mask)
        return self.trunk(torch.cat([(image - 0.45) * 4, mask * 2 - 1, plane + height, plane + foot], 1))

    def composed(self, image, mask):
        """At 128 × 128, as trained."""
        behind, subject = double(self.layers(image, mask).float()).split(1, 1)
        return behind + mask * (subject - behind)

    def forward(self, image, mask):
        half, half_mask = F.avg_pool2d(image, 2), F.avg_pool2d(mask, 2)
        layers = self.layers(half, half_mask)
        mirrored = self.layers(half.flip(3), half_mask.flip(3)).flip(3)
        grey = image.mean(1, keepdim=True)
        behind, subject = guided(double((layers + mirrored) / 2), F.avg_pool2d(grey, 2), grey).split(1, 1)
        depth = behind + mask * (subject - behind)
        depth = depth - depth.mean((2, 3), keepdim=True)
        depth = depth / (depth.abs().mean((2, 3), keepdim=True) + 1e-4)
        return depth + RAMP * torch.linspace(-1, 1, 256).view(1, 1, 256, 1) + FRONT * mask


def guided(maps, guide, fine_guide, radius=3, softness=4e-3):
    """Doubles the maps' size; edges come from the picture (He et al., guided image filtering)."""
    def mean(x):
        return F.avg_pool2d(x, 2 * radius + 1, 1, radius, count_include_pad=False)

    guide_mean, maps_mean = mean(guide), mean(maps)
    slope = (mean(guide * maps) - guide_mean * maps_mean) / (mean(guide * guide) - guide_mean * guide_mean + softness)
    return double(mean(slope)) * fine_guide + double(mean(maps_mean - slope * guide_mean))
