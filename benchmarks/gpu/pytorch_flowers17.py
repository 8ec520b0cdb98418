#!/usr/bin/env python3
"""The recipes of samples/Flowers17 in PyTorch, with nothing but PyTorch and Pillow or torchvision. gpu.py runs it.

      python3 pytorch_flowers17.py mobilenet|vgg16|vgg16-pooled PHOTOS.json WEIGHTS.h5 [--device cuda] [--precision fp32|bf16] [--tf32]

PHOTOS.json is a list of [path, label]; next to WEIGHTS.h5, WEIGHTS.h5.json says where its arrays are. As the trainer does, it sends the photos,
with six warped views of those for training, through the frozen layers once.
"""
import argparse
import json
import math
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

CLASSES, BATCH, SIZE, PASS = 17, 32, 224, 64
MEAN = torch.tensor([103.939, 116.779, 123.68])
STRIDES = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
BLOCKS = [(3, 64, 2), (64, 128, 2), (128, 256, 3), (256, 512, 3), (512, 512, 3)]


def decode(path):
    """uint8 [3, 224, 224]: the shorter side resized to 224, bilinear, and the centre cut out."""
    try:
        from PIL import Image
    except ImportError:
        import torchvision
        image = torchvision.io.read_image(path, torchvision.io.ImageReadMode.RGB)
        scale = SIZE / min(image.shape[1:])
        height, width = (max(SIZE, round(side * scale)) for side in image.shape[1:])
        image = F.interpolate(image[None].float(), (height, width), mode="bilinear", antialias=True)[0].round().clamp(0, 255).byte()
    else:
        photo = Image.open(path).convert("RGB")
        scale = SIZE / min(photo.size)
        width, height = (max(SIZE, round(side * scale)) for side in photo.size)
        raw = bytearray(photo.resize((width, height), Image.BILINEAR).tobytes())
        image = torch.frombuffer(raw, dtype=torch.uint8).view(height, width, 3).permute(2, 0, 1)
    top, left = (height - SIZE) // 2, (width - SIZE) // 2
    return image[:, top:top + SIZE, left:left + SIZE].contiguous()


class Arrays:
    """The arrays of a Keras file."""

    def __init__(self, path):
        self._places = json.load(open(path + ".json"))
        self._bytes = bytearray(open(path, "rb").read())

    def __getitem__(self, end):
        name = next(name for name in self._places if name == end or name.endswith("/" + end))
        offset, shape = self._places[name]
        return torch.frombuffer(self._bytes, dtype=torch.float32, count=math.prod(shape), offset=offset).view(shape).clone()


class Convolution(nn.Module):
    """A convolution with Keras's "same" padding, batch normalisation and ReLU6."""

    def __init__(self, arrays, name, kernel, stride=1, depthwise=False):
        super().__init__()
        weight = arrays[f"{name}/{'depthwise_kernel' if depthwise else 'kernel'}:0"]
        self.register_buffer("weight", (weight.permute(2, 3, 0, 1) if depthwise else weight.permute(3, 2, 0, 1)).contiguous(memory_format=torch.channels_last))
        self.stride, self.groups = stride, self.weight.shape[0] if depthwise else 1
        self.padding = (0, 0, 0, 0) if kernel == 1 else (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1)
        for key in ("moving_mean", "moving_variance", "gamma", "beta"):
            self.register_buffer(key, arrays[f"{name}_bn/{key}:0"])

    def forward(self, x):
        x = F.conv2d(F.pad(x, self.padding), self.weight, stride=self.stride, groups=self.groups)
        return F.relu6(F.batch_norm(x, self.moving_mean, self.moving_variance, self.gamma, self.beta, False, 0, 1e-3))


def mobilenet(arrays):
    layers = [Convolution(arrays, "conv1", 3, 2)]
    for i, stride in enumerate(STRIDES, 1):
        layers += [Convolution(arrays, f"conv_dw_{i}", 3, stride, depthwise=True), Convolution(arrays, f"conv_pw_{i}", 1)]
    return nn.Sequential(*layers)


