"""Ten training steps of every objective from fixed weights, in float64, written with PyTorch from the papers' equations.

    python3 objectives_ten_steps.py > objectives_ten_steps.json

Needs PyTorch (made with 2.15). The engine's test reads the JSON: weights, log and batches in, losses and final weights
out. Nothing here knows the engine's code: probabilities are composed by multiplication, losses are binary cross-entropies
of probabilities, gradients are PyTorch's, detach() is the stop-gradient, the optimiser is torch.optim.Adam.

Sources of the losses: Ma et al. 2018, section 3.1 (click_space, oversampled, unclicked_as_negative, rejection_sampled,
division); Wen et al. 2020, eq. 5-12 (entire_space on four towers); Wang et al. 2022, eq. 7-13 (escm2_ips, escm2_dr); Zhu
et al. 2023, eq. 9-14 (dcmt); Chapelle 2014, eq. 4-8 (delayed_feedback).
"""

import json
import pathlib
import random

import torch
from torch.nn.functional import binary_cross_entropy, softplus

torch.set_default_dtype(torch.float64)
HERE = pathlib.Path(__file__).parent
SIZE, HIDDEN, ROWS, TRAIN, BATCH = 3, [6, 4], 60, 50, 16
VOCABULARIES = [9, 6]  # ids of each field, missing and unknown included
RATE, BETA1, BETA2, EPSILON = 0.01, 0.9, 0.999, 1e-8
# The engine's own randomness for seed 7, as its test prints it: order of the training rows by step, a uniform number for
# every row of the log, and one for every row of each step's batch.
RANDOMNESS = json.loads((HERE / "randomness_of_seed_7.json").read_text())
BATCHES = RANDOMNESS["batches"]


def bce(p, label):
    return binary_cross_entropy(p, label, reduction="none")


def mean_over(loss, weight):
    """Mean of a loss over what has a weight; 0 when nothing has."""
    return (loss * weight).sum() / weight.sum().clamp(min=1.0)


def click_space(b):
    return {"ctr": bce(b["ctr"], b["click"]).mean(), "cvr": mean_over(bce(b["cvr"], b["buy"]), b["click"])}


def oversampled(b, rate):
    """The positives are really repeated here, `rate` times each."""
    clicks = [i for i in range(len(b["click"])) if b["click"][i] == 1]
    rows = [i for i in clicks for _ in range(int(rate) if b["buy"][i] == 1 else 1)]
    loss = bce(b["cvr"][rows], b["buy"][rows]).mean() if rows else b["cvr"].sum() * 0
    return {"ctr": bce(b["ctr"], b["click"]).mean(), "cvr": loss}


def unclicked_as_negative(b, share):
    kept = [i for i in range(len(b["click"])) if b["click"][i] == 1 or b["row_draws"][i] <= share]
    return {"ctr": bce(b["ctr"], b["click"]).mean(), "cvr": bce(b["cvr"][kept], b["buy"][kept]).mean()}


def rejection_sampled(b):
    p = b["ctr"].detach()
    clicks = [i for i in range(len(p)) if b["click"][i] == 1]
    least = min(p[i] for i in clicks)
    kept = [i for i in clicks if b["step_draws"][i] <= least / p[i]]
    return {"ctr": bce(b["ctr"], b["click"]).mean(), "cvr": bce(b["cvr"][kept], b["buy"][kept]).mean()}


def division(b):
    """The second tower is pCTCVR itself."""
    return {"ctr": bce(b["ctr"], b["click"]).mean(), "ctcvr": bce(b["ctcvr"], b["buy"]).mean()}


def esmm(b):
    return {"ctr": bce(b["ctr"], b["click"]).mean(), "ctcvr": bce(b["ctr"] * b["cvr"], b["buy"]).mean()}


def esm2(b, joint=0.0):
    y1, y2, y3, y4 = (b[name] for name in ("y1", "y2", "y3", "y4"))
    cvr = y2 * y3 + (1 - y2) * y4
    losses = {
        "ctr": bce(y1, b["click"]).mean(),
        "ctavr": bce(y1 * y2, b["action"]).mean(),
        "ctcvr": bce(y1 * cvr, b["buy"]).mean(),
    }
    if joint:
        buy = torch.where(b["action"] == 1, bce(y3, b["buy"]), bce(y4, b["buy"]))
        losses["joint"] = mean_over(bce(y2, b["action"]) + buy, b["click"])
    return losses


def inverse(p, clip):
    return 1 / p.detach().clamp(min=clip)


def escm2_ips(b, clip):
    weighted = b["click"] * bce(b["cvr"], b["buy"]) * inverse(b["ctr"], clip)
    return esmm(b) | {"cvr": weighted.mean()}


