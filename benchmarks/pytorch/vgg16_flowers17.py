#!/usr/bin/env python3
"""The two stages of the VGG16 recipe on Flowers-17 in PyTorch: seconds of each, and test accuracy where the body has real weights.

Run:  apt-get install -y --no-install-recommends python3-torch libopenblas0-pthread python3-pil python3-h5py
      /usr/bin/python3 vgg16_flowers17.py FOLDER-OF-JPEGS [warm-up epochs] [second epochs] [images] [views] [fp32|bf16] [weights]

libopenblas0-pthread replaces the plain BLAS that Debian's PyTorch has otherwise, which is ten times slower in linear layers.

Decodes with Pillow, sends the images through the frozen layers once (channels-last, all cores), and keeps what comes out of block 4 and of
block 5: with views, that many warped versions of each training image, and the other images as they are. The warm-up trains the head
alone; the second stage trains block 5 with it.
"""
import argparse
import json
import math
import os

import torch
import torch.nn.functional as F

from flowers17 import Laps, fit, read
from vgg16_body import body, head

PASS = 8
MEAN = torch.tensor([103.939, 116.779, 123.68])


def load(network, path):
    """Fills the body from Keras's file."""
    import h5py
    convolutions = [layer for layer in network if isinstance(layer, torch.nn.Conv2d)]
    names = [f"block{block}_conv{number}" for block, count in enumerate([2, 2, 3, 3, 3], 1) for number in range(1, count + 1)]
    with h5py.File(path, "r") as file, torch.no_grad():
        for name, layer in zip(names, convolutions):
            kernel, bias = [torch.from_numpy(file[name][array][()]) for array in file[name].attrs["weight_names"]]
            layer.weight.copy_(kernel.permute(3, 2, 0, 1))
            layer.bias.copy_(bias)


def prepare(pixels):
    return (torch.from_numpy(pixels).float().flip(-1) - MEAN).permute(0, 3, 1, 2)


def warp(images):
    """Turns by up to 30 degrees, shifts by up to a tenth, zooms by up to a fifth, and mirrors half of the images."""
    count = len(images)

    def uniform(most):
        return (torch.rand(count) * 2 - 1) * most
    angle, across, down = uniform(math.pi / 6), 1 + uniform(0.2), 1 + uniform(0.2)
    mirror = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    rows = [torch.stack([angle.cos() * across * mirror, -angle.sin() * down, uniform(0.2)], 1),
            torch.stack([angle.sin() * across * mirror, angle.cos() * down, uniform(0.2)], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False).contiguous(memory_format=torch.channels_last)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    # All by place, so that the benchmark that runs this script does not take its options for its own.
    parser.add_argument("warm_up", type=int, nargs="?", default=25)
    parser.add_argument("second", type=int, nargs="?", default=3)
    parser.add_argument("images", type=int, nargs="?", default=1360)
    parser.add_argument("views", type=int, nargs="?", default=0)
    parser.add_argument("precision", choices=["fp32", "bf16"], nargs="?", default="fp32")
    parser.add_argument("weights", nargs="?", help="Keras's VGG16 weights without the top; random ones otherwise")
    arguments = parser.parse_args()
    bf16 = arguments.precision == "bf16"
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(1)
    laps = Laps()
    pixels, labels = read(arguments.folder, 1, arguments.images)
    laps.end("decode_s")

    network, top = body(), head()
    if arguments.weights:
        load(network, arguments.weights)
    train = len(pixels) * 3 // 4

    def features(images, view):
        block4, block5 = [], []
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            for begin in range(0, len(images), PASS):
                x = prepare(images[begin:begin + PASS])
                block4.append(network[:24](warp(x) if view else x))
                block5.append(network[24:](block4[-1]))
        return torch.cat(block4), torch.cat(block5)
    views = [features(pixels[:train], view) for view in range(1, arguments.views + 1)] or [features(pixels[:train], 0)]
    test = features(pixels[train:], 0)
    laps.end("features_s")

    warm = fit(top, [view[1] for view in views], test[1], labels, torch.optim.RMSprop(top.parameters(), 1e-4), arguments.warm_up, bf16)
    laps.end("warm_up_s")

    whole = torch.nn.Sequential(network[24:], top)
    fine = fit(whole, [view[0] for view in views], test[0], labels, torch.optim.SGD(whole.parameters(), 1e-3, momentum=0.9), arguments.second, bf16)
    laps.end("second_stage_s")
    print(json.dumps({**laps.total(), "accuracy": [warm, fine], "torch": torch.__version__}))


if __name__ == "__main__":
    main()
