"""The experiment: what is trained, written into the script by the playground."""

from __future__ import annotations

import copy
import dataclasses

# The experiment (RunSpec, models spelled out) and what the log's columns are for. Written by the playground.
# fmt: off
EXPERIMENT = r'''@EXPERIMENT@'''
ROLES = r'''@ROLES@'''
# fmt: on

LIST_MARK, MAX_VALUES_PER_ROW = "\x01", 32
MISSING, UNKNOWN, FIRST = 0, 1, 2  # ids of every field: no value, one that training never saw, the first known one
NULL_WORDS = ["\\n", "null", "(null)", "<null>", "nan", "<na>", "nat", "#n/a"]  # in any column
MISSING_WORDS = {"nan", "null", "na", "n/a", "none", "nil", "\\n", "-", "?"}  # in columns of numbers
TRUTH = ["truth_p_click", "truth_p_action", "truth_p_buy_action", "truth_p_buy_other"]
POTENTIALS = ["potential_action", "potential_conversion"]
EXACT_ROWS = 1_000_000
PARTS = ["train", "validation", "eval"]
DEFAULTS = {
    "features": {"numerical": "buckets", "buckets": 16, "min_count": 1, "log1p": False, "list_pooling": "mean"},
    "split": {"by": "auto", "eval_share": 0.25, "validation_share": 0.0, "seed": 1, "cutoff_days": None},
    "network": {
        "embedding_size": 8, "pooling": "concatenate", "hidden": [64, 32], "share_embeddings": True, "dropout": 0.0,
    },
    "training": {
        "optimizer": "adam", "learning_rate": 2e-3, "schedule": "linear", "warm_up_epochs": 0.0,
        "schedule_floor": 0.0, "decay_factor": 0.5, "decay_epochs": 1.0, "beta1": 0.9, "beta2": 0.999,
        "epsilon": 1e-8, "momentum": 0.0, "weight_decay": 0.0, "embedding_decay": None, "clip_norm": None,
        "batch_size": None, "epochs": None, "lazy_embeddings": True, "positive_weights": {}, "early_stopping": None,
    },
}  # fmt: skip


class Refused(Exception):
    """What the experiment or the log asks for and this script does not do, in one sentence."""


@dataclasses.dataclass
class Run:
    """One model and seed: all that training needs beside the log."""

    model: dict
    seed: int
    features: dict
    split: dict
    network: dict
    training: dict

    @property
    def stem(self) -> str:
        return f"{self.model['name']}-{self.seed}"

    def plan(self) -> dict:
        return {key: value for key, value in dataclasses.asdict(self).items() if value is not None}


def with_defaults(experiment: dict) -> dict:
    """The experiment with every option spelled out. Options that this script does not know are refused."""
    if experiment.get("version") != 1:
        raise Refused(f"this script reads experiments of version 1, not {experiment.get('version')}")
    for section, defaults in DEFAULTS.items():
        given = experiment.get(section, {})
        if unknown := sorted(set(given) - set(defaults)):
            raise Refused(f"this script does not know {section}.{unknown[0]}")
        experiment[section] = defaults | given
    return experiment


def runs_of(experiment: dict, models: list[str] | None, seeds: list[int] | None) -> list[Run]:
    """Every network of the experiment, once for each seed."""
    known = [model["name"] for model in experiment["models"]]
    if missing := [name for name in models or [] if name not in known]:
        raise Refused(f'the experiment has no model "{missing[0]}"; it has {", ".join(known)}')
    runs = []
    for model in experiment["models"]:
        if models and model["name"] not in models:
            continue
        for sentence in model.get("left_out", []):
            print(f"{model['name']}: {sentence}")
        if model["objective"]["kind"] == "boosted_trees":
            print(f"{model['name']}: boosted trees are no network and are skipped; `lab train` trains them")
            continue
        own = {"shared": True, "separate": False}.get(
            model.get("embeddings"), experiment["network"]["share_embeddings"]
        )
        network = experiment["network"] | {"share_embeddings": own}
        model = {key: value for key, value in model.items() if key != "left_out"}
        sections = {section: copy.deepcopy(experiment[section]) for section in ("features", "split", "training")}
        runs += [Run(model, seed, network=network, **sections) for seed in seeds or experiment["seeds"]]
    if not runs:
        raise Refused("the experiment has no network to train")
    return runs