def vgg16(arrays):
    layers = []
    for block, (inputs, outputs, count) in enumerate(BLOCKS, 1):
        for i in range(count):
            layer = nn.Conv2d(inputs if i == 0 else outputs, outputs, 3, padding=1)
            name = f"block{block}_conv{i + 1}"
            with torch.no_grad():
                layer.weight.copy_(arrays[f"{name}_W_1:0"].permute(3, 2, 0, 1))
                layer.bias.copy_(arrays[f"{name}_b_1:0"])
            layers += [layer, nn.ReLU(inplace=True)]
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def warp(images):
    """Turns by up to 30 degrees, shifts by up to a tenth, zooms and shears by up to a fifth, and mirrors half of the images."""
    count = len(images)

    def uniform(most):
        return (torch.rand(count, device=images.device) * 2 - 1) * most
    angle, shear, across, down = uniform(math.pi / 6), uniform(0.2), 1 + uniform(0.2), 1 + uniform(0.2)
    mirror = torch.where(torch.rand(count, device=images.device) < 0.5, -1.0, 1.0)
    rows = [torch.stack([angle.cos() * across * mirror, -(angle + shear).sin() * down, uniform(0.2)], 1),
            torch.stack([angle.sin() * across * mirror, (angle + shear).cos() * down, uniform(0.2)], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False).contiguous(memory_format=torch.channels_last)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("recipe", choices=["mobilenet", "vgg16", "vgg16-pooled"])
    parser.add_argument("photos")
    parser.add_argument("weights")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--tf32", action="store_true")
    parser.add_argument("--trial", action="store_true", help="two epochs and one view")
    arguments = parser.parse_args()
    device, bf16 = torch.device(arguments.device), arguments.precision == "bf16"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = arguments.tf32
    torch.manual_seed(42)
    times, start = {}, time.perf_counter()

    def lap(name):
        nonlocal start
        if device.type == "cuda":
            torch.cuda.synchronize()
        now = time.perf_counter()
        times[name], start = now - start, now

    photos = json.load(open(arguments.photos))
    order = torch.randperm(len(photos)).tolist()
    pixels = torch.stack([decode(photos[i][0]) for i in order]).to(device)
    labels = torch.tensor([photos[i][1] for i in order], device=device)
    train = len(pixels) * 3 // 4
    lap("decode_s")

    is_vgg = arguments.recipe != "mobilenet"
    body = (vgg16 if is_vgg else mobilenet)(Arrays(arguments.weights)).to(device)
    cut = 24 if is_vgg else len(body)

    def prepare(x):
        x = x.float().flip(1) - MEAN.to(device).view(1, 3, 1, 1) if is_vgg else x.float() / 127.5 - 1
        return x.contiguous(memory_format=torch.channels_last)

    def autocast():
        # Entered at every pass: it keeps bf16 copies of the weights until it is left.
        return torch.autocast(device.type, torch.bfloat16, enabled=bf16)

    def features(images, change=None):
        outputs = []
        with torch.no_grad():
            for part in images.split(PASS):
                with autocast():
                    outputs.append(body[:cut](change(prepare(part)) if change else prepare(part)).float())
        return torch.cat(outputs)
    views = (1 if arguments.trial else 6) if is_vgg else 1
    inputs = torch.stack([features(pixels[:train], warp if is_vgg else None) for _ in range(views)])
    test = [features(pixels[train:])] + ([features(pixels[train:], lambda x: x.flip(3))] if arguments.recipe == "vgg16-pooled" else [])
    lap("features_s")

    def train_stage(layers, inputs, optimizer, schedule, epochs, smoothing):
        for epoch in range(epochs):
            if schedule:
                optimizer.param_groups[0]["lr"] = schedule(epoch, epochs)
            layers.train()
            for rows in torch.randperm(train, device=device).split(BATCH):
                view = (epoch + rows) % len(inputs)
                optimizer.zero_grad()
                with autocast():
                    logits = layers(inputs[view, rows]).float()
                F.cross_entropy(logits, labels[rows], label_smoothing=smoothing).backward()
                optimizer.step()

    def accuracy(layers, tests):
        layers.eval()
        with torch.no_grad():
            answers = sum(torch.cat([layers(part).softmax(1) for part in x.split(BATCH)]) for x in tests)
        return answers.argmax(1).eq(labels[train:]).float().mean().item()

    class Pool(nn.Module):
        def forward(self, x):
            return x.mean((2, 3)) if x.dim() == 4 else x
    flat = arguments.recipe == "vgg16"
    width = 25088 if flat else 512 if is_vgg else 768
    head = nn.Sequential(nn.Flatten() if flat else Pool(), nn.Linear(width, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, CLASSES)).to(device)
    epochs = {"vgg16": 25, "vgg16-pooled": 40, "mobilenet": 40}[arguments.recipe]

    def cosine(rate):
        return lambda epoch, count: rate * (1 + math.cos(math.pi * epoch / count)) / 2
    with torch.no_grad():
        reached = torch.stack([torch.cat([body[cut:](part) for part in view.split(PASS)]) for view in inputs])
    optimizer = torch.optim.RMSprop(head.parameters(), 1e-4) if flat else torch.optim.Adam(head.parameters(), 1e-3)
    train_stage(head, reached, optimizer, cosine(1e-3) if arguments.recipe == "vgg16-pooled" else None, 2 if arguments.trial else epochs, 0.1 if is_vgg else 0)
    lap("warm_up_s")
    whole = nn.Sequential(body[cut:], head)
    if is_vgg:
        optimizer = torch.optim.SGD(whole.parameters(), 3e-3, momentum=0.9, nesterov=True)
        train_stage(whole, inputs, optimizer, cosine(3e-3), 2 if arguments.trial else 16, 0.1)
    result = accuracy(whole, test)
    lap("second_stage_s")
    print(json.dumps({**times, "total_s": sum(times.values()), "accuracy": result, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
