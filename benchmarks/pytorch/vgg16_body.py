#!/usr/bin/env python3
"""VGG16's body in PyTorch with random weights: images a second of a forward pass, and of a step that trains block 5 and a head.

Run:  apt-get install -y --no-install-recommends python3-torch
      /usr/bin/python3 vgg16_body.py forward [batch] [rounds]     # channels-last, float32
      /usr/bin/python3 vgg16_body.py step [batch] [rounds]        # through the whole network, block 5 and the head learn
"""
import json
import os
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

BLOCKS = [(3, 64, 2), (64, 128, 2), (128, 256, 3), (256, 512, 3), (512, 512, 3)]


def body():
    layers = []
    for inputs, outputs, count in BLOCKS:
        for i in range(count):
            layers += [nn.Conv2d(inputs if i == 0 else outputs, outputs, 3, padding=1), nn.ReLU(inplace=True)]
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def median(run, rounds):
    run()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


def head():
    return nn.Sequential(nn.Flatten(), nn.Linear(25088, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 17))


def main():
    what = sys.argv[1]
    batch = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(1)
    x = torch.rand(batch, 3, 224, 224).contiguous(memory_format=torch.channels_last)
    network = body()

    def forward():
        with torch.no_grad():
            network(x)

    def step():
        optimizer.zero_grad()
        F.cross_entropy(whole(x), y).backward()
        optimizer.step()

    if what == "step":
        for p in network[:24].parameters():
            p.requires_grad = False
        whole = nn.Sequential(network, head())
        optimizer = torch.optim.SGD([p for p in whole.parameters() if p.requires_grad], 1e-3)
        y = torch.randint(0, 17, (batch,))
    seconds = median(step if what == "step" else forward, rounds)
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads(), "batch": batch, "seconds": seconds, "images_per_second": batch / seconds}))


if __name__ == "__main__":
    main()