def escm2_dr(b, clip):
    loss, imputed = bce(b["cvr"], b["buy"]), softplus(b["logit"]["imputation"])
    weight = b["click"] * inverse(b["ctr"], clip)
    return esmm(b) | {
        "cvr": (imputed + weight * (loss - imputed)).mean(),
        "imputation": (weight * (loss.detach() - imputed) ** 2).mean(),
    }


def dcmt(b, clip):
    q, against = b["cvr"], b["counterfactual"]
    factual = b["click"] * bce(q, b["buy"]) * inverse(b["ctr"], clip)
    other = (1 - b["click"]) * -against.log() * inverse(1 - b["ctr"], clip)
    return esmm(b) | {
        "cvr": factual.mean(), "counterfactual": other.mean(), "constraint": (1 - (q + against)).abs().mean(),
    }


def delayed(b, p, weight):
    """The likelihood of what is seen of a conversion: when it came, or that it has not come yet."""
    rate = softplus(b["logit"]["delay"])
    seen = p * torch.where(b["has_delay"] == 1, rate * (-rate * b["delay"]).exp(), torch.ones_like(p))
    not_yet = 1 - p + p * (-rate * b["elapsed"]).exp()
    return mean_over(-torch.where(b["buy"] == 1, seen, not_yet).log(), weight)


def dfm(b):
    return {"ctr": bce(b["ctr"], b["click"]).mean(), "cvr": delayed(b, b["cvr"], b["click"])}


def dfm_entire(b):
    p = b["ctr"] * b["cvr"]
    return {"ctr": bce(b["ctr"], b["click"]).mean(), "ctcvr": delayed(b, p, torch.ones_like(p))}


