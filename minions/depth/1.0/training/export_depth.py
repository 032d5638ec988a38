"""export_depth.py CHECKPOINT.pt ../depth.onnx"""
import sys

import torch

from network import Depth
from export import export

network = Depth()
network.load_state_dict(torch.load(sys.argv[1]))
export(network, {'image': torch.rand(2, 3, 256, 256), 'mask': torch.rand(2, 1, 256, 256)}, 'inverse_depth', sys.argv[2])
