#!/usr/bin/env python3
"""Flowers-17 to 224 x 224 with Pillow on one thread: shorter side to 224, bilinear, centre crop.

Run:  apt-get install -y --no-install-recommends python3-pil python3-numpy
      /usr/bin/python3 decode.py FOLDER_OF_JPEG_FILES
"""
import glob
import json
import os
import sys
import time

import numpy as np
from PIL import Image


def load(path, size=224):
    image = Image.open(path).convert("RGB")
    width, height = image.size
    scale = size / min(width, height)
    width, height = max(size, round(width * scale)), max(size, round(height * scale))
    left, top = (width - size) // 2, (height - size) // 2
    return np.asarray(image.resize((width, height), Image.BILINEAR).crop((left, top, left + size, top + size)))


files = sorted(glob.glob(os.path.join(sys.argv[1], "*.jpg")))
start = time.perf_counter()
for file in files:
    load(file)
seconds = time.perf_counter() - start
print(json.dumps({"images": len(files), "seconds": seconds, "images_per_second": len(files) / seconds}))
