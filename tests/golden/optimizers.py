"""Six steps of every optimiser option from fixed weights and gradients, in float64, by PyTorch's own classes.

    python3 optimizers.py > optimizers.json

Needs PyTorch (made with 2.15). The engine's test reads the JSON: settings, weights and gradients in, learning
rates and weights out. torch.optim.Adam, AdamW and SGD, torch.optim.lr_scheduler and torch.nn.utils.clip_grad_norm_ are
used as they are; biases are a parameter group of their own without decay.
"""

import json
import random

import torch
from torch.optim import lr_scheduler

torch.set_default_dtype(torch.float64)
STEPS, STEPS_PER_EPOCH, EPOCHS = 6, 2, 3
DEFAULT = {"learning_rate": 0.05, "schedule": "constant", "epochs": EPOCHS}
CASES = {
    "adam": {},
    "adam with an L2 term": {"weight_decay": 0.1},
    "adamw": {"optimizer": "adamw", "weight_decay": 0.1},
    "adamw without decay": {"optimizer": "adamw", "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3},
    "sgd": {"optimizer": "sgd"},
    "sgd with momentum and decay": {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.2},
    "clipped adam": {"clip_norm": 0.5},
    "clipped sgd": {"optimizer": "sgd", "momentum": 0.5, "clip_norm": 0.3},
    "a norm that clips nothing": {"optimizer": "sgd", "clip_norm": 100.0},
    "linear": {"optimizer": "sgd", "schedule": "linear", "schedule_floor": 0.2},
    "cosine": {"optimizer": "sgd", "schedule": "cosine", "schedule_floor": 0.1},
    "step": {"optimizer": "sgd", "schedule": "step", "decay_factor": 0.3, "decay_epochs": 1.0},
    "exponential": {"optimizer": "adamw", "weight_decay": 0.3, "schedule": "exponential", "decay_factor": 0.5},
    "warm-up": {"optimizer": "adamw", "weight_decay": 0.3, "warm_up_epochs": 1.5},
    "warm-up, then cosine": {"optimizer": "adam", "warm_up_epochs": 1.0, "schedule": "cosine"},
}


def optimizer_of(spec, weight, bias):
    groups = [
        {"params": [weight], "weight_decay": spec.get("weight_decay", 0.0)},
        {"params": [bias], "weight_decay": 0.0},
    ]
    rate, kind = spec["learning_rate"], spec.get("optimizer", "adam")
    if kind == "sgd":
        return torch.optim.SGD(groups, lr=rate, momentum=spec.get("momentum", 0.0))
    betas = (spec.get("beta1", 0.9), spec.get("beta2", 0.999))
    made = torch.optim.Adam if kind == "adam" else torch.optim.AdamW
    return made(groups, lr=rate, betas=betas, eps=spec.get("epsilon", 1e-8))


def scheduler_of(spec, optimizer):
    warm_up = round(spec.get("warm_up_epochs", 0.0) * STEPS_PER_EPOCH)
    left, floor, factor = STEPS - warm_up, spec.get("schedule_floor", 0.0), spec.get("decay_factor", 0.5)
    every = round(spec.get("decay_epochs", 1.0) * STEPS_PER_EPOCH)
    falling = {
        "constant": lambda: lr_scheduler.ConstantLR(optimizer, factor=1.0),
        "linear": lambda: lr_scheduler.LinearLR(optimizer, start_factor=1.0, end_factor=floor, total_iters=left),
        "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimizer, left, eta_min=floor * spec["learning_rate"]),
        "step": lambda: lr_scheduler.StepLR(optimizer, every, gamma=factor),
        "exponential": lambda: lr_scheduler.ExponentialLR(optimizer, gamma=factor ** (1 / every)),
    }[spec["schedule"]]
    if warm_up == 0:
        return falling()
    rising = lr_scheduler.LinearLR(optimizer, start_factor=1 / warm_up, total_iters=warm_up - 1)
    return lr_scheduler.SequentialLR(optimizer, [rising, falling()], milestones=[warm_up])


def run(name, options, start, gradients):
    spec = DEFAULT | options
    weight, bias = (torch.tensor(start[key], requires_grad=True) for key in ("weight", "bias"))
    optimizer = optimizer_of(spec, weight, bias)
    scheduler = scheduler_of(spec, optimizer)
    rates = []
    for gradient in gradients:
        weight.grad, bias.grad = torch.tensor(gradient["weight"]), torch.tensor(gradient["bias"])
        if "clip_norm" in spec:
            torch.nn.utils.clip_grad_norm_([weight, bias], spec["clip_norm"])
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    end = {"weight": weight.detach().tolist(), "bias": bias.detach().tolist()}
    return {"name": name, "training": spec, "rates": rates, "end": end}


def main():
    source = random.Random(20150509)

    def values(deviation):
        return {
            "weight": [[source.gauss(0, deviation) for _ in range(2)] for _ in range(3)],
            "bias": [source.gauss(0, deviation) for _ in range(2)],
        }

    start, gradients = values(0.5), [values(0.4) for _ in range(STEPS)]
    runs = [run(name, options, start, gradients) for name, options in CASES.items()]
    settings = {"steps_per_epoch": STEPS_PER_EPOCH, "start": start, "gradients": gradients, "runs": runs}
    print(json.dumps(settings, indent=1))


main()
