"""The loop that depth 1.0 and inpainting 1.1 are trained by: a budget of CPU time, a warm-up and a cosine, a running average, checkpoints."""
import copy
import os
import time

import cv2
import numpy as np
import torch

from unet import start_from


def arguments_of(parser, rate, batch, seed):
    """Adds what every training takes, and reads the command line."""
    parser.add_argument('--out', required=True, help='the running average; OUT.resume beside it holds all that --resume needs')
    parser.add_argument('--cpu-minutes', type=float, required=True, help='on one thread; CPU time, since the machine may be shared')
    parser.add_argument('--start', help="an earlier version's graph, or a checkpoint")
    parser.add_argument('--resume', action='store_true', help='go on where the same command was ended')
    parser.add_argument('--rate', type=float, default=rate)
    parser.add_argument('--batch', type=int, default=batch)
    parser.add_argument('--seed', type=int, default=seed)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(arguments.seed)
    return arguments, np.random.default_rng(arguments.seed)


def begin(network, start, after_graph=lambda: None):
    """Takes the weights over; `after_graph` says what an earlier version's graph does not know."""
    if start and start.endswith('.onnx'):
        if start_from(network.trunk, start):
            after_graph()
    elif start:
        ours, theirs = network.state_dict(), torch.load(start)
        fits = {name: tensor for name, tensor in theirs.items() if name in ours and ours[name].shape == tensor.shape}
        network.load_state_dict(ours | fits)
        print(f'{start}: not taken over: {sorted(ours.keys() - fits.keys())}', flush=True)


def run(network, optimizer, arguments, step, tell):
    """`step` gives the loss and a tuple of figures; `tell` makes a line of the means of the last 200."""
    average, seen, steps, spent = Average(network), [], 0, 0.0
    resume = f'{arguments.out}.resume'
    if arguments.resume and os.path.exists(resume):
        kept = torch.load(resume)
        network.load_state_dict(kept['network'])
        average.network.load_state_dict(kept['average'])
        optimizer.load_state_dict(kept['optimizer'])
        average.steps = steps = kept['steps']
        spent = kept['spent']
    began = told = time.process_time()
    while (part := (spent + time.process_time() - began) / 60 / arguments.cpu_minutes) < 1:
        for group in optimizer.param_groups:
            group['lr'] = arguments.rate * min(1, (steps + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * part)))
        loss, figures = step(steps)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        average.add(network)
        steps += 1
        seen.append(figures)
        if time.process_time() - told > 30:
            told = time.process_time()
            print(f'{part * arguments.cpu_minutes:5.1f} min, step {steps}: {tell(np.mean(seen[-200:], axis=0))}', flush=True)
            torch.save(average.network.state_dict(), arguments.out)
            save(resume, {
                'network': network.state_dict(), 'average': average.network.state_dict(), 'optimizer': optimizer.state_dict(),
                'steps': steps, 'spent': spent + told - began})
    torch.save(average.network.state_dict(), arguments.out)
    print(f'done after {steps} steps')


def save(file, kept):
    """Whole or not at all: the machine may end a training at any time."""
    torch.save(kept, f'{file}.new')
    os.replace(f'{file}.new', file)


class Average:
    """The running average of a network's weights, which is what gets exported."""

    def __init__(self, network, most=0.998):
        self.network, self.most, self.steps = copy.deepcopy(network).eval(), most, 0

    @torch.no_grad()
    def add(self, network):
        self.steps += 1
        keep = min(self.most, self.steps / (self.steps + 20))
        ours, theirs = list(self.network.parameters()), list(network.parameters())
        torch._foreach_mul_(ours, keep)
        torch._foreach_add_(ours, theirs, alpha=1 - keep)
