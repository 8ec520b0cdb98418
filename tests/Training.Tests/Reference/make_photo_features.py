#!/usr/bin/env python3
"""Writes photo_features.json: what VGG16, MobileNet v1 0.75 and EfficientNet-Lite0 with their ImageNet weights make of six photos of Flowers-17.

Run:  python3 make_photo_features.py ASSETS > photo_features.json        # needs torch, h5py, numpy and pillow

ASSETS is a folder with flowers17/jpg and weights. Each photo is resized by Pillow (bilinear) so that its shorter side has 224 pixels, and
its centre is cut out. The networks are computed in float64; a row of numbers is the global average of each channel of the last layer.
"""
import json
import sys

import h5py
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

ASSETS = sys.argv[1]
PHOTOS = [1, 85, 401, 805, 1201, 1360]
SIZE = 224


def pixels(photo):
    image = Image.open(f"{ASSETS}/flowers17/jpg/image_{photo:04d}.jpg").convert("RGB")
    scale = SIZE / min(image.size)
    image = image.resize([max(SIZE, round(side * scale)) for side in image.size], Image.BILINEAR)
    left, top = [(side - SIZE) // 2 for side in image.size]
    cut = image.crop((left, top, left + SIZE, top + SIZE))
    return torch.from_numpy(np.array(cut)).double().permute(2, 0, 1)[None]


class KerasFile:
    """The arrays of an .h5 file in the order in which its layers list them."""

    def __init__(self, name):
        self.file = h5py.File(f"{ASSETS}/weights/{name}", "r")

    def arrays(self, layer):
        group = self.file[layer]
        return [torch.from_numpy(group[name][()]).double() for name in group.attrs["weight_names"]]


def vgg16(x):
    weights = KerasFile("vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5")
    x = x.flip(1) - torch.tensor([103.939, 116.779, 123.68]).double().view(1, 3, 1, 1)
    for block, convolutions in enumerate([2, 2, 3, 3, 3], 1):
        for number in range(1, convolutions + 1):
            kernel, bias = weights.arrays(f"block{block}_conv{number}")
            x = F.conv2d(x, kernel.permute(3, 2, 0, 1), bias, padding=1).relu()
        x = F.max_pool2d(x, 2)
    return x


def mobilenet(x):
    weights = KerasFile("mobilenet_7_5_224_tf_no_top.h5")
    x = x / 127.5 - 1

    def normalise(x, layer):
        gamma, beta, mean, variance = weights.arrays(layer)
        return F.batch_norm(x, mean, variance, gamma, beta, eps=1e-3).clamp(0, 6)

    def pad(x, stride):
        return F.pad(x, (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1))

    (kernel,) = weights.arrays("conv1")
    x = normalise(F.conv2d(pad(x, 2), kernel.permute(3, 2, 0, 1), stride=2), "conv1_bn")
    for block, stride in enumerate([1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1], 1):
        (kernel,) = weights.arrays(f"conv_dw_{block}")
        x = normalise(F.conv2d(pad(x, stride), kernel.permute(2, 3, 0, 1), stride=stride, groups=x.shape[1]), f"conv_dw_{block}_bn")
        (kernel,) = weights.arrays(f"conv_pw_{block}")
        x = normalise(F.conv2d(x, kernel.permute(3, 2, 0, 1)), f"conv_pw_{block}_bn")
    return x


def efficientnet_lite0(x):
    weights = torch.load(f"{ASSETS}/weights/efficientnet-lite0-57934424.pth", map_location="cpu")
    x = (x - 127) / 128

    def convolve(x, key, stride=1, groups=1):
        kernel = weights[f"{key}.weight"].double()
        size, extent = kernel.shape[-1], x.shape[-1]
        missing = max((-(-extent // stride) - 1) * stride + size - extent, 0)
        before, after = missing // 2, missing - missing // 2
        return F.conv2d(F.pad(x, (before, after, before, after)), kernel, stride=stride, groups=groups)

    def normalise(x, key):
        mean, variance, gamma, beta = [weights[f"{key}.{name}"].double() for name in ("running_mean", "running_var", "weight", "bias")]
        return F.batch_norm(x, mean, variance, gamma, beta, eps=1e-3)

    def activate(x):
        return x.clamp(0, 6)

    x = activate(normalise(convolve(x, "_conv_stem", 2), "_bn0"))
    # The strides of the blocks; each but the first widens its input by six, and those that keep the shape add it.
    for block, stride in enumerate([1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]):
        key, inner = f"_blocks.{block}", x
        if block > 0:
            inner = activate(normalise(convolve(inner, f"{key}._expand_conv"), f"{key}._bn0"))
        inner = activate(normalise(convolve(inner, f"{key}._depthwise_conv", stride, inner.shape[1]), f"{key}._bn1"))
        inner = normalise(convolve(inner, f"{key}._project_conv"), f"{key}._bn2")
        x = x + inner if x.shape == inner.shape else inner
    return activate(normalise(convolve(x, "_conv_head"), "_bn1"))


def features(network):
    return {str(photo): [float(f"{value:.6g}") for value in network(pixels(photo)).mean((2, 3))[0]] for photo in PHOTOS}


with torch.no_grad():
    print(json.dumps({"vgg16": features(vgg16), "mobilenet": features(mobilenet), "efficientnet_lite0": features(efficientnet_lite0)}))
