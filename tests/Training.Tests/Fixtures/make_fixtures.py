#!/usr/bin/env python3
"""Writes the weight files of this folder, with the libraries that users write theirs with.

Debian 12:  apt-get install python3-torch python3-h5py  &&  /usr/bin/python3 make_fixtures.py

Every file holds the backbone of TinyProject. Element i of a tensor, row-major in PyTorch's order, is base + i; bases are those of BASES.
The Keras files are in the layouts of Keras 2 and Keras 3; Keras itself is not needed to write them. The .safetensors file is written
byte by byte, after its published format.
"""
import collections
import json
import pickle
import struct

import h5py
import numpy as np
import torch

SHAPES = {"conv1.weight": (4, 3, 3, 3), "bn1.weight": (4,), "bn1.bias": (4,), "bn1.running_mean": (4,), "bn1.running_var": (4,),
          "conv2.weight": (6, 4, 3, 3), "conv2.bias": (6,)}
BASES = {"conv1.weight": 0, "bn1.weight": 200, "bn1.bias": 300, "bn1.running_mean": 400, "bn1.running_var": 500,
         "conv2.weight": 600, "conv2.bias": 900}


def tensor(name):
    n = int(np.prod(SHAPES[name]))
    return (torch.arange(n, dtype=torch.float32) + BASES[name]).reshape(SHAPES[name])


state = collections.OrderedDict((name, tensor(name)) for name in SHAPES)
state["bn1.num_batches_tracked"] = torch.tensor(7)

torch.save(state, "zip.pth")
torch.save(state, "legacy.pth", _use_new_zipfile_serialization=False)
torch.save({"epoch": 3, "lr": 0.5, "done": True, "state_dict": collections.OrderedDict((k, torch.nn.Parameter(v.float())) for k, v in state.items())}, "checkpoint.pth")
torch.save(collections.OrderedDict((k, v.double() if v.dim() == 4 else v) for k, v in state.items()), "double.pth")

# Views: both convolutions share one storage, and conv1 is stored with its dimensions in another order.
shared = torch.cat([tensor("conv1.weight").permute(2, 3, 1, 0).contiguous().flatten(), tensor("conv2.weight").flatten()])
views = collections.OrderedDict(state)
views["conv1.weight"] = shared[:108].reshape(3, 3, 3, 4).permute(3, 2, 0, 1)
views["conv2.weight"] = shared[108:].reshape(6, 4, 3, 3)
torch.save(views, "views.pth")
torch.save(views, "views_legacy.pth", _use_new_zipfile_serialization=False)

renamed = collections.OrderedDict((k.replace("conv1", "convl").replace("bn1.bias", "bn1.beta"), v) for k, v in state.items())
torch.save(renamed, "renamed.pth")
torch.save([1, 2, 3], "list.pth")


class Hostile:
    def __reduce__(self):
        import os
        return os.system, ("touch hostile-was-here",)


torch.save({"conv1.weight": Hostile()}, "hostile.pth")
torch.save({"conv1.weight": Hostile()}, "hostile_legacy.pth", _use_new_zipfile_serialization=False)
with open("hostile_plain.pth", "wb") as f:
    pickle.dump(Hostile(), f, protocol=4)

half = {k: (v.half() if k.startswith("bn1") else v.bfloat16()) for k, v in state.items() if v.dim() > 0}
half["conv1.weight"] = half["conv1.weight"].float()
header, data = {"__metadata__": {"format": "pt"}}, b""
for k, v in half.items():
    raw = v.view(torch.int16).numpy().tobytes() if v.element_size() == 2 else v.numpy().tobytes()
    header[k] = {"dtype": {torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32"}[v.dtype], "shape": list(v.shape),
                 "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open("half.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + data)


def keras(name):
    value = state[name].numpy()
    return value.transpose(2, 3, 1, 0) if value.ndim == 4 else value


LAYERS = {"conv1": [("kernel", "conv1.weight")],
          "bn1": [("gamma", "bn1.weight"), ("beta", "bn1.bias"), ("moving_mean", "bn1.running_mean"), ("moving_variance", "bn1.running_var")],
          "conv2": [("kernel", "conv2.weight"), ("bias", "conv2.bias")]}
for path, root in (("keras2.h5", ""), ("keras2_model.h5", "model_weights/")):
    with h5py.File(path, "w") as f:
        for layer, weights in LAYERS.items():
            group = f.create_group(root + layer)
            group.attrs["weight_names"] = [f"{layer}/{w}:0".encode() for w, _ in weights]
            for w, name in weights:
                group.create_dataset(f"{layer}/{w}:0", data=keras(name))
        f.create_group(root + "relu1").attrs["weight_names"] = np.array([], dtype="S1")
with h5py.File("keras3.weights.h5", "w") as f:
    for group, layer in (("conv2d", "conv1"), ("batch_normalization", "bn1"), ("conv2d_1", "conv2")):
        for i, (_, name) in enumerate(LAYERS[layer]):
            f.create_dataset(f"layers/{group}/vars/{i}", data=keras(name))
    f.create_group("layers/re_lu/vars")
