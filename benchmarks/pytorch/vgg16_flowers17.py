#!/usr/bin/env python3
"""The two stages of the VGG16 recipe on Flowers-17 in PyTorch, with random weights in the body: only time matters.

Run:  apt-get install -y --no-install-recommends python3-torch python3-pil
      /usr/bin/python3 vgg16_flowers17.py FOLDER-OF-JPEGS [warm-up epochs] [second stage's epochs]

Decodes with Pillow, sends all images through the frozen layers once (channels-last, float32, all cores), and keeps what comes out of
block 4 and of block 5. The warm-up trains the head alone; the second stage trains block 5 with it.
"""
import glob
import json
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from vgg16_body import body, head

TRAIN, BATCH, PASS = 1020, 32, 8


def load(path, size=224):
    image = Image.open(path).convert("RGB")
    scale = size / min(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.BILINEAR)
    left, top = (image.width - size) // 2, (image.height - size) // 2
    return np.asarray(image.crop((left, top, left + size, top + size)))


def fit(network, inputs, labels, optimizer, epochs):
    network.train()
    for _ in range(epochs):
        for rows in torch.randperm(TRAIN).split(BATCH):
            optimizer.zero_grad()
            F.cross_entropy(network(inputs[rows]), labels[rows]).backward()
            optimizer.step()
    network.eval()
    with torch.no_grad():
        return torch.cat([network(x) for x in inputs[TRAIN:].split(BATCH)]).argmax(1).eq(labels[TRAIN:]).float().mean().item()


def main():
    warm_up, second = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((2, 25), (3, 3)))
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(1)
    times, start = {}, time.perf_counter()

    def lap(name):
        nonlocal start
        times[name], start = time.perf_counter() - start, time.perf_counter()

    files = sorted(glob.glob(os.path.join(sys.argv[1], "*.jpg")))
    order = torch.randperm(len(files))
    pixels = np.stack([load(files[i]) for i in order])
    labels = order * 17 // len(files)
    lap("decode_s")

    network, top = body(), head()
    mean = torch.tensor([103.939, 116.779, 123.68])
    block4, block5 = [], []
    with torch.no_grad():
        for begin in range(0, len(pixels), PASS):
            x = (torch.from_numpy(pixels[begin:begin + PASS]).float().flip(-1) - mean).permute(0, 3, 1, 2)
            block4.append(network[:24](x))
            block5.append(network[24:](block4[-1]))
    block4, block5 = torch.cat(block4), torch.cat(block5)
    lap("features_s")

    fit(top, block5, labels, torch.optim.RMSprop(top.parameters(), 1e-4), warm_up)
    lap("warm_up_s")

    whole = torch.nn.Sequential(network[24:], top)
    fit(whole, block4, labels, torch.optim.SGD(whole.parameters(), 1e-3), second)
    lap("second_stage_s")
    print(json.dumps({**times, "total_s": sum(times.values()), "threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main()
