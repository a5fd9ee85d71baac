"""Ten training steps of ESMM and ESM² from fixed weights, in float64, written with PyTorch as a reader of the papers would.

    python3 esmm_ten_steps.py > esmm_ten_steps.json

Needs PyTorch (made with 1.13). The engine's test reads the JSON: weights, log and batches in, losses and final weights
out. Nothing here knows the engine's code: probabilities are composed by multiplication, losses are binary cross-entropies
of probabilities, gradients are PyTorch's. Adam is torch.optim.Adam; the lazy variant updates only the embedding rows of
the batch, with Adam's own formula and one step count for all rows.
"""

import json
import random

import torch

torch.set_default_dtype(torch.float64)
SIZE, HIDDEN, ROWS, TRAIN, BATCH, STEPS = 3, [6, 4], 60, 50, 16, 10
VOCABULARIES = [9, 6]  # ids of each field, missing and unknown included
RATE, BETA1, BETA2, EPSILON = 0.01, 0.9, 0.999, 1e-8
MODELS = {
    "esmm": (["ctr", "cvr"], ["ctr", "ctcvr"]),
    "esm2": (["y1", "y2", "y3", "y4"], ["ctr", "ctavr", "ctcvr"]),
}
# The engine's own order of the training rows 0..49 for seed 7, by step; its test checks that it is.
BATCHES = [
    [23, 37, 8, 48, 22, 14, 9, 35, 36, 13, 43, 39, 15, 18, 31, 47],
    [20, 30, 10, 45, 29, 7, 3, 12, 46, 0, 42, 24, 19, 21, 40, 2],
    [34, 4, 11, 1, 33, 28, 49, 44, 16, 38, 17, 27, 25, 5, 26, 41],
    [32, 6],
    [4, 27, 19, 24, 18, 10, 14, 36, 31, 1, 8, 5, 43, 11, 33, 12],
    [16, 38, 47, 22, 39, 46, 35, 17, 0, 42, 6, 34, 29, 45, 30, 13],
    [20, 9, 44, 25, 49, 40, 23, 2, 3, 7, 26, 21, 32, 15, 28, 48],
    [41, 37],
    [46, 2, 36, 12, 47, 6, 49, 25, 41, 16, 42, 21, 11, 33, 15, 20],
    [4, 8, 9, 19, 1, 38, 30, 44, 37, 35, 24, 10, 7, 22, 39, 29],
]


def f32(value):
    """The nearest 32-bit number, so that the engine starts from exactly these weights."""
    return torch.tensor(value, dtype=torch.float32).double().item()


def make_log(source):
    log = {"ids": [], "dense": [], "click": [], "action": [], "conversion": []}
    for _ in range(ROWS):
        click = source.random() < 0.5
        action = click and source.random() < 0.5
        log["ids"].append([source.randrange(n) for n in VOCABULARIES])
        log["dense"].append([f32(source.uniform(-1, 1))])
        log["click"].append(int(click))
        log["action"].append(int(action))
        log["conversion"].append(int(click and source.random() < (0.7 if action else 0.2)))
    return log


def make_weights(source, questions):
    weights = {}
    for field, n in enumerate(VOCABULARIES):
        weights[f"embedding.field_{field}.weight"] = [[source.gauss(0, 0.3) for _ in range(SIZE)] for _ in range(n)]
    sizes = [SIZE * len(VOCABULARIES) + 1, *HIDDEN, 1]
    for question in questions:
        for layer, (n_in, n_out) in enumerate(zip(sizes, sizes[1:])):
            weights[f"tower.{question}.{layer}.weight"] = [
                [source.gauss(0, 0.5) for _ in range(n_out)] for _ in range(n_in)
            ]
            weights[f"tower.{question}.{layer}.bias"] = [source.gauss(0, 0.2) for _ in range(n_out)]
    def round32(value):
        return [round32(v) for v in value] if isinstance(value, list) else f32(value)
    return {name: round32(value) for name, value in weights.items()}


