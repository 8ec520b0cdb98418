#!/usr/bin/env python3
"""Writes training_reference.json: what PyTorch and scikit-learn compute for small inputs.

Debian 12:  apt-get install python3-torch python3-sklearn  &&  /usr/bin/python3 make_training_reference.py > training_reference.json
"""
import json
import warnings

import numpy as np
import torch
from sklearn.metrics import classification_report, confusion_matrix
from sklearn.utils.class_weight import compute_class_weight

warnings.filterwarnings("ignore")
START = [0.5, -1.25, 2.0, 0.0]
TARGET = [1.0, 0.5, -0.75, 3.0]


def steps(make, clip=None):
    p = torch.nn.Parameter(torch.tensor(START))
    opt = make([p])
    values = []
    for _ in range(6):
        loss = ((p - torch.tensor(TARGET)) ** 2 * torch.tensor([1.0, 10.0, 0.1, 2.0])).sum()
        opt.zero_grad()
        loss.backward()
        if clip:
            torch.nn.utils.clip_grad_norm_([p], clip)
        opt.step()
        values.append(p.detach().tolist())
    return values


def rates(make, epochs):
    opt = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 0.1)
    schedule = make(opt)
    values = []
    for _ in range(epochs):
        values.append(opt.param_groups[0]["lr"])
        opt.step()
        schedule.step()
    return values


o = torch.optim
logits = torch.tensor([[2.0, -1.0, 0.5], [0.1, 0.2, 0.3], [-2.0, 0.0, 1.0], [1.0, 1.0, -1.0]])
labels = torch.tensor([0, 2, 1, 0])
rng = np.random.RandomState(3)
truth = np.repeat([0, 1, 2, 3], [12, 7, 20, 3])
answers = np.where(rng.rand(len(truth)) < 0.7, truth, rng.randint(0, 3, len(truth)))
names = ["daisy", "lily valley", "iris", "very long flower name"]
print(json.dumps({
    "optimizers": {
        "optimizer = \"sgd\"": steps(lambda p: o.SGD(p, 0.05)),
        "optimizer = \"sgd\"\nmomentum = 0.9\nnesterov = true\nweight_decay = 0.01": steps(lambda p: o.SGD(p, 0.05, momentum=0.9, nesterov=True, weight_decay=0.01)),
        "optimizer = \"sgd\"\nmomentum = 0.8\ndampening = 0.3": steps(lambda p: o.SGD(p, 0.05, momentum=0.8, dampening=0.3)),
        "optimizer = \"rmsprop\"": steps(lambda p: o.RMSprop(p, 0.05)),
        "optimizer = \"rmsprop\"\nalpha = 0.9\neps = 1e-7\nmomentum = 0.5\ncentered = true": steps(lambda p: o.RMSprop(p, 0.05, alpha=0.9, eps=1e-7, momentum=0.5, centered=True)),
        "optimizer = \"adam\"": steps(lambda p: o.Adam(p, 0.05)),
        "optimizer = \"adam\"\nbetas = [0.8, 0.95]\nweight_decay = 0.1\namsgrad = true": steps(lambda p: o.Adam(p, 0.05, betas=(0.8, 0.95), weight_decay=0.1, amsgrad=True)),
        "optimizer = \"adamw\"": steps(lambda p: o.AdamW(p, 0.05)),
        "optimizer = \"sgd\"\nclip_norm = 0.5": steps(lambda p: o.SGD(p, 0.05), clip=0.5),
    },
    "schedules": {
        "schedule = \"constant\"": rates(lambda s: o.lr_scheduler.LambdaLR(s, lambda e: 1), 8),
        "schedule = \"step\"\nstep_size = 3\ngamma = 0.5": rates(lambda s: o.lr_scheduler.StepLR(s, 3, 0.5), 8),
        "schedule = \"cosine\"": rates(lambda s: o.lr_scheduler.CosineAnnealingLR(s, 8), 8),
        "schedule = \"cosine\"\neta_min = 0.01": rates(lambda s: o.lr_scheduler.CosineAnnealingLR(s, 8, eta_min=0.01), 8),
    },
    "cross_entropy": {
        "plain": torch.nn.functional.cross_entropy(logits, labels).item(),
        "smoothing": torch.nn.functional.cross_entropy(logits, labels, label_smoothing=0.1).item(),
        "balanced": torch.nn.functional.cross_entropy(logits, labels, weight=torch.tensor([0.5, 2.0, 1.0]), label_smoothing=0.1).item(),
    },
    "balanced_weights": {"labels": truth.tolist(), "weights": compute_class_weight("balanced", classes=np.arange(4), y=truth).tolist()},
    "report": {
        "names": names, "truth": truth.tolist(), "answers": answers.tolist(),
        "text": classification_report(truth, answers, target_names=names),
        "numbers": classification_report(truth, answers, target_names=names, output_dict=True),
        "confusion": confusion_matrix(truth, answers).tolist(),
    },
}, indent=1))
