"""export_inpainting.py CHECKPOINT.pt ../inpaint.onnx"""
import sys

import torch

from network import Inpainting
from export import export

network = Inpainting()
network.load_state_dict(torch.load(sys.argv[1]))
export(network, {'image': torch.rand(2, 3, 256, 256), 'mask': (torch.rand(2, 1, 256, 256) > 0.7).float()}, 'image_out', sys.argv[2])
