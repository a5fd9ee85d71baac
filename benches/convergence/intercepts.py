"""What solving the output biases exactly at the end of training changes: `docs/calibration.md`, "How a run ends". The engine does
it itself by now, so that a lab of today gives two equal lines; the table is of the lab before.

    cargo build --release --bin lab --features lab
    python3 benches/convergence/intercepts.py [--lab target/release/lab]

Needs NumPy, pandas and SciPy. Trains naive, ESMM and ESM² at the default (seeds 1 to 3) and shifts the logits of each run by the
two numbers at which its own loss is least on the training rows: mean pCTR is then the share of clicks, and mean pCTCVR that of
purchases (for the naive model: mean pCVR at clicks). Nothing of the held-out rows is looked at.
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import tempfile

import numpy as np
import pandas as pd
from scipy.optimize import brentq

LOGS = {
    "default 20 000": "rows = 20000",
    "default 60 000": "rows = 60000",
    "default 200 000, CTR 2 %, CVR 2 %": "rows = 200000\nctr = 0.02\ncvr = 0.02",
}
SPEC = 'version = 1\nmodels = ["naive", "esmm", "esm2"]\nseeds = [1, 2, 3]\n[data]\nsource = "generated"\n[data.synth]\n'


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def logit(p):
    return np.log(p) - np.log1p(-p)


def log_loss(label, p):
    return -np.mean(label * np.log(p) + (1 - label) * np.log1p(-p))


def divergence(q, p):
    return np.mean(q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p)))


def predictions(lab: str, synth: str) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        spec, report, rows = (pathlib.Path(folder, name) for name in ("spec.toml", "report.json", "rows.csv"))
        spec.write_text(f"{SPEC}{synth}\n")
        command = [lab, "train", "--spec", spec, "--report", report, "--predictions", rows]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return pd.read_csv(rows)


def shifts(model: str, train: pd.DataFrame) -> tuple[float, float]:
    """What to add to the logits of pCTR and of pCVR."""
    click, bought = train.click.to_numpy(), (train.click * train.conversion).to_numpy()
    ctr, cvr = logit(train.p_ctr.to_numpy()), logit(train.p_cvr.to_numpy())
    of_ctr = brentq(lambda shift: np.mean(sigmoid(ctr + shift) - click), -5, 5)
    if model == "naive":
        at_clicks = click == 1
        of_cvr = brentq(lambda shift: np.mean((sigmoid(cvr + shift) - bought)[at_clicks]), -8, 8)
    else:
        of_cvr = brentq(lambda shift: np.mean(sigmoid(ctr + of_ctr) * sigmoid(cvr + shift) - bought), -8, 8)
    return of_ctr, of_cvr


def measured(train: pd.DataFrame, held_out: pd.DataFrame, shift: tuple[float, float]) -> list[float]:
    bought = (held_out.click * held_out.conversion).to_numpy()
    share = (train.click * train.conversion).mean()
    action = held_out.truth_p_action
    truth = (action * held_out.truth_p_buy_action + (1 - action) * held_out.truth_p_buy_other).to_numpy()
    ctr = sigmoid(logit(held_out.p_ctr.to_numpy()) + shift[0])
    cvr = sigmoid(logit(held_out.p_cvr.to_numpy()) + shift[1])
    entropy = log_loss(bought, np.full(len(bought), bought.mean()))
    return [
        ctr.mean() / train.click.mean(),
        (ctr * cvr).mean() / share,
        log_loss(bought, ctr * cvr) / entropy,
        divergence(truth, cvr),
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lab", default="target/release/lab")
    arguments = parser.parse_args()
    print("| log | model | | CTR over trained on | CTCVR over trained on | NE of CTCVR | KL to the true CVR |")
    print("|---|---|---|---|---|---|---|")
    for name, synth in LOGS.items():
        found: dict[tuple[str, str], list[list[float]]] = {}
        for (model, _), rows in predictions(arguments.lab, synth).groupby(["model", "seed"], sort=False):
            train, held_out = rows[rows.split == "train"], rows[rows.split == "eval"]
            for what, shift in [("as trained", (0.0, 0.0)), ("solved", shifts(model, train))]:
                found.setdefault((model, what), []).append(measured(train, held_out, shift))
        for (model, what), runs in found.items():
            mean, spread = np.mean(runs, axis=0), np.std(runs, axis=0, ddof=1)
            ratios = " | ".join(f"{mean[k]:.3f} ± {spread[k]:.3f}" for k in (0, 1))
            print(f"| {name} | {model} | {what} | {ratios} | {mean[2]:.4f} | {mean[3]:.4f} ± {spread[3]:.4f} |", flush=True)


if __name__ == "__main__":
    main()
