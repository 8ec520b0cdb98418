#!/usr/bin/env python3
"""Flowers-17 to 224 x 224 with Pillow on one thread: shorter side to 224, bilinear, centre crop.

Run:  apt-get install -y --no-install-recommends python3-pil python3-torch
      /usr/bin/python3 decode.py FOLDER_OF_JPEG_FILES
"""
import glob
import json
import os
import sys
import time

from flowers17 import load

files = sorted(glob.glob(os.path.join(sys.argv[1], "*.jpg")))
start = time.perf_counter()
for file in files:
    load(file)
seconds = time.perf_counter() - start
print(json.dumps({"images": len(files), "seconds": seconds, "images_per_second": len(files) / seconds}))