TWO, FOUR = ["ctr", "cvr"], ["y1", "y2", "y3", "y4"]
# name, objective as in a RunSpec, towers, own embeddings, loss of a batch, weights of the terms
CASES = [
    ("naive", {"kind": "click_space", "events": ["ctr", "cvr"]}, TWO, False, click_space, {}),
    ("independent", {"kind": "click_space", "events": ["ctr", "cvr"]}, TWO, True, click_space, {}),
    ("oversampled", {"kind": "oversampled", "events": ["ctr", "cvr"], "rate": 5.0}, TWO, False,
     lambda b: oversampled(b, 5), {}),
    ("aman", {"kind": "unclicked_as_negative", "events": ["ctr", "cvr"], "share": 1.0}, TWO, False,
     lambda b: unclicked_as_negative(b, 1.0), {}),
    ("aman", {"kind": "unclicked_as_negative", "events": ["ctr", "cvr"], "share": 0.5}, TWO, False,
     lambda b: unclicked_as_negative(b, 0.5), {}),
    ("unbias", {"kind": "rejection_sampled", "events": ["ctr", "cvr"]}, TWO, False, rejection_sampled, {}),
    ("division", {"kind": "division", "events": ["ctr", "ctcvr"]}, ["ctr", "ctcvr"], True, division, {}),
    ("esmm", {"kind": "entire_space", "events": ["ctr", "ctcvr"]}, TWO, False, esmm, {"ctcvr": 2.5}),
    ("esmm_ns", {"kind": "entire_space", "events": ["ctr", "ctcvr"]}, TWO, True, esmm, {}),
    ("esm2", {"kind": "entire_space", "events": ["ctr", "ctavr", "ctcvr"], "joint_action_purchase": 0.7}, FOUR, False,
     lambda b: esm2(b, 0.7), {"joint": 0.7}),
    ("escm2_ips", {"kind": "escm2_ips", "events": ["ctr", "cvr", "ctcvr"], "clip": 0.1}, TWO, False,
     lambda b: escm2_ips(b, 0.1), {"cvr": 0.3}),
    ("escm2_ips", {"kind": "escm2_ips", "events": ["ctr", "cvr", "ctcvr"], "clip": 0.5}, TWO, False,
     lambda b: escm2_ips(b, 0.5), {}),
    ("escm2_dr", {"kind": "escm2_dr", "events": ["ctr", "cvr", "ctcvr"], "clip": 0.1}, [*TWO, "imputation"], False,
     lambda b: escm2_dr(b, 0.1), {"cvr": 0.3, "imputation": 0.3}),
    ("dcmt", {"kind": "dcmt", "events": ["ctr", "cvr", "ctcvr"], "lambda": 0.1, "clip": 0.01},
     [*TWO, "counterfactual"], False, lambda b: dcmt(b, 0.01), {"constraint": 0.1}),
    ("dfm", {"kind": "delayed_feedback", "events": ["ctr", "cvr"], "delayed": "cvr"}, [*TWO, "delay"], False, dfm,
     {"cvr": 0.5}),
    ("dfm_entire", {"kind": "delayed_feedback", "events": ["ctr", "ctcvr"], "delayed": "ctcvr"}, [*TWO, "delay"], False,
     dfm_entire, {}),
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
    # Drawn after all else, so that what stood here before stays as it is.
    later = random.Random(20261124)
    log["elapsed"] = [f32(later.uniform(0.1, 12)) for _ in range(ROWS)]
    # A conversion came some time before the log's end; when, is not known of every one.
    log["delay"] = [
        f32(later.uniform(0, elapsed)) if bought and later.random() < 0.8 else None
        for bought, elapsed in zip(log["conversion"], log["elapsed"])
    ]
    return log


def tables_of(tower, own):
    return [f"embedding.{f'{tower}.' if own else ''}field_{field}.weight" for field in range(len(VOCABULARIES))]


def make_weights(source, towers, own):
    weights = {}
    for tower in towers if own else towers[:1]:
        for name, n in zip(tables_of(tower, own), VOCABULARIES):
            weights[name] = [[f32(source.gauss(0, 0.3)) for _ in range(SIZE)] for _ in range(n)]
    sizes = [SIZE * len(VOCABULARIES) + 1, *HIDDEN, 1]
    for tower in towers:
        for layer, (n_in, n_out) in enumerate(zip(sizes, sizes[1:])):
            name = f"tower.{tower}.{layer}"
            weights[f"{name}.weight"] = [[f32(source.gauss(0, 0.5)) for _ in range(n_out)] for _ in range(n_in)]
            weights[f"{name}.bias"] = [f32(source.gauss(0, 0.2)) for _ in range(n_out)]
    return weights


def logit(weights, tower, own, log, rows):
    parts = [
        weights[name][[log["ids"][row][field] for row in rows]] for field, name in enumerate(tables_of(tower, own))
    ]
    x = torch.cat([*parts, torch.tensor([log["dense"][row] for row in rows])], dim=1)
    for layer in range(len(HIDDEN) + 1):
        x = x @ weights[f"tower.{tower}.{layer}.weight"] + weights[f"tower.{tower}.{layer}.bias"]
        x = torch.relu(x) if layer < len(HIDDEN) else x
    return x[:, 0]


def batch(weights, towers, own, log, step, rows):
    logits = {tower: logit(weights, tower, own, log, rows) for tower in towers}

    def column(name):
        return torch.tensor([float(log[name][row] or 0) for row in rows])

    return {tower: torch.sigmoid(z) for tower, z in logits.items()} | {
        "logit": logits, "click": column("click"), "action": column("action"), "buy": column("conversion"),
        "elapsed": column("elapsed"), "delay": column("delay"),
        "has_delay": torch.tensor([float(log["delay"][row] is not None) for row in rows]),
        "row_draws": [RANDOMNESS["rows"][row] for row in rows], "step_draws": RANDOMNESS["steps"][step],
    }


def train(towers, own, losses_of, term_weights, start, log):
    weights = {name: torch.tensor(value, requires_grad=True) for name, value in start.items()}
    adam = torch.optim.Adam(weights.values(), lr=RATE, betas=(BETA1, BETA2), eps=EPSILON)
    curve = []
    for step, rows in enumerate(BATCHES):
        adam.zero_grad(set_to_none=False)
        losses = losses_of(batch(weights, towers, own, log, step, rows))
        total = sum(term_weights.get(term, 1.0) * loss for term, loss in losses.items())
        total.backward()
        adam.step()
        curve.append({f"loss.{term}": loss.item() for term, loss in losses.items()} | {"loss.total": total.item()})
    return curve, {name: weight.detach().tolist() for name, weight in weights.items()}


def main():
    source = random.Random(20250713)
    log, runs = make_log(source), []
    for model, objective, towers, own, losses_of, term_weights in CASES:
        start = make_weights(source, towers, own)
        curve, end = train(towers, own, losses_of, term_weights, start, log)
        events = [{"event": event, "weight": term_weights.get(event, 1.0)} for event in objective["events"]]
        objective = objective | {"events": events}
        runs.append({"model": model, "objective": objective, "start": start, "curve": curve, "end": end})
    settings = {
        "embedding_size": SIZE, "hidden": HIDDEN, "rows": ROWS, "train_rows": TRAIN, "batch_size": BATCH,
        "vocabularies": VOCABULARIES, "learning_rate": RATE, "seed": 7,
    }
    print(json.dumps({"settings": settings, "log": log, "randomness": RANDOMNESS, "runs": runs}))


main()
