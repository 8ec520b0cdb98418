#!/usr/bin/env python3
"""Flowers-17 in PyTorch on a frozen MobileNet v1 0.75 with Keras's ImageNet weights: decode, features, a head of 40 epochs.

Run:  apt-get install -y --no-install-recommends python3-torch libopenblas0-pthread python3-h5py python3-pil
      /usr/bin/python3 mobilenet_flowers17.py FOLDER-OF-JPEGS mobilenet_7_5_224_tf_no_top.h5 [threads] [seed]

libopenblas0-pthread replaces the plain BLAS that Debian's PyTorch has otherwise, which is ten times slower in linear layers.
"""
import json
import os
import sys

import h5py
import torch
import torch.nn as nn
import torch.nn.functional as F

from flowers17 import CLASSES, Laps, fit, read

STRIDES, PASS, EPOCHS = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1], 16, 40


class Convolution(nn.Module):
    """A convolution with Keras's "same" padding, batch normalisation and ReLU6."""

    def __init__(self, file, name, kernel, stride=1, depthwise=False):
        super().__init__()
        tensor = lambda layer, key: torch.from_numpy(file[layer][layer][key + ":0"][()])
        weight = tensor(name, "depthwise_kernel" if depthwise else "kernel")
        weight = weight.permute(2, 3, 0, 1) if depthwise else weight.permute(3, 2, 0, 1)
        self.weight, self.stride, self.groups = weight.contiguous(), stride, weight.shape[0] if depthwise else 1
        self.padding = (0, 0, 0, 0) if kernel == 1 else (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1)
        self.norm = [tensor(name + "_bn", key) for key in ("moving_mean", "moving_variance", "gamma", "beta")]

    def forward(self, x):
        x = F.conv2d(F.pad(x, self.padding), self.weight, stride=self.stride, groups=self.groups)
        return F.relu6(F.batch_norm(x, *self.norm, False, 0, 1e-3))


def body(path):
    with h5py.File(path, "r") as file:
        layers = [Convolution(file, "conv1", 3, 2)]
        for i, stride in enumerate(STRIDES, 1):
            layers += [Convolution(file, f"conv_dw_{i}", 3, stride, depthwise=True), Convolution(file, f"conv_pw_{i}", 1)]
    return nn.Sequential(*layers)


def main():
    torch.set_num_threads(int(sys.argv[3]) if len(sys.argv) > 3 else len(os.sched_getaffinity(0)))
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 42
    torch.manual_seed(seed)
    laps = Laps()
    pixels, labels = read(sys.argv[1], seed)
    laps.end("decode_s")

    network = body(sys.argv[2])
    with torch.no_grad():
        inputs = (torch.from_numpy(pixels[i:i + PASS]).permute(0, 3, 1, 2).float() / 127.5 - 1 for i in range(0, len(pixels), PASS))
        features = torch.cat([network(x).mean((2, 3)) for x in inputs])
    laps.end("features_s")

    head = nn.Sequential(nn.Linear(768, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, CLASSES))
    train = len(features) * 3 // 4
    accuracy = fit(head, [features[:train]], features[train:], labels, torch.optim.Adam(head.parameters(), 1e-3), EPOCHS)
    laps.end("head_s")
    print(json.dumps({**laps.total(), "test_accuracy": accuracy}))


if __name__ == "__main__":
    main()
