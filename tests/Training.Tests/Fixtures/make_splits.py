#!/usr/bin/env python3
"""Writes the MATLAB files of this folder.

Debian 12:  apt-get install python3-scipy  &&  /usr/bin/python3 make_splits.py

They have the arrays of Flowers-17's datasplits.mat (trn1, val1, tst1, ..., tst3), with other numbers, and some variables that are not numeric arrays.
In split k, the image at position p of its class (from 0) has the place (7 p + 11 k) % 80: below 40 it is for training, below 60 for validation, otherwise
for testing. The numbers of images begin with 1 and are in descending order.
"""
import numpy as np
from scipy.io import savemat


def arrays(kind):
    found = {}
    for k in (1, 2, 3):
        for name, low, high in (("trn", 0, 40), ("val", 40, 60), ("tst", 60, 80)):
            images = [c * 80 + p + 1 for c in range(17) for p in range(80) if low <= (7 * p + 11 * k) % 80 < high]
            found[f"{name}{k}"] = np.array(images[::-1], dtype=kind)
    return found


OTHERS = {
    "text": "not a number",
    "cell": np.array(["a", 3], dtype=object),
    "structure": {"field": 1.0},
    "few": np.array([1, 2, 3], dtype=np.uint8),
    "negative": np.array([-5, 7], dtype=np.int8),
    "halves": np.array([0.5, -1.5], dtype=np.float32),
    "large": np.array([2**40], dtype=np.int64),
    "matrix": np.array([[1.0, 2.0], [3.0, 4.0]]),
    "nothing": np.zeros((0, 0)),
}

savemat("datasplits.mat", arrays(np.float64), do_compression=True, oned_as="row")
savemat("datasplits_plain.mat", {**OTHERS, **arrays(np.uint16)}, do_compression=False, oned_as="row")
savemat("variables.mat", OTHERS, do_compression=True, oned_as="row")
savemat("datasplits_v4.mat", {"trn1": np.array([1.0])}, format="4")
