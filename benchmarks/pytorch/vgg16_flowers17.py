#!/usr/bin/env python3
"""The two stages of the VGG16 recipe on Flowers-17 in PyTorch, with random weights in the body: only time matters.

Run:  apt-get install -y --no-install-recommends python3-torch libopenblas0-pthread python3-pil
      /usr/bin/python3 vgg16_flowers17.py FOLDER-OF-JPEGS [warm-up epochs] [second stage's epochs] [images]

libopenblas0-pthread replaces the plain BLAS that Debian's PyTorch has otherwise, which is ten times slower in linear layers.

Decodes with Pillow, sends all images through the frozen layers once (channels-last, float32, all cores), and keeps what comes out of
block 4 and of block 5. The warm-up trains the head alone; the second stage trains block 5 with it.
"""
import json
import os
import sys

import torch

from flowers17 import Laps, fit, read
from vgg16_body import body, head

PASS = 8


def main():
    warm_up, second, images = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((2, 25), (3, 3), (4, 1360)))
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(1)
    laps = Laps()
    pixels, labels = read(sys.argv[1], 1, images)
    laps.end("decode_s")

    network, top = body(), head()
    mean = torch.tensor([103.939, 116.779, 123.68])
    block4, block5 = [], []
    with torch.no_grad():
        for begin in range(0, len(pixels), PASS):
            x = (torch.from_numpy(pixels[begin:begin + PASS]).float().flip(-1) - mean).permute(0, 3, 1, 2)
            block4.append(network[:24](x))
            block5.append(network[24:](block4[-1]))
    block4, block5 = torch.cat(block4), torch.cat(block5)
    laps.end("features_s")

    fit(top, block5, labels, torch.optim.RMSprop(top.parameters(), 1e-4), warm_up)
    laps.end("warm_up_s")

    whole = torch.nn.Sequential(network[24:], top)
    fit(whole, block4, labels, torch.optim.SGD(whole.parameters(), 1e-3), second)
    laps.end("second_stage_s")
    print(json.dumps(laps.total()))


if __name__ == "__main__":
    main()
