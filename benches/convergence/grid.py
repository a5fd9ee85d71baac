"""Trains models over a grid of schedules, learning rates, batches, epochs and decays, on generated logs of several sizes
and base rates, and tells what came out: `docs/calibration.md` is written from it.

    cargo build --release --bin lab --features lab
    python benches/convergence/grid.py run --out runs.csv [--lab target/release/lab] [--stage NAME …]
    python benches/convergence/grid.py means runs.csv > benches/convergence/grid.csv
    python benches/convergence/grid.py best runs.csv > benches/convergence/best.md

Standard library only. `run` adds to the file and leaves out what it already holds, so that it can be stopped and started
again; one line is one run. `means` has a line for each log, setting and model: means over the logs' seeds and the training
seeds, and `sd_…`, the deviation over training seeds on one log. `best` tells, for each model, the setting with the least
held-out CTCVR log-loss beside the default: equal care for all models.

Calibration is measured three times. `pcoc` is mean predicted over mean label of the held-out rows, as on a real log;
`truth_pcoc` has the mean true probability of these rows instead; `trained_pcoc` the mean label of the rows trained on. With 50
conversions to learn from, no model can know their rate to better than 14 %, and with 20 held out none can be judged better
than by 22 %. Such luck is in the first two, and not in the third, which a model that has converged brings to 1.
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
    ctr: float | None = None
    cvr: float | None = None
    seed: int = 1


class Setting(NamedTuple):
    """What is None follows the rows, as the playground has it by default."""

    schedule: str = "linear"
    rate: float = 2e-3
    batch: int | None = None
    epochs: int | None = None
    decay: float | None = None


class Stage(NamedTuple):
    logs: list[Log]
    settings: list[Setting]
    models: list[str]
    training_seeds: list[int]


PRESETS = pathlib.Path(__file__).resolve().parents[2] / "sample-data" / "presets" / "logs"
MODELS = ["naive", "esmm", "esm2"]
OTHERS = ["independent", "esmm_ns", "escm2_ips", "escm2_dr", "dcmt", "division", "aman", "oversampled", "unbias"]
# The default of the playground, and what it was before.
DEFAULT = Setting()
BEFORE = Setting("constant", 2e-3, 256, 4, 0.0)


def settings(schedules: Iterable, rates: Iterable, batches: Iterable, epochs: Iterable, decays: Iterable) -> list[Setting]:
    return [Setting(*values) for values in itertools.product(schedules, rates, batches, epochs, decays)]


def passes(rows: int) -> list[Setting]:
    """What the default was chosen from: batches, passes, decays as multiples of 300 over the training rows."""
    chosen = [(64, 2, 1), (64, 3, 1), (64, 3, 4), (64, 4, 4), (64, 4, 16)]
    chosen += [(32, 2, 1), (32, 2, 2), (32, 2, 4), (32, 3, 8), (16, 2, 8)]
    return [Setting(batch=batch, epochs=epochs, decay=300.0 * times / (0.75 * rows)) for batch, epochs, times in chosen]


def seeded(log: Log, seeds: Iterable[int]) -> list[Log]:
    return [log._replace(seed=seed) for seed in seeds]


TWENTY, SIXTY = Log("default", 20_000), Log("default", 60_000)
MILLION = Log("default", 1_000_000, 0.01, 0.01)
STAGES = {
    # What docs/calibration.md tells of each log: before, now.
    "opening": Stage([SIXTY], [BEFORE, DEFAULT], MODELS, [1, 2, 3, 4, 5]),
    "twenty": Stage([TWENTY], [BEFORE, DEFAULT], MODELS, [1, 2, 3, 4, 5, 6, 7, 8]),
    "other_twenties": Stage(seeded(TWENTY, [2, 3, 4, 5]), [BEFORE, DEFAULT], MODELS, [1, 2, 3]),
    "other_sixties": Stage(seeded(SIXTY, [2, 3]), [BEFORE, DEFAULT], MODELS, [1, 2, 3]),
    "presets": Stage(
        [Log("strong_selection", 60_000)],
        [BEFORE, DEFAULT],
        MODELS,
        [1, 2, 3, 4, 5],
    ),
    "counter_examples": Stage(
        [Log("no_correlation", 60_000), Log("low_cardinality", 60_000), Log("late_conversions", 40_000)],
        [BEFORE, DEFAULT],
        MODELS,
        [1, 2, 3, 4, 5],
    ),
    "million": Stage([MILLION], [DEFAULT], MODELS, [1, 2, 3]),
    # More passes, smaller batches, more decay: what the default was chosen from.
    "passes_sixty": Stage([*seeded(SIXTY, [1, 2]), Log("no_correlation", 60_000)], passes(60_000), MODELS, [1, 2]),
    "passes_forty": Stage([Log("late_conversions", 40_000)], passes(40_000), MODELS, [1, 2]),
    "passes_twenty": Stage(seeded(TWENTY, [1, 2]), passes(20_000), MODELS, [1, 2]),
    # How many steps ESMM and ESM² need where clicks say much, and nothing, of purchases.
    "uncorrelated": Stage(
        [Log("no_correlation", 60_000)],
        settings(["linear"], [2e-3, 4e-3], [128], [2, 4], [0.0, 0.0067]),
        MODELS,
        [1, 2],
    ),
    "steps": Stage(
        [Log("no_correlation", 60_000), *seeded(SIXTY, [1, 2]), Log("strong_selection", 60_000)],
        settings(["linear"], [2e-3], [64], [2, 3], [0.0067]) + settings(["linear"], [2e-3], [128], [2, 4], [0.0067]),
        MODELS,
        [1, 2],
    ),
    "million_before": Stage([MILLION], [BEFORE], MODELS, [1, 2]),
    "rates": Stage(
        [Log("default", 20_000, 0.2, 0.2), Log("default", 60_000, 0.2, 0.2), Log("default", 200_000, 0.02, 0.02)],
        [BEFORE, DEFAULT, Setting(decay=0.0)],
        MODELS,
        [1, 2, 3],
    ),
    # The settings before today's: batches of 2.4·∛N, a decay of 300/N.
    "earlier_rates": Stage(
        [Log("default", 200_000, 0.02, 0.02)],
        [Setting(batch=128, epochs=2, decay=0.002), Setting(batch=128, epochs=2, decay=0.008)],
        MODELS,
        [1, 2, 3],
    ),
    # A decay that follows the purchases: better for the naive model, worse for the others.
    "by_purchases": Stage([Log("default", 200_000, 0.02, 0.02)], [Setting(decay=0.0667)], MODELS, [1, 2, 3]),
    "by_purchases_million": Stage([MILLION], [Setting(decay=0.053), Setting(decay=0.016)], MODELS, [1, 2]),
    "by_purchases_rarest": Stage(
        [Log("default", 1_000_000, 0.005, 0.005)], [Setting(decay=0.1), Setting(decay=0.03)], MODELS, [1, 2]
    ),
    "rarest": Stage([Log("default", 1_000_000, 0.005, 0.005)], [DEFAULT], MODELS, [1, 2]),
    "others": Stage([SIXTY, Log("strong_selection", 60_000)], [BEFORE, DEFAULT], OTHERS, [1, 2, 3]),
    # The grid.
    "schedules": Stage(
        seeded(TWENTY, [1, 2]),
        settings(["constant", "linear", "cosine"], [1e-3, 2e-3, 4e-3], [64, 256], [2, 4], [0.0]),
        MODELS,
        [1],
    ),
    "around": Stage(
        seeded(TWENTY, [1, 2]),
        settings(["linear"], [2e-3, 4e-3], [64, 128], [1, 2, 4], [0.0, 0.02])
        + settings(["linear"], [2e-3], [64], [2], [0.06]),
        MODELS,
        [1],
    ),
    "around_sixty": Stage(
        seeded(SIXTY, [1, 2]),
        settings(["linear"], [2e-3, 4e-3], [64, 128], [1, 2, 3], [0.0, 0.0067])
        + settings(["linear"], [2e-3], [64], [2], [0.02]),
        MODELS,
        [1],
    ),
}  # fmt: skip
MEASURES = {
    "ne": ["ctr", "ctcvr"],
    "pcoc": ["ctr", "ctcvr"],
    "truth_pcoc": ["ctr", "ctcvr", "cvr_entire_space"],
    "trained_pcoc": ["ctr", "ctcvr"],
    "auc": ["ctr", "ctcvr", "cvr_entire_space"],
    "logloss": ["ctr", "ctcvr"],
    "kl_truth": ["ctr", "ctcvr", "cvr_entire_space"],
    "rmse_truth": ["cvr_entire_space"],
    "mae_truth": ["cvr_entire_space"],
    "bias": ["cvr_entire_space"],
}
COLUMNS = [f"{measure}_{task}" for measure, tasks in MEASURES.items() for task in tasks]
OF_SETTING = ["stage", "preset", "rows", "ctr", "cvr", *Setting._fields, "model"]
KEYS = [*OF_SETTING, "seed", "training_seed"]


def spec_of(log: Log, setting: Setting, stage: Stage) -> str:
    """The experiment as TOML."""
    asked = {key: value for key, value in log._asdict().items() if key != "preset" and value is not None}
    lines = (PRESETS / f"{log.preset}.toml").read_text(encoding="utf-8").splitlines()
    synth = [line for line in lines if line.split("=")[0].strip() not in asked and not line.startswith("#")]
    synth += [f"{key} = {value}" for key, value in asked.items()]
    training = {"schedule": f'"{setting.schedule}"', "learning_rate": setting.rate, "batch_size": setting.batch,
                "epochs": setting.epochs, "embedding_decay": setting.decay}  # fmt: skip
    fixed = [f"{key} = {value}" for key, value in training.items() if value is not None]
    head = ["version = 1", f"models = {json.dumps(stage.models)}", f"seeds = {stage.training_seeds}"]
    return "\n".join([*head, "[data]", 'source = "generated"', "[data.synth]", *synth, "[training]", *fixed, ""])


def measured(run: dict, log: dict) -> dict[str, float | str]:
    """The columns of one run of a report. What is not defined is empty."""
    value = {key: metric.get("value") for key, metric in run["metrics"].items()}
    found = {}
    for measure, task in ((measure, task) for measure, tasks in MEASURES.items() for task in tasks):
        if (number := value.get(f"{measure}.{task}")) is not None:
            found[f"{measure}_{task}"] = number
    for task in MEASURES["truth_pcoc"]:
        pcoc, rate, bias = (value.get(f"{name}.{task}") for name in ("pcoc", "prevalence", "bias"))
        if None not in (pcoc, rate, bias):
            found[f"truth_pcoc_{task}"] = pcoc * rate / (pcoc * rate - bias)
    for task, ones in (("ctr", log["clicks"]), ("ctcvr", log["conversions"])):
        pcoc, rate = value.get(f"pcoc.{task}"), value.get(f"prevalence.{task}")
        if None not in (pcoc, rate):
            of_training = (ones - rate * run["eval_rows"]) / run["train_rows"]
            found[f"trained_pcoc_{task}"] = pcoc * rate / of_training
    return {column: float(f"{found[column]:.6g}") if column in found else "" for column in COLUMNS}


def run(args: argparse.Namespace) -> None:
    done = {tuple(line[key] for key in KEYS) for line in read([args.out])} if args.out.exists() else set()
    with args.out.open("a", encoding="utf-8", newline="") as file, tempfile.TemporaryDirectory() as folder:
        writer = csv.DictWriter(file, KEYS + COLUMNS, lineterminator="\n")
        if not args.out.stat().st_size:
            writer.writeheader()
        spec, report = pathlib.Path(folder, "spec.toml"), pathlib.Path(folder, "report.json")
        for name in args.stage or STAGES:
            stage = STAGES[name]
            for log, setting in itertools.product(stage.logs, stage.settings):
                of_log = {"stage": name, "training_seed": 0} | log._asdict() | setting._asdict()
                runs = itertools.product(stage.models, stage.training_seeds)
                keys = [of_log | {"model": model, "training_seed": seed} for model, seed in runs]
                if all(tuple("" if key[k] is None else str(key[k]) for k in KEYS) in done for key in keys):
                    continue
                print(name, *log, *setting, file=sys.stderr, flush=True)
                spec.write_text(spec_of(log, setting, stage), encoding="utf-8")
                command = [args.lab.resolve(), "train", "--spec", spec, "--report", report]
                subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
                written = json.loads(report.read_text(encoding="utf-8"))
                found = {(run["model"], run["seed"]): measured(run, written["log"]) for run in written["runs"]}
                writer.writerows(key | found[key["model"], key["training_seed"]] for key in keys)
                file.flush()


def read(paths: Iterable[pathlib.Path]) -> Iterator[dict[str, str]]:
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def grouped(paths: Iterable[pathlib.Path]) -> dict[tuple[str, ...], list[dict[str, str]]]:
    groups = defaultdict(list)
    for line in read(paths):
        groups[tuple(line[key] for key in OF_SETTING)].append(line)
    return groups


def mean(lines: list[dict[str, str]], column: str) -> float | None:
    values = [float(line[column]) for line in lines if line[column]]
    return statistics.mean(values) if values else None


def spread(lines: list[dict[str, str]], column: str) -> float | None:
    """Standard deviation over training seeds on one log; of several logs, the root of the mean variance."""
    by_log = defaultdict(list)
    for line in lines:
        if line[column]:
            by_log[line["seed"]].append(float(line[column]))
    variances = [statistics.variance(values) for values in by_log.values() if len(values) > 1]
    return statistics.mean(variances) ** 0.5 if variances else None


def means(args: argparse.Namespace) -> None:
    told = ["ne_ctr", "ne_ctcvr", "trained_pcoc_ctr", "trained_pcoc_ctcvr", "truth_pcoc_ctr", "truth_pcoc_ctcvr"]
    told += ["truth_pcoc_cvr_entire_space", "auc_ctr", "auc_ctcvr", "auc_cvr_entire_space", "logloss_ctcvr"]
    told += ["kl_truth_ctr", "kl_truth_ctcvr", "kl_truth_cvr_entire_space", "rmse_truth_cvr_entire_space"]
    told += ["bias_cvr_entire_space"]
    with_spread = {column for column in told if not column.startswith(("ne_", "logloss"))}
    heads = [head for column in told for head in ([column, f"sd_{column}"] if column in with_spread else [column])]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*OF_SETTING, "runs", *heads])
    for key, lines in grouped(args.files).items():
        cells = []
        for column in told:
            cells.append(mean(lines, column))
            if column in with_spread:
                cells.append(spread(lines, column))
        writer.writerow([*key, len(lines), *("" if cell is None else f"{cell:.4g}" for cell in cells)])


def best(args: argparse.Namespace) -> None:
    by_log = defaultdict(dict)
    for key, lines in grouped(args.files).items():
        of = dict(zip(OF_SETTING, key))
        if of["stage"] in ("schedules", "around", "around_sixty"):
            by_log[of["stage"], of["rows"], of["model"]][tuple(of[name] for name in Setting._fields)] = lines
    columns = ["logloss_ctcvr", "ne_ctr", "ne_ctcvr", "trained_pcoc_ctr", "trained_pcoc_ctcvr", "auc_ctcvr",
               "auc_cvr_entire_space", "kl_truth_cvr_entire_space"]  # fmt: skip
    print("| stage, rows | model | schedule, rate, batch, epochs, decay | " + " | ".join(columns) + " |")
    print("|---|---|---|" + "---|" * len(columns))
    for (stage, rows, model), by_setting in by_log.items():
        setting, lines = min(by_setting.items(), key=lambda item: mean(item[1], "logloss_ctcvr"))
        numbers = " | ".join(f"{mean(lines, column):.5f}".replace("0.", ".") for column in columns)
        print(f"| {stage}, {rows} | {model} | {', '.join(setting)} | {numbers} |")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    running = commands.add_parser("run")
    running.add_argument("--lab", type=pathlib.Path, default=pathlib.Path("target/release/lab"))
    running.add_argument("--out", type=pathlib.Path, required=True)
    running.add_argument("--stage", nargs="+", choices=STAGES)
    running.set_defaults(do=run)
    for name, do in (("means", means), ("best", best)):
        telling = commands.add_parser(name)
        telling.add_argument("files", type=pathlib.Path, nargs="+")
        telling.set_defaults(do=do)
    return parser.parse_args()


if __name__ == "__main__":
    arguments = parse_arguments()
    arguments.do(arguments)