def probabilities(model, questions, weights, log, rows):
    fields = range(len(VOCABULARIES))
    inputs = torch.cat(
        [weights[f"embedding.field_{field}.weight"][[log["ids"][row][field] for row in rows]] for field in fields]
        + [torch.tensor([log["dense"][row] for row in rows])],
        dim=1,
    )
    y = {}
    for question in questions:
        x = inputs
        for layer in range(len(HIDDEN) + 1):
            x = x @ weights[f"tower.{question}.{layer}.weight"] + weights[f"tower.{question}.{layer}.bias"]
            if layer < len(HIDDEN):
                x = torch.relu(x)
        y[question] = torch.sigmoid(x[:, 0])
    if model == "esmm":
        return {"ctr": y["ctr"], "ctcvr": y["ctr"] * y["cvr"]}
    cvr = y["y2"] * y["y3"] + (1 - y["y2"]) * y["y4"]
    return {"ctr": y["y1"], "ctavr": y["y1"] * y["y2"], "ctcvr": y["y1"] * cvr}


def labels(log, event, rows):
    column = {"ctr": "click", "ctavr": "action", "ctcvr": "conversion"}[event]
    return torch.tensor([float(log[column][row]) for row in rows])


class LazyAdam:
    """Adam on the rows of each batch; the others keep their values and their moments."""

    def __init__(self, tables):
        self.state = [(table, torch.zeros_like(table), torch.zeros_like(table)) for table in tables]

    def step(self, used, step):
        with torch.no_grad():
            for (table, m, v), rows in zip(self.state, used):
                gradient = table.grad[rows]
                m[rows] = BETA1 * m[rows] + (1 - BETA1) * gradient
                v[rows] = BETA2 * v[rows] + (1 - BETA2) * gradient**2
                root = (v[rows] / (1 - BETA2**step)).sqrt() + EPSILON
                table[rows] -= RATE * m[rows] / (1 - BETA1**step) / root


def train(model, questions, events, start, log, lazy):
    weights = {name: torch.tensor(value, requires_grad=True) for name, value in start.items()}
    tables = [weights[f"embedding.field_{field}.weight"] for field in range(len(VOCABULARIES))]
    towers = [weight for name, weight in weights.items() if name.startswith("tower")]
    adam = torch.optim.Adam(towers if lazy else towers + tables, lr=RATE, betas=(BETA1, BETA2), eps=EPSILON)
    lazy_adam = LazyAdam(tables)
    curve = []
    for step, rows in enumerate(BATCHES, start=1):
        for weight in weights.values():
            weight.grad = None
        p = probabilities(model, questions, weights, log, rows)
        losses = {
            event: torch.nn.functional.binary_cross_entropy(p[event], labels(log, event, rows)) for event in events
        }
        total = sum(losses.values())
        total.backward()
        adam.step()
        if lazy:
            used = [sorted({log["ids"][row][field] for row in rows}) for field in range(len(VOCABULARIES))]
            lazy_adam.step(used, step)
        curve.append({f"loss.{event}": loss.item() for event, loss in losses.items()} | {"loss.total": total.item()})
    return curve, {name: weight.detach().tolist() for name, weight in weights.items()}


def main():
    assert len(BATCHES) == STEPS
    source = random.Random(20180412)
    log = make_log(source)
    runs = []
    for model, (questions, events) in MODELS.items():
        start = make_weights(source, questions)
        for lazy in (True, False):
            curve, end = train(model, questions, events, start, log, lazy)
            runs.append({"model": model, "lazy": lazy, "start": start, "curve": curve, "end": end})
    settings = {
        "embedding_size": SIZE, "hidden": HIDDEN, "rows": ROWS, "train_rows": TRAIN, "batch_size": BATCH,
        "vocabularies": VOCABULARIES, "learning_rate": RATE, "seed": 7,
    }
    print(json.dumps({"settings": settings, "log": log, "batches": BATCHES, "runs": runs}))


main()
