"""Trains every model over a grid of schedules, learning rates, batches and epochs, on generated logs of several sizes
and base rates, and writes what came out.

    python benches/convergence/grid.py run  --lab target/release/lab --out grid.csv [--stage NAME …]
    python benches/convergence/grid.py table grid.csv > benches/convergence/table.md

Standard library only. `run` adds to the file and leaves out what it already holds, so it can be stopped and started
again. One line of the file is one run: a log (preset, rows, rates, its seed), a setting, a model, a training seed.

Calibration is judged twice: `pcoc_*` against the held-out labels, as a real log would have it, and `truth_pcoc_*`
against the true probabilities of the same rows, which has no luck of the labels in it: with 25 held-out conversions
the first is off by 20 % through that luck alone.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Log(NamedTuple):
    """What is generated: a preset of the lab with these rows, rates (None: the preset's) and seed."""

    preset: str
    rows: int
    ctr: float | None
    cvr: float | None
    seed: int


class Setting(NamedTuple):
    """None follows the rows, as the playground does by default."""

    schedule: str
    rate: float
    batch: int | None
    epochs: int | None
    embedding_decay: float = 0.0


PRESETS = pathlib.Path(__file__).resolve().parents[2] / "sample-data" / "presets" / "logs"
MODELS = ["naive", "esmm", "esm2"]
ALL = ["naive", "independent", "oversampled", "aman", "unbias", "division", "esmm", "esmm_ns", "esm2", "escm2_ips",
       "escm2_dr", "dcmt"]  # fmt: skip
BEFORE = Setting("constant", 2e-3, 256, 4)
DEFAULT = Setting("linear", 2e-3, None, None)


def settings(
    schedules: Iterable[str], rates: Iterable[float], batches: Iterable[int], epochs: Iterable[int]
) -> list[Setting]:
    return [Setting(*values) for values in itertools.product(schedules, rates, batches, epochs)]


def logs(preset: str, rows: int, rates: Iterable[tuple[float | None, float | None]], seeds: Iterable[int]) -> list[Log]:
    return [Log(preset, rows, ctr, cvr, seed) for (ctr, cvr), seed in itertools.product(rates, seeds)]


OWN = [(None, None)]
# Name → logs, settings, models, training seeds.
STAGES: dict[str, tuple[list[Log], list[Setting], list[str], list[int]]] = {
    # Every schedule, where runs are short.
    "schedules": (
        logs("default", 20_000, OWN, [1, 2]),
        settings(["constant", "linear", "cosine"], [1e-3, 2e-3, 4e-3], [128, 256, 512], [2, 4]),
        MODELS,
        [1, 2],
    ),
    "longer": (logs("default", 20_000, OWN, [1, 2]), settings(["linear"], [1e-3, 2e-3], [256], [8]), MODELS, [1, 2]),
    # How batch and epochs follow the rows, with the schedule that the first stage leaves.
    "short": (
        logs("default", 20_000, OWN, [1, 2, 3, 4]),
        settings(["linear"], [2e-3, 4e-3, 8e-3], [64, 128, 256], [1, 2, 3]) + settings(["linear"], [2e-3], [256], [4]),
        MODELS,
        [1],
    ),
    "short2": (
        logs("default", 20_000, OWN, [1, 2, 3, 4]),
        [Setting("linear", 2e-3, 32, 1), Setting("linear", 4e-3, 32, 1), Setting("linear", 2e-3, 16, 1),
         Setting("linear", 4e-3, 16, 1),
         Setting("linear", 1e-3, 64, 2), Setting("linear", 2e-3, 64, 2, 1e-4), Setting("linear", 2e-3, 64, 2, 1e-3),
         Setting("linear", 2e-3, 64, 2, 1e-2)],
        MODELS,
        [1],
    ),
    "decay": (
        logs("default", 20_000, OWN, [1, 2, 3, 4]),
        [Setting("linear", 2e-3, 64, 2, 3e-2), Setting("linear", 2e-3, 64, 2, 1e-1), Setting("linear", 4e-3, 64, 2, 3e-2),
         Setting("linear", 2e-3, 64, 4, 3e-2), Setting("linear", 4e-3, 64, 1, 1e-2)],
        MODELS,
        [1],
    ),
    "decay60": (
        logs("default", 60_000, OWN, [1, 2]),
        [Setting("linear", 2e-3, 128, 2, 1e-2), Setting("linear", 2e-3, 128, 2, 3e-2), Setting("linear", 4e-3, 128, 2, 3e-2)],
        MODELS,
        [1, 2],
    ),
    "sixty": (
        logs("default", 60_000, OWN, [1, 2]),
        settings(["linear"], [2e-3, 4e-3], [64, 128, 256], [1, 2]) + [BEFORE],
        MODELS,
        [1, 2],
    ),
    "million": (
        logs("default", 1_000_000, [(0.01, 0.01)], [1]),
        [Setting("linear", 2e-3, 4096, 2, 4e-4), Setting("linear", 2e-3, 4096, 2, 3e-3)],
        ["naive", "esmm"],
        [1],
    ),
    "few_labels": (
        logs("default", 200_000, [(0.02, 0.02)], [1, 2]),
        [Setting("linear", 2e-3, 1024, 2), Setting("linear", 2e-3, 1024, 2, 2e-3), Setting("linear", 2e-3, 1024, 2, 1e-2)],
        MODELS,
        [1],
    ),
    "many_labels": (
        logs("default", 20_000, [(0.2, 0.2)], [1, 2]),
        [Setting("linear", 2e-3, 64, 2), Setting("linear", 2e-3, 64, 2, 1e-2), Setting("linear", 2e-3, 64, 2, 3e-2),
         Setting("linear", 2e-3, 64, 4, 3e-2), BEFORE],
        MODELS,
        [1, 2],
    ),
}
MEASURES = ["ne", "pcoc", "truth_pcoc", "trained_pcoc", "auc", "logloss", "xent_truth", "kl_truth", "rmse_truth", "mae_truth", "bias"]
TASKS = ["ctr", "ctcvr", "cvr_entire_space"]
KEYS = ["stage", *Log._fields, *Setting._fields, "model", "training_seed"]
COLUMNS = [*KEYS, "train_rows", "seconds", *(f"{measure}_{task}" for measure in MEASURES for task in TASKS)]


def spec_of(log: Log, setting: Setting, models: list[str], seeds: list[int]) -> str:
    """The experiment as TOML."""
    synth = (PRESETS / f"{log.preset}.toml").read_text(encoding="utf-8").splitlines()
    asked = {"rows": log.rows, "seed": log.seed, "ctr": log.ctr, "cvr": log.cvr}
    asked = {key: value for key, value in asked.items() if value is not None}
    synth = [line for line in synth if line.split("=")[0].strip() not in asked and not line.startswith("#")]
    synth += [f"{key} = {value}" for key, value in asked.items()]
    training = [f'schedule = "{setting.schedule}"', f"learning_rate = {setting.rate}"]
    training += [f"batch_size = {setting.batch}"] if setting.batch else []
    training += [f"epochs = {setting.epochs}"] if setting.epochs else []
    training += [f"embedding_decay = {setting.embedding_decay}"] if setting.embedding_decay else []
    lines = ["version = 1", f"models = {json.dumps(models)}", f"seeds = {seeds}", "[data]", 'source = "generated"']
    return "\n".join([*lines, "[data.synth]", *synth, "[training]", *training, ""])


def measured(run: dict, log: dict) -> dict[str, float | str]:
    """The columns of one run of a report. What is not defined is empty."""
    value = {key: metric.get("value", "") for key, metric in run["metrics"].items()}
    found: dict[str, float | str] = {"train_rows": run["train_rows"], "seconds": round(run["seconds"], 2)}
    for measure, task in itertools.product(MEASURES, TASKS):
        number = value.get(f"{measure}.{task}", "")
        found[f"{measure}_{task}"] = round(number, 6) if number != "" else ""
    for task in TASKS:
        pcoc, rate, bias = (value.get(f"{name}.{task}", "") for name in ("pcoc", "prevalence", "bias"))
        if "" not in (pcoc, rate, bias):
            predicted = pcoc * rate
            found[f"truth_pcoc_{task}"] = round(predicted / (predicted - bias), 6)
    for task, positives in (("ctr", log["clicks"]), ("ctcvr", log["conversions"])):
        pcoc, rate, rows = (value[f"{name}.{task}"] if name != "rows" else run["eval_rows"] for name in ("pcoc", "prevalence", "rows"))
        of_training = (positives - rate * rows) / run["train_rows"]
        found[f"trained_pcoc_{task}"] = round(pcoc * rate / of_training, 6)
    return found


def run(args: argparse.Namespace) -> None:
    is_new = not args.out.exists()
    done = set()
    if not is_new:
        with args.out.open(encoding="utf-8", newline="") as file:
            done = {tuple(line[key] for key in KEYS) for line in csv.DictReader(file)}
    with args.out.open("a", encoding="utf-8", newline="") as file, tempfile.TemporaryDirectory() as folder:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if is_new:
            writer.writeheader()
        for stage in args.stage or STAGES:
            of_logs, of_settings, models, seeds = STAGES[stage]
            for log, setting in itertools.product(of_logs, of_settings):
                keys = [
                    dict(zip(KEYS, [stage, *log, *setting, model, seed])) for model in models for seed in seeds
                ]
                if all(tuple("" if v is None else str(v) for v in key.values()) in done for key in keys):
                    continue
                print(stage, *log, *setting, flush=True)
                spec, report = pathlib.Path(folder, "spec.toml"), pathlib.Path(folder, "report.json")
                spec.write_text(spec_of(log, setting, models, seeds), encoding="utf-8")
                command = [args.lab.resolve(), "train", "--spec", spec, "--report", report]
                subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
                written = json.loads(report.read_text(encoding="utf-8"))
                by_key = {(found["model"], found["seed"]): found for found in written["runs"]}
                for key in keys:
                    writer.writerow(key | measured(by_key[key["model"], key["training_seed"]], written["log"]))
                file.flush()


def read(path: pathlib.Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run")
    running.add_argument("--lab", type=pathlib.Path, default=pathlib.Path("target/release/lab"))
    running.add_argument("--out", type=pathlib.Path, required=True)
    running.add_argument("--stage", nargs="+", choices=STAGES)
    table = commands.add_parser("table")
    table.add_argument("files", type=pathlib.Path, nargs="+")
    return parser.parse_args()


if __name__ == "__main__":
    arguments = parse_arguments()
    if arguments.command == "run":
        run(arguments)
