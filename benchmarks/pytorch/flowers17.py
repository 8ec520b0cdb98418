"""Flowers-17 in PyTorch, for the other scripts in this folder: decoding with Pillow, training the layers after frozen ones, timing."""
import glob
import os
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

CLASSES, BATCH = 17, 32


class Laps:
    """Seconds from one lap to the next, by name."""

    def __init__(self):
        self.times, self._start = {}, time.perf_counter()

    def end(self, name):
        now = time.perf_counter()
        self.times[name], self._start = now - self._start, now

    def total(self):
        return {**self.times, "total_s": sum(self.times.values()), "threads": torch.get_num_threads()}


def load(path, size=224):
    """An image as uint8 [size, size, 3]: the shorter side resized to size, bilinear, and the centre cut out."""
    image = Image.open(path).convert("RGB")
    width, height = image.size
    scale = size / min(width, height)
    width, height = max(size, round(width * scale)), max(size, round(height * scale))
    left, top = (width - size) // 2, (height - size) // 2
    return np.asarray(image.resize((width, height), Image.BILINEAR).crop((left, top, left + size, top + size)))


def read(folder, seed, count=None):
    """All images of the folder, or some, as uint8 [N, 224, 224, 3] in random order, and their labels. Three of four are for training."""
    files = sorted(glob.glob(os.path.join(folder, "*.jpg")))
    order = torch.randperm(len(files), generator=torch.Generator().manual_seed(seed))[:count]
    return np.stack([load(files[i]) for i in order]), order * CLASSES // len(files)


def fit(network, views, test, labels, optimizer, epochs, bf16=False):
    """Trains on views of the first three quarters of the images, each in turn, and returns the accuracy on the last quarter.

    views: what enters the network for each view of the training images, a list of [N, ...]; test: the same for the other images.
    """
    def run(x):
        # Entered at every step: autocast keeps its bf16 copies of the weights until it is left.
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            return network(x.float()).float()

    train = len(views[0])
    network.train()
    for epoch in range(epochs):
        for rows in torch.randperm(train).split(BATCH):
            chosen = torch.stack([views[(epoch + row) % len(views)][row] for row in rows.tolist()]) if len(views) > 1 else views[0][rows]
            optimizer.zero_grad()
            F.cross_entropy(run(chosen), labels[rows]).backward()
            optimizer.step()
    network.eval()
    with torch.no_grad():
        return torch.cat([run(x) for x in test.split(BATCH)]).argmax(1).eq(labels[train:]).float().mean().item()
