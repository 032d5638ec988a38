"""depth 1.0: a U-Net corrects what geometry says of the picture and its subject; the subject's mask lays one on the other."""
import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / 'training'))
from unet import UNet, double  # noqa: E402

TRAINED = 128  # the trunk's resolution: it is run at what it was trained at
SLOPE = 8.0    # of the geometry: the larger, the more it takes for the corrections to outdo it
TRAINED_SLOPE = 4.0


class Depth(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = UNet(6, 3, (16, 32, 56, 88, 120), (56, 40, 24, 16), contexts=2)
        self.as_if_alone()

    def as_if_alone(self):
        """At first the geometry speaks alone, and the mask is trusted."""
        with torch.no_grad():
            self.trunk.out.weight.zero_()
            self.trunk.out.bias.copy_(torch.tensor([0.0, 0.0, 2.0]))

    def nearer_subject(self):
        """What depth 0.1's graph, which has no mask, does not know."""
        self.trunk.out.bias.data[1] += 1

    def layers(self, image, mask):
        """[N, 3, 64, 64]: corrections of what lies behind and of the subject, trust in the mask; image and mask at 128 × 128."""
        height, foot = heights(int(image.shape[2])).to(image.dtype), feet(mask)
        plane = torch.zeros_like(mask)
        return self.trunk(torch.cat([(image - 0.45) * 4, mask * 2 - 1, plane + height, plane + foot], 1))

    def composed(self, layers, mask):
        """At the mask's size."""
        slope = TRAINED_SLOPE if self.training else SLOPE
        behind, subject, trust = (double(layers) if layers.shape[2] < mask.shape[2] else layers).split(1, 1)
        height = heights(int(mask.shape[2])).to(mask.dtype)
        # Lower is nearer, and all of a subject is about as near as the floor that it stands on.
        behind, subject = slope * height + behind, slope * torch.maximum(feet(mask), height) + subject
        return behind + mask * torch.sigmoid(trust) * (subject - behind)

    def forward(self, image, mask):
        half, half_mask = F.avg_pool2d(image, 2), F.avg_pool2d(mask, 2)
        layers = self.layers(half, half_mask)
        mirrored = self.layers(half.flip(3), half_mask.flip(3)).flip(3)
        grey = image.mean(1, keepdim=True)
        return self.composed(guided(double((layers + mirrored) / 2), F.avg_pool2d(grey, 2), grey), mask)


def heights(size):
    """-1 in the highest row, 1 in the lowest."""
    return torch.linspace(-1, 1, size).view(1, 1, size, 1)


def feet(mask):
    """Where the subject meets the ground: of every column, the lowest of the subject's places nearby; -1 where there are none."""
    size = int(mask.shape[2])  # a number, not a part of the graph
    return F.max_pool2d(((heights(size).to(mask.dtype) + 1) * (mask > 0.5)).amax(2, keepdim=True), (1, size // 4 + 1), 1, (0, size // 8)) - 1


def guided(maps, guide, fine_guide, radius=3, softness=4e-3):
    """Doubles the maps' size; edges come from the picture (He et al., guided image filtering)."""
    def mean(x):
        return F.avg_pool2d(x, 2 * radius + 1, 1, radius, count_include_pad=False)

    guide_mean, maps_mean = mean(guide), mean(maps)
    slope = (mean(guide * maps) - guide_mean * maps_mean) / (mean(guide * guide) - guide_mean * guide_mean + softness)
    return double(mean(slope)) * fine_guide + double(mean(maps_mean - slope * guide_mean))
