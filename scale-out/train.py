"""The experiment of ESMM Playground that is written below, as a PyTorch training script for one machine or many.

Install
    pip install torch numpy pyarrow safetensors         # and, for --workers:  pip install "ray[train,data]"

Run
    python train.py --log log.csv                       # several files, gzipped ones and Parquet as well
    python train.py --log log/*.parquet --workers 8 --use-gpu --storage /shared/esmm
    python train.py --log log.csv --weights w           # trains nothing: predicts with the playground's weights

A generated log is no file yet: save it with the page's Export, "Log (CSV)", or draw it with `lab generate`.

What comes out, in --out, in the playground's own formats: `lab evaluate --predictions out/predictions.csv` adds every
other metric with its interval, and tests/recompute/recompute.py computes each prediction again.
    <model>-<seed>.safetensors, .json    weights by name; encoders, behaviour tree and plan beside them
    predictions.csv                      P(event) of the held-out rows
    metrics.json                         AUC, log-loss and PCOC of every event, labels taken as final: what is still to come
                                         counts as none (the lab and the page make up for it)

How a log of any size is read
    In three passes, piece by piece: a survey (which rows are held out), the encoders, the encoding. Encoded rows go to
    <storage>/prepared as Parquet, once for all models. With --workers each worker streams its shard of them (Ray Data);
    without, the encoded training rows are held in memory. Held-out rows are predicted file by file, but their
    predictions are in memory when they are measured. Exact: vocabularies (memory grows with the number of different
    values), means and deviations. Bucket edges, and the time from which rows are held out, are exact up to a million
    rows and from there on those of a uniform sample of a million. --storage is a folder that every worker sees.

Batches and steps with N workers
    `training.batch_size` is the whole step's: each worker takes batch_size / N rows (rounded up) and gradients are
    averaged, so steps, learning rate and schedule stay as they are. A worker's loss is the mean over its own rows;
    of a loss that is a mean over clicks, the average of N such means is not exactly the mean over all. All workers
    see equally many rows: up to N - 1 are left out of an epoch. Rows are shuffled by file and within a buffer
    (--shuffle-rows), not throughout the log. On several GPUs (NCCL) gradients of the table are dense: with lazy
    embeddings a row counts as touched where its gradient is not 0. A lost worker's run goes on from the last
    epoch's checkpoint.

Not as in the browser
    Random numbers are PyTorch's: the same seed starts from other weights. A split by time holds out the same rows; by
    user, users are drawn by a hash, so the share is met on average; by row likewise, without regard to labels. The
    page's limit on rows does not hold. GBDT is no network and is skipped. Numbers have a decimal point, times are
    numbers or ISO 8601 dates, several values in a cell are joined by \\x01, as the page's export joins them. Repairs of
    rows, labels that count within a span of time, and early stopping by metrics that are not computed here are refused.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import csv
import dataclasses
import datetime
import functools
import hashlib
import io
import json
import math
import os
import pathlib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, logsigmoid

# The experiment (RunSpec, models spelled out) and what the log's columns are for. Written by the playground.
# fmt: off
EXPERIMENT = r'''@EXPERIMENT@'''
ROLES = r'''@ROLES@'''
# fmt: on

LIST_MARK, MAX_VALUES_PER_ROW = "\x01", 32
MISSING, UNKNOWN, FIRST = 0, 1, 2  # ids of every field: no value, one that training never saw, the first known one
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


# ---------------------------------------------------------------------------------------------------- the experiment


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


# ---------------------------------------------------------------------------------------------------- reading the log


@dataclasses.dataclass(frozen=True)
class Label:
    """A label and the columns that say it: 1 where any of them is."""

    name: str
    role: str
    columns: tuple[str, ...]
    is_time: bool = False


def labels_of(roles: dict) -> list[Label]:
    """Labels under the playground's names, in its order."""
    labels = []
    for role in ("click", "conversion", "return"):
        column, at = roles.get(role), roles.get(f"{role}_time")
        if column or at:
            labels.append(Label(role, role, (column or at,), is_time=column is None))
    actions = roles.get("action", [])
    if actions:
        labels.append(Label("action", "action", tuple(actions)))
    if len(actions) > 1:
        canonical = {"click", "conversion", "action", "return"}
        names = [f"action_{n}" if column in canonical else column for n, column in enumerate(actions, 1)]
        labels += [Label(name, "action", (column,)) for name, column in zip(names, actions)]
    return labels + [Label(column, "outcome", (column,)) for column in roles.get("outcome", [])]


def header_of(path: pathlib.Path) -> tuple[list[str], str]:
    """Column names of a delimited file, and its delimiter: of the usual ones the most frequent in the first line."""
    with pa.input_stream(str(path), compression="detect") as stream:
        text = stream.read(1 << 20).decode("utf-8-sig", "replace")
    delimiter = max(",\t;|", key=text.split("\n")[0].count)
    names = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), None)
    if names is None:
        raise Refused(f"{path} is empty: its first line must name the columns")
    if any("\ufffd" in name for name in names):
        raise Refused(f"{path}, line 1: not UTF-8; save the log as UTF-8")
    return names, delimiter


def is_parquet(path: pathlib.Path) -> bool:
    return path.suffix in (".parquet", ".pq")


def names_in(path: pathlib.Path) -> list[str]:
    if not path.is_file():
        raise Refused(f"{path} is not there, or is no file; give --log the files of the log")
    try:
        names = pq.ParquetFile(path).schema_arrow.names if is_parquet(path) else header_of(path)[0]
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from None
    return [name.strip() for name in names]


def record_batches(path: pathlib.Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The file's rows, `columns` alone, piece by piece."""
    if {".json", ".jsonl", ".ndjson"} & set(path.suffixes):
        raise Refused(f"{path}: JSON Lines are not read here; save the log as CSV from the page, or as Parquet")
    if is_parquet(path):
        as_written = {name.strip(): name for name in pq.ParquetFile(path).schema_arrow.names}
        batches = pq.ParquetFile(path).iter_batches(1 << 17, columns=[as_written[name] for name in columns])
    else:
        names, delimiter = header_of(path)
        as_written = {name.strip(): name for name in names}
        batches = pyarrow.csv.open_csv(
            str(path),
            read_options=pyarrow.csv.ReadOptions(block_size=1 << 24),
            parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={name: pa.string() for name in names},
                include_columns=[as_written[name] for name in columns],
                strings_can_be_null=False,
            ),
        )
    for batch in batches:
        yield pa.RecordBatch.from_arrays([batch.column(as_written[name]) for name in columns], names=columns)


def texts_of(path: pathlib.Path, columns: list[str]) -> Iterator[dict[str, pa.Array]]:
    """The file's rows piece by piece, every one of `columns` as text."""
    try:
        for batch in record_batches(path, columns):
            yield {name: as_text(batch.column(name)) for name in columns}
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from None


def unreadable(path: pathlib.Path, error: Exception) -> Refused:
    """Why and where a file cannot be read. The fast reader tells no line, so a delimited file is read once more."""
    if is_parquet(path):
        return Refused(f"{path} is damaged, cut off or no Parquet file; write it again ({error})")
    try:
        return misread(path) or Refused(f"{path} cannot be read: {error}")
    except (pa.ArrowException, OSError) as of_the_file:
        return Refused(f"{path} is damaged, cut off or not compressed as its name says; copy it again ({of_the_file})")


def misread(path: pathlib.Path) -> Refused | None:
    """The first place of a delimited file that is not as the header, or UTF-8, asks for."""
    names, delimiter = header_of(path)

    def lines(stream: Iterable[bytes]) -> Iterator[str]:
        for number, line in enumerate(stream, 1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise Refused(f"{path}, line {number}: not UTF-8; save the log as UTF-8") from None

    first_line = 1
    with pa.input_stream(str(path), compression="detect") as stream:
        rows = csv.reader(lines(io.BufferedReader(stream)), delimiter=delimiter, strict=True)
        try:
            for cells in rows:
                if cells and len(cells) != len(names):
                    is_last = next(rows, None) is None
                    fix = "the file seems to be cut off; copy it again" if is_last else "complete it, or take it out"
                    return Refused(f"{path}, line {first_line}: {len(cells)} of {len(names)} columns; {fix}")
                first_line = rows.line_num + 1
        except csv.Error:
            return Refused(f"{path}, line {first_line}: a quote is not closed, or has text after it; double or drop it")
        except Refused as refused:
            return refused
    return None if first_line > 2 else Refused(f"{path}: no row below the header; take the file out")


def as_text(values: pa.Array) -> pa.Array:
    """Any column as text without spaces around it; null where there is nothing."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
        values = pc.binary_join(values.cast(pa.list_(pa.string())), LIST_MARK)
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        values = pc.divide(values.cast(pa.timestamp("us")).cast(pa.int64()).cast(pa.float64()), 1e6)
    text = pc.utf8_trim_whitespace(values.cast(pa.string()))
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def per_value(text: pa.Array, of: Callable[[str], Any], missing: Any, dtype: type) -> np.ndarray:
    """`of` of every cell, asked once for each different one."""
    encoded = text.dictionary_encode()
    known = encoded.dictionary.to_pylist()
    values = np.array([of(word) for word in known] + [missing], dtype=dtype)
    return values[encoded.indices.fill_null(len(known)).to_numpy(zero_copy_only=False)]


def number_of(text: str) -> float | None:
    """A cell as a number: NaN when it says that it has none, None when it is text. Long ids stay text."""
    if text.lower() in MISSING_WORDS:
        return math.nan
    try:
        number = float(text)
    except ValueError:
        return None
    is_exact = abs(number) < 2**53 or any(mark in text for mark in ".eE")
    return number if math.isfinite(number) and is_exact and "_" not in text else None


def numbers_of(text: pa.Array, column: str) -> np.ndarray:
    """Numbers, NaN where there is none; an infinity is none, as for the playground."""

    def of(cell: str) -> float:
        if (number := number_of(cell)) is None:
            with contextlib.suppress(ValueError):
                if math.isinf(float(cell)):
                    return math.nan
            raise Refused(f'column "{column}": expected a number, got "{cell}"')
        return number

    return per_value(text, of, math.nan, float)


def shortest(number: float) -> str:
    """A number as the playground writes it when a column of numbers is taken as categories."""
    return np.format_float_positional(number + 0.0, trim="-")


def yes_or_no(cell: str, column: str) -> bool:
    if (word := cell.lower()) in {"1", "true", "yes", "y", "t", "0", "false", "no", "n", "f"}:
        return word in {"1", "true", "yes", "y", "t"}
    number = number_of(cell)
    if number is None or not number >= 0 or number != int(number):
        raise Refused(f'column "{column}": expected 0 or 1, yes or no, or a count, got "{cell}"')
    return number > 0


def times_of(text: pa.Array, column: str) -> np.ndarray:
    """Times as numbers of the log's own clock, or dates as seconds since 1970; NaN where empty."""

    def of(cell: str) -> float:
        if (number := number_of(cell)) is not None:
            return number
        try:
            moment = datetime.datetime.fromisoformat(cell)
        except ValueError:
            raise Refused(f'column "{column}": times are numbers or ISO 8601 dates here, got "{cell}"') from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)).timestamp()

    return per_value(text, of, math.nan, float)


@dataclasses.dataclass
class Piece:
    """Some rows of the log: `rows` are their numbers in it, counted over all files from 0."""

    rows: np.ndarray
    text: dict[str, pa.Array]
    labels: dict[str, np.ndarray]
    times: dict[str, np.ndarray]  # by role

    @property
    def start(self) -> np.ndarray | None:
        """When each impression was clicked, or else shown."""
        click, shown = self.times.get("click_time"), self.times.get("time")
        return shown if click is None else click if shown is None else np.where(np.isnan(click), shown, click)


class Log:
    """A log's files and roles; read piece by piece, again for every pass."""

    def __init__(self, paths: list[pathlib.Path], roles: dict) -> None:
        self.paths, self.roles, self.labels = paths, roles, labels_of(roles)
        for fix in roles.get("fixes", []):
            repair, what = next(iter(fix.items()))
            if repair not in ("role", "label", "keep") and fix != {"clear_label": "conversion_without_click"}:
                raise Refused(
                    f"the repair {repair} of {what} is not made here: save the repaired log with the page's Export"
                )
        if not roles["features"]:
            raise Refused("no column is a feature; give one the role categorical or numerical")
        names = names_in(paths[0])
        kinds = {feature["name"]: feature for feature in roles["features"]}
        self.features = [kinds[name] for name in names if name in kinds]  # in the file's order, as the playground
        self.time_columns = {
            role: roles[role]
            for role in ("time", "click_time", "conversion_time", "return_time", "observed_until")
            if roles.get(role)
        }
        self.truth = [name for name in TRUTH + POTENTIALS + ["potential_return"] if name in names]
        if not {*TRUTH, *POTENTIALS} <= set(self.truth):
            self.truth = []
        keys = [roles[role] for role in ("user", "group") if roles.get(role)]
        wanted = [column for label in self.labels for column in label.columns]
        wanted += [*kinds, *self.time_columns.values(), *keys, *self.truth]
        self.columns = list(dict.fromkeys(wanted))
        for path in paths:
            names = names_in(path)
            if missing := [name for name in self.columns if name not in names]:
                raise Refused(f'{path} has no column "{missing[0]}"; it has {", ".join(names)}')

    def pieces(self) -> Iterator[Piece]:
        first = 0
        for path in self.paths:
            for text in texts_of(path, self.columns):
                n_rows = len(text[self.columns[0]])
                try:
                    piece = self.understood(np.arange(first, first + n_rows), text)
                except Refused as refused:
                    raise Refused(f"{path}: {refused}") from None
                yield piece
                first += n_rows

    def label(self, label: Label, text: dict[str, pa.Array]) -> np.ndarray:
        return functools.reduce(np.logical_or, (self.answers(column, label, text) for column in label.columns))

    def answers(self, column: str, label: Label, text: dict[str, pa.Array]) -> np.ndarray:
        """A label column by its rule."""
        cells, rule = text[column], self.roles.get("labels", {}).get(column)
        filled = np.asarray(cells.is_valid())
        if label.is_time or rule == "filled":
            return filled
        if rule in (None, "blank_is_no"):
            if rule is None and not filled.all():
                raise Refused(
                    f'column "{column}" has rows without a value; say in the roles that blank is no, or drop them'
                )
            return per_value(cells, lambda cell: yes_or_no(cell, column), False, bool)
        if "positive" in rule:
            words = [word.strip() for word in rule["positive"]]
            known = {word.lower() for word in words} | {number_of(word) for word in words} - {None}
            return per_value(cells, lambda cell: cell.lower() in known or number_of(cell) in known, False, bool)
        if "above" in rule:
            return numbers_of(cells, column) > rule["above"]
        raise Refused(f'the rule of column "{column}" is not read here: save the log with the label as 0 or 1')

    def understood(self, rows: np.ndarray, text: dict[str, pa.Array]) -> Piece:
        """The rows with their labels, none of them without what it presupposes."""
        labels = {label.name: self.label(label, text) for label in self.labels}
        for label in self.labels:
            if label.role in ("conversion", "action", "return"):
                labels[label.name] = labels[label.name] & labels["click"]
        if "return" in labels:
            labels["return"] = labels["return"] & labels["conversion"]
        times = {role: times_of(text[column], column) for role, column in self.time_columns.items()}
        return Piece(rows, text, labels, times)


# ------------------------------------------------------------------------------------------ which rows are held out


class Sample:
    """Values of a column: all of them up to a million rows, from there on a uniform sample of a million."""

    def __init__(self) -> None:
        self.values, self.rows, self.n_seen = np.empty(0), np.empty(0, np.int64), 0

    def add(self, values: np.ndarray, rows: np.ndarray) -> None:
        self.n_seen += len(rows)
        self.values, self.rows = np.concatenate([self.values, values]), np.concatenate([self.rows, rows])
        if len(self.rows) > EXACT_ROWS:
            kept = np.sort(np.argpartition(uniform(self.rows, 0), EXACT_ROWS)[:EXACT_ROWS])
            self.values, self.rows = self.values[kept], self.rows[kept]


def uniform(numbers: np.ndarray, seed: int) -> np.ndarray:
    """A number in (0, 1] for each integer, always the same. Source: Steele et al. 2014 (SplitMix64)."""
    with np.errstate(over="ignore"):
        z = numbers.astype(np.uint64) + np.uint64(seed % 2**64 + 1) * np.uint64(0x9E3779B97F4A7C15)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(float) / 2**53 + 2**-53


def uniform_of_text(text: pa.Array, seed: int) -> np.ndarray:
    """A number in (0, 1] for each different cell, always the same."""

    def of(cell: str) -> float:
        digest = hashlib.blake2b(cell.encode(), digest_size=8, key=seed.to_bytes(8, "little")).digest()
        return (int.from_bytes(digest, "little") >> 11) / 2**53 + 2**-53

    return per_value(text, of, of(""), float)


@dataclasses.dataclass
class Survey:
    """What a pass over the log finds out: how its columns are to be read, and which rows are held out."""

    n_rows: int = 0
    numbers: dict[str, bool] = dataclasses.field(default_factory=dict)  # categorical columns: all cells are numbers
    lists: dict[str, bool] = dataclasses.field(default_factory=dict)  # some cell holds several values
    split_by: str = "row"
    eval_from: tuple[float, int] = (math.inf, 0)  # time and row of the first held-out one
    validation_from: tuple[float, int] = (math.inf, 0)
    until: float = math.inf  # training rows are as known then; on the log's clock, as all times
    observed_until: float = -math.inf
    day: float = 86_400.0  # on the log's clock, whose numbers may be finer than seconds

    def part(self, log: Log, split: dict, piece: Piece) -> np.ndarray:
        """0 for training, 1 for validation, 2 for evaluation, -1 for rows after the cut-off."""
        if self.split_by == "time":
            time = piece.times["time"]

            def is_from(since: tuple[float, int]) -> np.ndarray:
                return (time > since[0]) | ((time == since[0]) & (piece.rows >= since[1]))

            is_eval, is_validation = is_from(self.eval_from), is_from(self.validation_from)
        else:
            by_user = self.split_by == "user"
            draw = uniform_of_text(piece.text[log.roles["user"]], split["seed"]) if by_user else None
            draw = uniform(piece.rows, split["seed"]) if draw is None else draw
            is_eval = draw <= split["eval_share"]
            is_validation = draw <= split["eval_share"] + (1 - split["eval_share"]) * split["validation_share"]
        part = np.where(is_eval, 2, np.where(is_validation, 1, 0))
        if self.until < math.inf:
            part[(part == 0) & (piece.start > self.until)] = -1
        return part


def survey(log: Log, split: dict) -> Survey:
    found, times, users, first = Survey(), Sample(), set(), math.inf
    categorical = [feature["name"] for feature in log.features if feature["kind"] == "categorical"]
    found.numbers, found.lists = dict.fromkeys(categorical, True), dict.fromkeys(categorical, False)
    with_bars = set()
    for piece in log.pieces():
        found.n_rows += len(piece.rows)
        for name in categorical:
            for cell in pc.unique(piece.text[name]).drop_null().to_pylist():
                with_bars.update([name] if "|" in cell else [])
                found.numbers[name] = found.numbers[name] and number_of(cell) is not None
                found.lists[name] = found.lists[name] or LIST_MARK in cell
        if "time" in piece.times:
            if np.isnan(piece.times["time"]).any():
                raise Refused(f'column "{log.roles["time"]}" has rows without a time')
            times.add(piece.times["time"], piece.rows)
        if len(users) < 10 and log.roles.get("user"):
            users.update(pc.unique(piece.text[log.roles["user"]]).to_pylist())
        ends = [piece.times["observed_until"]] if "observed_until" in piece.times else piece.times.values()
        found.observed_until = max([found.observed_until, *(np.nanmax(end) for end in ends if (end == end).any())])
        if piece.start is not None and len(piece.rows):
            if np.isnan(piece.start).any():
                raise Refused("some rows have no time to count delays from; give a column the role time")
            first = min(first, piece.start.min())
    if not found.n_rows:
        raise Refused(f"{', '.join(map(str, log.paths))}: no row below the header; give the log's rows")
    for name in sorted(with_bars):
        print(f'column "{name}" has cells with |: each is one value here; the page\'s export joins values with \\x01')
    largest = max([abs(end) for end in (first, found.observed_until) if math.isfinite(end)], default=0.0)
    found.day *= next(unit for most, unit in ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (math.inf, 1e9)) if largest < most)
    if 19_000_101 <= first and largest <= 21_001_231 and len(log.time_columns) > 1:
        raise Refused("times like 20240131 cannot be subtracted; write them as 2024-01-31")
    found.split_by = split_by(split["by"], log, len(np.unique(times.values)) > 1, len(users))
    if found.split_by == "time":
        order = np.lexsort((times.rows, times.values))
        n_eval = held_out(len(order), split["eval_share"])
        n_validation = held_out(len(order) - n_eval, split["validation_share"]) if split["validation_share"] else 0
        at = [order[len(order) - n_eval], order[len(order) - n_eval - n_validation]]
        found.eval_from, found.validation_from = ((times.values[i], int(times.rows[i])) for i in at)
    if split["cutoff_days"] is not None:
        if not {"conversion_time", "return_time"} & set(log.time_columns) or not math.isfinite(first):
            raise Refused("split.cutoff_days needs the times of impressions and of conversions")
        found.until = min(first, found.observed_until) + split["cutoff_days"] * found.day
    return found


def split_by(asked: str, log: Log, has_varied_time: bool, n_users: int) -> str:
    if asked in ("time", "user") and not log.roles.get(asked):
        raise Refused(f"the split is by {asked}, and no column has that role")
    return asked if asked != "auto" else "time" if has_varied_time else "user" if n_users >= 10 else "row"


def held_out(n_rows: int, share: float) -> int:
    return min(max(math.floor(n_rows * share + 0.5), 1), n_rows - 1)


# -------------------------------------------------------------------------------------------------------- encoders


class Moments:
    """Mean and deviation in one pass. Source: Chan et al. 1983."""

    def __init__(self) -> None:
        self.n, self.mean, self.squares = 0, 0.0, 0.0

    def add(self, values: np.ndarray) -> None:
        if not len(values):
            return
        n, delta = self.n + len(values), values.mean() - self.mean
        self.squares += ((values - values.mean()) ** 2).sum() + delta**2 * self.n * len(values) / n
        self.mean, self.n = self.mean + delta * len(values) / n, n


class Fitting:
    """One feature's encoder in the making: fed with training rows."""

    def __init__(self, feature: dict, survey: Survey) -> None:
        name = feature["name"]
        self.feature, self.is_categorical = feature, feature["kind"] == "categorical"
        self.is_list = survey.lists.get(name, False)
        self.is_number = survey.numbers.get(name, False) and not self.is_list
        self.counts, self.longest = Counter(), 1
        self.sample, self.plain, self.logged, self.has_negative = Sample(), Moments(), Moments(), False

    def add(self, text: pa.Array, rows: np.ndarray) -> None:
        if self.is_categorical:
            for entry in text.drop_null().value_counts().to_pylist():
                words = items(entry["values"]) if self.is_list else [self.word(entry["values"])]
                self.longest = max(self.longest, len(words))
                for word in words:
                    self.counts[word] += entry["counts"]
            return
        numbers = numbers_of(text, self.feature["name"])
        is_there = ~np.isnan(numbers)
        numbers = numbers[is_there]
        self.has_negative |= bool((numbers < 0).any())
        self.sample.add(numbers, rows[is_there])
        self.plain.add(numbers)
        self.logged.add(np.log1p(np.maximum(numbers, 0.0)))

    def word(self, cell: str) -> str:
        """A category's name; none for a missing value in a column of numbers."""
        if not self.is_number:
            return cell
        number = number_of(cell)
        return "" if math.isnan(number) else shortest(number)

    def encoder(self, spec: dict) -> tuple[str, dict]:
        """Whether it is one of the embedded `fields` or a `dense` input, and the encoder in the playground's form."""
        name, log1p = self.feature["name"], spec["log1p"] and not self.has_negative
        field = {"name": name, "group": self.feature["group"]}
        if self.is_categorical:
            values = vocabulary(self.counts, spec["min_count"])
            if not self.is_list:
                return "fields", field | {"encoding": {"kind": "vocabulary", "values": values}}
            width = min(self.longest, MAX_VALUES_PER_ROW)
            pooled = {"values_per_row": width, "pooling": spec["list_pooling"]}
            return "fields", field | {"encoding": {"kind": "lists", "values": values} | pooled}
        if spec["numerical"] == "buckets":
            numbers = np.log1p(self.sample.values) if log1p else self.sample.values
            edges = quantile_edges(numbers, spec["buckets"])
            return "fields", field | {"encoding": {"kind": "buckets", "edges": edges, "log1p": log1p}}
        moments = self.logged if log1p else self.plain
        std = math.sqrt(moments.squares / max(moments.n, 1))
        std = std if math.isfinite(std) and std > 0 else 1.0
        return "dense", {"name": name, "mean": float(moments.mean), "std": std, "log1p": log1p}


def items(cell: str) -> list[str]:
    return [item.strip() for item in cell.split(LIST_MARK) if item.strip()]


def vocabulary(counts: Counter, min_count: int) -> list[str]:
    """Words seen often enough, the most frequent first, then by text."""
    kept = [(word, count) for word, count in counts.items() if word and count >= max(min_count, 1)]
    return [word for word, _ in sorted(kept, key=lambda entry: (-entry[1], entry[0]))]


def quantile_edges(numbers: np.ndarray, buckets: int) -> list[float]:
    """Edges at quantiles, each halfway between two neighbouring values."""

    def halfway(low: float, high: float) -> float:
        middle = low / 2 + high / 2
        return middle if low < middle <= high else high

    numbers = np.sort(numbers)
    distinct = np.unique(numbers)
    if len(distinct) <= buckets:
        return [float(halfway(low, high)) for low, high in zip(distinct, distinct[1:])]
    at = np.searchsorted(distinct, [numbers[k * len(numbers) // buckets] for k in range(1, buckets)])
    edges = [float(halfway(distinct[i - 1], distinct[i])) for i in at if i > 0]
    return list(dict.fromkeys(edges))


def fit(log: Log, found: Survey, run: Run) -> dict:
    """Encoders fitted on the training rows: `fields` and `dense`, as beside the playground's weights."""
    fittings = [Fitting(feature, found) for feature in log.features]
    for piece in log.pieces():
        is_train = found.part(log, run.split, piece) == 0
        for fitting in fittings:
            fitting.add(piece.text[fitting.feature["name"]].filter(pa.array(is_train)), piece.rows[is_train])
    features: dict = {"fields": [], "dense": []}
    for fitting in fittings:
        kind, encoder = fitting.encoder(run.features)
        features[kind].append(encoder)
    return features


def encode_field(encoding: dict, text: pa.Array, is_number: bool) -> tuple[np.ndarray, np.ndarray]:
    """Ids `[rows, places]`, and how much each place counts."""
    if encoding["kind"] == "buckets":

        def bucket(cell: str) -> int:
            number = number_of(cell)
            if number is None or math.isnan(number):
                return MISSING
            return FIRST + int(np.searchsorted(encoding["edges"], transformed(encoding, number), side="right"))

        return per_value(text, bucket, MISSING, np.int32)[:, None], np.ones((len(text), 1), np.float32)
    known = {word: id for id, word in enumerate(encoding["values"], FIRST)}
    if encoding["kind"] == "vocabulary":

        def id_of(cell: str) -> int:
            if not is_number:
                return known.get(cell, UNKNOWN)
            number = number_of(cell)
            return MISSING if math.isnan(number) else known.get(shortest(number), UNKNOWN)

        return per_value(text, id_of, MISSING, np.int32)[:, None], np.ones((len(text), 1), np.float32)
    width, is_mean = encoding["values_per_row"], encoding["pooling"] == "mean"
    cells = text.dictionary_encode()
    rows = [
        [known.get(item, UNKNOWN) for item in items(cell)[:width]] or [MISSING] for cell in cells.dictionary.to_pylist()
    ]
    rows.append([MISSING])
    # Places without a value repeat the first and weigh nothing.
    ids = np.array([ids + ids[:1] * (width - len(ids)) for ids in rows], np.int32)
    counts = np.array([len(ids) for ids in rows])[:, None]
    weights = np.where(np.arange(width) < counts, 1 / counts if is_mean else 1.0, 0.0).astype(np.float32)
    of_row = cells.indices.fill_null(len(rows) - 1).to_numpy(zero_copy_only=False)
    return ids[of_row], weights[of_row]


def transformed(encoder: dict, x: Any) -> Any:
    return np.log1p(np.maximum(x, 0.0)) if encoder["log1p"] else x


@dataclasses.dataclass
class Layout:
    """Where each field is in the embedding table, and how its places are pooled. Places are in pooled order."""

    fields: list[dict]
    offsets: dict[str, int]
    rows: int  # of one copy of the table
    groups: list[int]  # places of each pooled group
    has_lists: bool
    dense: list[dict]

    @classmethod
    def of(cls, features: dict, network: dict) -> Layout:
        offsets, rows = {}, 0
        for field in features["fields"]:
            offsets[field["name"]], rows = rows, rows + vocabulary_size(field["encoding"])
        fields, widths = features["fields"], [width_of(field) for field in features["fields"]]
        if network["pooling"] == "sum_by_group":
            groups = ["user", "item", "context"]
            fields = sorted(fields, key=lambda field: groups.index(field["group"]))
            sums = [sum(width_of(field) for field in fields if field["group"] == group) for group in groups]
            widths_of_groups = [total for total in sums if total]
        else:
            widths_of_groups = widths
        return cls(fields, offsets, rows, widths_of_groups, any(width > 1 for width in widths), features["dense"])

    @property
    def n_places(self) -> int:
        return sum(self.groups)

    def encode(self, log: Log, found: Survey, piece: Piece) -> dict[str, np.ndarray]:
        columns: dict[str, np.ndarray] = {}
        place = 0
        for field in self.fields:
            is_number = found.numbers.get(field["name"], False) and not found.lists[field["name"]]
            ids, weights = encode_field(field["encoding"], piece.text[field["name"]], is_number)
            for k in range(ids.shape[1]):
                columns[f"id.{place}"] = ids[:, k] + np.int32(self.offsets[field["name"]])
                if self.has_lists:
                    columns[f"weight.{place}"] = weights[:, k]
                place += 1
        for k, encoder in enumerate(self.dense):
            numbers = numbers_of(piece.text[encoder["name"]], encoder["name"])
            scaled = np.tanh((transformed(encoder, numbers) - encoder["mean"]) / encoder["std"])
            columns[f"dense.{k}"] = np.nan_to_num(scaled, nan=0.0).astype(np.float32)
        return columns


def width_of(field: dict) -> int:
    return field["encoding"].get("values_per_row", 1)


def vocabulary_size(encoding: dict) -> int:
    return FIRST + (len(encoding["edges"]) + 1 if encoding["kind"] == "buckets" else len(encoding["values"]))


def prepare(log: Log, found: Survey, split: dict, layout: Layout, folder: pathlib.Path) -> dict[str, int]:
    """Writes the encoded rows of each part as Parquet files; returns how many rows each part has."""
    rows_of, positives = dict.fromkeys(PARTS, 0), Counter()
    for part in PARTS:
        (folder / part).mkdir(parents=True, exist_ok=True)
        for old in (folder / part).glob("*.parquet"):
            old.unlink()
    for piece in log.pieces():
        part_of_row = found.part(log, split, piece)
        columns = (
            layout.encode(log, found, piece)
            | {"row": piece.rows}
            | labels_and_waits(log, found, piece, part_of_row == 0)
        )
        for k, label in enumerate(log.labels):
            positives[label.name] += int(columns[f"label.{k}"][part_of_row == 0].sum())
        for part, name in enumerate(PARTS):
            chosen = part_of_row == part
            rows_of[name] += int(chosen.sum())
            if chosen.any():
                table = {column: values[chosen] for column, values in columns.items()}
                if name == "eval":
                    kept = [log.roles[role] for role in ("user", "group") if log.roles.get(role)]
                    table |= {
                        f"log.{column}": piece.text[column].filter(pa.array(chosen)) for column in {*kept, *log.truth}
                    }
                pq.write_table(pa.table(table), folder / name / f"{piece.rows[0]:012}.parquet")
    if never := [label.name for label in log.labels if not positives[label.name]]:
        print(f"never 1 in the training rows: {', '.join(never)}")
    if not rows_of["train"] or not rows_of["eval"]:
        raise Refused("a part of the log is empty: too few rows, or a cut-off too early")
    return rows_of


def labels_and_waits(log: Log, found: Survey, piece: Piece, is_train: np.ndarray) -> dict[str, np.ndarray]:
    """Labels, those of training rows as known at the cut-off; and how long conversions and returns took, in days."""
    columns, labels, start = {}, dict(piece.labels), piece.start
    if start is not None and ("conversion_time" in piece.times or "return_time" in piece.times):
        elapsed = np.minimum(np.where(is_train, found.until, math.inf), found.observed_until) - start
        columns["elapsed"] = (np.maximum(elapsed, 0.0) / found.day).astype(np.float32)
        before = start
        for name in ("conversion", "return"):
            if f"{name}_time" not in piece.times or name not in labels:
                continue
            at = np.where(piece.labels[name], piece.times[f"{name}_time"], math.nan)
            at = np.where(at < before, before, at)  # not before what led to it
            before = np.fmax(before, at)
            seen = ~is_train | np.isnan(at) | (at <= found.until)
            labels[name] = labels[name] & seen
            columns[f"delay.{name}"] = np.where(seen, (at - start) / found.day, math.nan).astype(np.float32)
        if "return" in labels:
            labels["return"] = labels["return"] & labels["conversion"]
    return columns | {f"label.{k}": labels[label.name] for k, label in enumerate(log.labels)}


# ---------------------------------------------------------------------------------------- the behaviour tree (SCM)

# Probability mass of an event: True (always), False (never), or (question, mass after yes, mass after no).
Mass = bool | tuple[int, "Mass", "Mass"]
LogP = Tensor | None  # a log-probability; None for what cannot be


class Tree:
    """Binary questions in the order in which they can be asked, and the events read from them."""

    def __init__(self, tree: dict) -> None:
        self.questions, self.events = tree["questions"], tree["events"]
        self.index = {question["name"]: k for k, question in enumerate(self.questions)}

    def next(self, question: int, yes: bool) -> int | None:
        name = self.questions[question].get("yes" if yes else "no")
        return None if name is None else self.index[name]

    def path_to(self, question: int) -> list[tuple[int, bool]]:
        """Questions and answers that lead to `question`, the first one first."""
        for parent in range(len(self.questions)):
            for yes in (True, False):
                if self.next(parent, yes) == question:
                    return [*self.path_to(parent), (parent, yes)]
        return []

    def event_mass(self, event: dict) -> Mass:
        """The mass of an event, from the first question or from its condition's yes."""
        if event.get("given") is None:
            return self.mass(event, 0, {})
        given = self.index[event["given"]]
        answered = {self.questions[k]["label"]: yes for k, yes in [*self.path_to(given), (given, True)]}
        return self.mass(event, self.next(given, True), answered)

    def mass(self, event: dict, question: int | None, answered: dict[str, bool]) -> Mass:
        if question is None:
            return all(answered.get(label) == required for label, required in event["answers"].items())
        label = self.questions[question]["label"]
        yes, no = (self.mass(event, self.next(question, yes), answered | {label: yes}) for yes in (True, False))
        return yes if isinstance(yes, bool) and yes == no else (question, yes, no)

    def reached(self, question: int, then: Mass) -> Mass:
        """The mass of being asked `question`, and of `then` from there on."""
        for parent, yes in reversed(self.path_to(question)):
            then = (parent, then, False) if yes else (parent, False, then)
        return then

    def walk(self, labels: dict[str, Tensor]) -> list[tuple[Tensor, Tensor]]:
        """Of every question: in which rows it is asked, and where the answer is yes."""
        asked = [torch.zeros_like(next(iter(labels.values()))) for _ in self.questions]
        asked[0] = torch.ones_like(asked[0])

        def ask(question: int) -> None:
            answer = labels[self.questions[question]["label"]]
            for yes in (True, False):
                if (following := self.next(question, yes)) is not None:
                    asked[following] = asked[question] & (answer if yes else ~answer)
                    ask(following)

        ask(0)
        return [(asked[k], asked[k] & labels[question["label"]]) for k, question in enumerate(self.questions)]

    def event_label(self, event: dict, walked: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor | None]:
        """The event's label, and where it is observed; None where every row has it."""
        label = torch.ones_like(walked[0][0])
        for name, required in event["answers"].items():
            is_met = torch.zeros_like(label)
            for question, (asked, yes) in zip(self.questions, walked):
                if question["label"] == name:
                    is_met |= yes if required else asked & ~yes
            label &= is_met
        observed = None if event.get("given") is None else walked[self.index[event["given"]]][1]
        return label if observed is None else label & observed, observed


def fold(mass: Mass, log_yes: Tensor, log_no: Tensor) -> tuple[LogP, LogP]:
    """ln P(event) and ln P(not event), `[batch]`, from every question's ln σ(±z), `[questions, batch]`.

    Made of additions and log-add-exp: never 1 - p, never a clamp. Source: Wen et al. 2020, eq. 5-8.
    """
    if isinstance(mass, bool):
        zero = torch.zeros_like(log_yes[0])
        return (zero, None) if mass else (None, zero)
    question, yes, no = mass
    sides = [
        [None if side is None else side + answer[question] for side in fold(after, log_yes, log_no)]
        for after, answer in ((yes, log_yes), (no, log_no))
    ]

    def mix(a: LogP, b: LogP) -> LogP:
        return b if a is None else a if b is None else torch.logaddexp(a, b)

    return mix(sides[0][0], sides[1][0]), mix(sides[0][1], sides[1][1])


# ---------------------------------------------------------------------------------------------- what is minimised


@dataclasses.dataclass
class Target:
    """Something with a label: a supervised event, or a question of the joint likelihood."""

    name: str
    weight: float
    positive_weight: float
    mass: Mass
    condition: Mass | None  # what must have happened for the label to be observed
    event: dict | None
    question: int | None = None


@dataclasses.dataclass
class Model:
    """A model's towers, tree and targets."""

    objective: dict
    tree: Tree
    towers: list[str]
    targets: list[Target]

    @classmethod
    def of(cls, run: Run) -> Model:
        objective, tree, weights = run.model["objective"], Tree(run.model["tree"]), run.training["positive_weights"]
        kind = objective["kind"]
        beside = {"escm2_dr": ["imputation"], "dcmt": ["counterfactual"], "delayed_feedback": ["delay"]}.get(kind, [])
        towers = [*tree.index, *beside]
        if kind == "division":
            towers = [supervised["event"] for supervised in objective["events"]]
        targets, named = [], {event["name"]: event for event in tree.events}
        for supervised in objective["events"]:
            event, name = named[supervised["event"]], supervised["event"]
            given = None if event.get("given") is None else tree.index[event["given"]]
            condition = None if given is None else tree.reached(given, (given, True, False))
            targets.append(
                Target(name, supervised["weight"], weights.get(name, 1.0), tree.event_mass(event), condition, event)
            )
        if joint := float(objective.get("joint_action_purchase", 0.0)):
            for k, question in enumerate(tree.questions):
                if any(tree.questions[parent]["label"] == "click" and yes for parent, yes in tree.path_to(k)):
                    condition = tree.reached(k, True)
                    targets.append(Target(question["name"], joint, 1.0, (k, True, False), condition, None, k))
        return cls(objective, tree, towers, targets)

    def readout(self) -> list[dict]:
        """How each question's answer is made of the towers' logits."""
        readouts = []
        for k, question in enumerate(self.tree.index):
            if self.objective["kind"] == "division" and k == 1:
                above, below = self.towers[1], self.towers[0]
                ratio = {"numerator": above, "denominator": below, "max_p": 1 - 1e-6}
                readouts.append({"kind": "ratio", "question": question} | ratio)
                continue
            is_oversampled = any(t.weight > 0 and t.condition and t.mass == (k, True, False) for t in self.targets)
            is_shifted = self.objective.get("prior_correction", False) and is_oversampled
            shift = -math.log(self.objective["rate"]) if is_shifted else 0.0
            readouts.append({"kind": "tower", "question": question, "tower": self.towers[k], "shift": shift})
        return readouts

    def read(self, of_towers: Tensor) -> Tensor:
        """The questions' logits, `[questions, rows]`, from the towers', `[towers, rows]`; in double precision."""
        of_towers, logits = of_towers.double(), []
        for readout in self.readout():
            if readout["kind"] == "tower":
                logits.append((of_towers[self.towers.index(readout["tower"])] + readout["shift"]).float())
                continue
            log_p = (logsigmoid(of_towers[1]) - logsigmoid(of_towers[0])).clamp(max=math.log(readout["max_p"]))
            logits.append((log_p - torch.log(-torch.expm1(log_p))).float())
        return torch.stack(logits).double()


@dataclasses.dataclass
class Batch:
    """Some rows: inputs, labels, uniform numbers in (0, 1] for an objective that draws, and waits in days."""

    ids: Tensor | None  # [batch, places]
    dense: Tensor | None
    weights: Tensor | None  # of places, where a field has several values
    labels: dict[str, Tensor]
    draws: Tensor | None = None
    delay: Tensor | None = None  # NaN where not known
    elapsed: Tensor | None = None

    @classmethod
    def of(cls, columns: dict[str, Tensor], shape: Shape, model: Model, seed: int, step: int) -> Batch:
        def stacked(kind: str, count: int) -> Tensor | None:
            return torch.stack([columns[f"{kind}.{k}"] for k in range(count)], 1) if count else None

        labels = {name: columns[f"label.{k}"].bool() for k, name in enumerate(shape.labels)}
        labels |= {alias: labels[label] for alias, label in shape.aliases.items() if label in labels}
        kind, draws, delay = model.objective["kind"], None, None
        rows = columns["row"].cpu().numpy()
        if kind == "unclicked_as_negative":
            draws = uniform(rows, seed)  # a row's draw is the run's
        elif kind == "rejection_sampled":
            draws = uniform(rows, seed + (step + 1) * 0x9E3779B1)
        elif kind == "delayed_feedback":
            event = next(target.event for target in model.targets if target.name == model.objective["delayed"])
            needed = [shape.aliases.get(name, name) for name, required in event["answers"].items() if required]
            delays = [columns[f"delay.{name}"] for name in needed if f"delay.{name}" in columns]
            delay = functools.reduce(torch.maximum, delays)  # NaN wins: a wait that is not known
        device = columns["row"].device
        return cls(
            stacked("id", shape.n_places), stacked("dense", shape.n_dense),
            stacked("weight", shape.n_places if shape.has_lists else 0), labels,
            None if draws is None else torch.tensor(draws, dtype=torch.float32, device=device),
            delay, columns.get("elapsed"),
        )  # fmt: skip


@dataclasses.dataclass
class Shape:
    """What a prepared log's columns are."""

    n_places: int
    n_dense: int
    has_lists: bool
    labels: list[str]
    aliases: dict[str, str]


Terms = dict[str, tuple[float, Tensor]]  # name: weight, mean loss in nats


class Supervision:
    """A batch as an objective sees it."""

    def __init__(self, model: Model, batch: Batch, logits: Tensor) -> None:
        self.model, self.batch, self.logits = model, batch, logits
        self.log_yes, self.log_no = logsigmoid(logits), logsigmoid(-logits)
        walked = model.tree.walk(batch.labels)
        self.label: dict[str, Tensor] = {}
        self.observed: dict[str, Tensor | None] = {}
        for target in model.targets:
            if target.event is None:
                observed, label = walked[target.question]
            else:
                label, observed = model.tree.event_label(target.event, walked)
            self.label[target.name] = label.to(logits.dtype)
            self.observed[target.name] = None if observed is None else observed.to(logits.dtype)

    def mass(self, target: Target) -> tuple[Tensor, Tensor]:
        return fold(target.mass, self.log_yes, self.log_no)

    def cross_entropy(self, target: Target, mass: tuple[Tensor, Tensor] | None = None) -> Tensor:
        log_p, log_not_p = mass or self.mass(target)
        label = self.label[target.name]
        return -(target.positive_weight * label * log_p + (1 - label) * log_not_p)

    def propensity(self, target: Target) -> tuple[Tensor, Tensor]:
        """Log-mass of the target's condition, behind a stop-gradient."""
        return fold(target.condition, self.log_yes.detach(), self.log_no.detach())

    def plain(self, target: Target) -> Tensor:
        """Mean cross-entropy over the rows whose label is observed."""
        loss, observed = self.cross_entropy(target), self.observed[target.name]
        return loss.mean() if observed is None else weighted_mean(loss, observed)

    def each(self, of_conditioned: Callable[[Target, Tensor, Tensor], Terms]) -> Terms:
        """Plain terms of events seen from the first question; `of_conditioned` says those of the others."""
        terms: Terms = {}
        for target in self.model.targets:
            observed = self.observed[target.name]
            if observed is None:
                terms[target.name] = (target.weight, self.plain(target))
            else:
                terms |= of_conditioned(target, self.cross_entropy(target), observed)
        return terms


def weighted_mean(loss: Tensor, weight: Tensor) -> Tensor:
    return (loss * weight).sum() / weight.sum().clamp(min=1.0)


def inverse(log_p: Tensor, clip: float) -> Tensor:
    """1 / max(p, clip)."""
    return (-log_p.clamp(min=math.log(clip))).exp()


def click_space(b: Supervision, _: dict) -> Terms:
    """Each event over the rows that meet its condition. Ma et al. 2018, section 3.1."""
    return {target.name: (target.weight, b.plain(target)) for target in b.model.targets}


def oversampled(b: Supervision, objective: dict) -> Terms:
    """As click space, a positive counts `rate` times. Ma et al. 2018, section 3.1."""

    def of(target: Target, loss: Tensor, clicked: Tensor) -> Terms:
        weight = clicked + b.label[target.name] * (objective["rate"] - 1)
        return {target.name: (target.weight, weighted_mean(loss, weight))}

    return b.each(of)


def unclicked_as_negative(b: Supervision, objective: dict) -> Terms:
    """As click space, with a share of the unclicked rows as negatives. Ma et al. 2018, section 3.1 (AMAN)."""

    def of(target: Target, loss: Tensor, clicked: Tensor) -> Terms:
        sampled = (b.batch.draws <= objective["share"]) * (1 - clicked)
        return {target.name: (target.weight, weighted_mean(loss, clicked + sampled))}

    return b.each(of)


def rejection_sampled(b: Supervision, _: dict) -> Terms:
    """As click space on clicks kept with a probability ∝ 1/pCTR. Ma et al. 2018, section 3.1 (UNBIAS)."""

    def of(target: Target, loss: Tensor, clicked: Tensor) -> Terms:
        log_p, _ = b.propensity(target)
        least = (log_p + (1 - clicked) * 1e9).min()
        kept = (b.batch.draws.log() <= least - log_p) * clicked
        return {target.name: (target.weight, weighted_mean(loss, kept))}

    return b.each(of)


def division(b: Supervision, _: dict) -> Terms:
    """A tower for each event over all rows; pCVR is their ratio. Ma et al. 2018, section 3.1."""
    terms: Terms = {}
    for k, target in enumerate(b.model.targets):
        terms[target.name] = (target.weight, b.cross_entropy(target, (b.log_yes[k], b.log_no[k])).mean())
    return terms


def entire_space(b: Supervision, objective: dict) -> Terms:
    """Every event over all rows; `joint`: answers after clicks. Ma et al. 2018, eq. 3; Wen et al. 2020, eq. 9-12."""
    events = [target for target in b.model.targets if target.event is not None]
    terms: Terms = {target.name: (target.weight, b.plain(target)) for target in events}
    if questions := [target for target in b.model.targets if target.event is None]:
        asked = [b.observed[question.name] for question in questions]
        loss = sum(b.cross_entropy(question) * where for question, where in zip(questions, asked))
        terms["joint"] = (questions[0].weight, weighted_mean(loss, functools.reduce(torch.maximum, asked)))
    return terms


def escm2_ips(b: Supervision, objective: dict) -> Terms:
    """Clicks weighted by their inverse propensity. Wang et al. 2022, eq. 7 and 13."""

    def of(target: Target, loss: Tensor, clicked: Tensor) -> Terms:
        weight = inverse(b.propensity(target)[0], objective["clip"]) * clicked
        return {target.name: (target.weight, (loss * weight).mean())}

    return b.each(of)


def escm2_dr(b: Supervision, objective: dict) -> Terms:
    """Doubly robust by an imputed loss. Wang et al. 2022, eq. 9-12."""

    def of(target: Target, loss: Tensor, clicked: Tensor) -> Terms:
        weight = inverse(b.propensity(target)[0], objective["clip"]) * clicked
        imputed = -b.log_no[-1]  # softplus(z)
        miss = loss.detach() - imputed
        return {
            target.name: (target.weight, (imputed + weight * (loss - imputed)).mean()),
            "imputation": (target.weight, (miss**2 * weight).mean()),
        }

    return b.each(of)


def dcmt(b: Supervision, objective: dict) -> Terms:
    """Factual and counterfactual losses and their constraint. Zhu et al. 2023, eq. 9-14."""

    def of(target: Target, loss: Tensor, clicked: Tensor) -> Terms:
        log_p, log_not_p = b.propensity(target)
        factual = loss * inverse(log_p, objective["clip"]) * clicked
        counterfactual = -b.log_yes[-1] * inverse(log_not_p, objective["clip"]) * (1 - clicked)
        constraint = (b.mass(target)[1].exp() - b.log_yes[-1].exp()).abs()
        return {
            target.name: (target.weight, factual.mean()),
            "counterfactual": (target.weight, counterfactual.mean()),
            "constraint": (target.weight * objective["lambda"], constraint.mean()),
        }

    return b.each(of)


def delayed_feedback(b: Supervision, objective: dict) -> Terms:
    """The likelihood of when a conversion came, or that it has not come yet. Chapelle 2014, eq. 4-8."""
    terms: Terms = {}
    for target in b.model.targets:
        terms[target.name] = (target.weight, b.plain(target))
        if target.name != objective["delayed"]:
            continue
        log_rate, (log_p, log_not_p), label = log_softplus(b.logits[-1]), b.mass(target), b.label[target.name]
        has_delay = ~b.batch.delay.isnan()
        when = has_delay * (log_rate - log_rate.exp() * b.batch.delay.nan_to_num(0.0))
        not_yet = torch.logaddexp(log_not_p, log_p - log_rate.exp() * b.batch.elapsed)
        loss, observed = -(label * (log_p + when) + (1 - label) * not_yet), b.observed[target.name]
        terms[target.name] = (target.weight, loss.mean() if observed is None else weighted_mean(loss, observed))
    return terms


def log_softplus(z: Tensor) -> Tensor:
    """ln softplus(z): its series where z is low, which no rounding of 1 + exp(z) spoils."""
    is_low, low = z < -4.0, z.clamp(max=-4.0).exp()
    high = (-logsigmoid(-z.masked_fill(is_low, 0.0))).log()
    return torch.where(is_low, z - low / 2 + low**2 * (5 / 24), high)


OBJECTIVES = {
    of.__name__: of
    for of in (
        click_space, oversampled, unclicked_as_negative, rejection_sampled, division, entire_space, escm2_ips, escm2_dr,
        dcmt, delayed_feedback,
    )
}  # fmt: skip


def losses(model: Model, batch: Batch, logits: Tensor) -> Terms:
    """The loss terms of a batch. `logits`: `[towers, batch]`."""
    return OBJECTIVES[model.objective["kind"]](Supervision(model, batch, logits), model.objective)


def total(terms: Terms) -> Tensor:
    return sum(weight * loss for weight, loss in terms.values() if weight != 0.0)


# ---------------------------------------------------------------------------------------- the network (SEM and DPM)


class Network(nn.Module):
    """One table of embeddings for all fields (a copy for each tower when they are not shared), and the towers' MLPs."""

    def __init__(self, layout: Layout, run: Run, towers: list[str], is_sparse: bool = True) -> None:
        super().__init__()
        self.layout, self.towers, spec = layout, towers, run.network
        self.size, self.dropout = spec["embedding_size"], spec["dropout"]
        self.copies = 1 if spec["share_embeddings"] else len(towers)
        random = torch.Generator().manual_seed(run.seed)
        self.table = None
        if layout.fields:
            is_sparse = is_sparse and run.training["lazy_embeddings"]
            self.table = nn.Embedding(self.copies * layout.rows, self.size, sparse=is_sparse)
            nn.init.normal_(self.table.weight, std=0.05, generator=random)
        sizes = [len(layout.groups) * self.size + len(layout.dense), *spec["hidden"], 1]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for layer, (n_in, n_out) in enumerate(zip(sizes, sizes[1:])):
            limit = math.sqrt((3 if layer + 2 == len(sizes) else 6) / n_in)  # He-uniform before a ReLU
            weight = torch.empty(len(towers), n_in, n_out).uniform_(-limit, limit, generator=random)
            self.weights.append(nn.Parameter(weight))
            self.biases.append(nn.Parameter(torch.zeros(len(towers), 1, n_out)))

    def forward(self, ids: Tensor | None, dense: Tensor | None, place_weights: Tensor | None) -> Tensor:
        """Logits, `[towers, batch]`."""
        parts = []
        if self.table is not None:
            copies = torch.arange(self.copies, device=ids.device)[:, None, None] * self.layout.rows
            rows = self.table(ids.long()[None] + copies)  # [copies, batch, places, size]
            rows = rows if place_weights is None else rows * place_weights[None, :, :, None].to(rows.dtype)
            parts += [group.sum(2) for group in rows.split(self.layout.groups, 2)]
        if dense is not None:
            parts.append(dense[None].expand(self.copies if self.table is not None else 1, -1, -1))
        x = torch.cat(parts, 2)
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            x = x @ weight + bias
            if layer + 1 < len(self.weights):
                x = dropout(x.relu(), self.dropout, self.training)
        return x[:, :, 0]

    def named(self) -> dict[str, Tensor]:
        """Views of all weights under the playground's names."""
        tensors = {}
        for copy_index in range(self.copies if self.table is not None else 0):
            for field in self.layout.fields:
                prefix = "embedding" if self.copies == 1 else f"embedding.{self.towers[copy_index]}"
                first = copy_index * self.layout.rows + self.layout.offsets[field["name"]]
                rows = self.table.weight.data[first : first + vocabulary_size(field["encoding"])]
                tensors[f"{prefix}.{field['name']}.weight"] = rows
        for tower, name in enumerate(self.towers):
            for layer, (weight, bias) in enumerate(zip(self.weights, self.biases)):
                tensors[f"tower.{name}.{layer}.weight"] = weight.data[tower]
                tensors[f"tower.{name}.{layer}.bias"] = bias.data[tower, 0]
        return tensors

    def load_named(self, tensors: dict[str, Tensor]) -> None:
        for name, values in self.named().items():
            if name not in tensors or tensors[name].shape != values.shape:
                raise Refused(f'the weights have no tensor "{name}" of shape {list(values.shape)}')
            values.copy_(tensors[name])


class Optimizer:
    """Adam, AdamW or SGD as in torch.optim; where a gradient is sparse, on its rows alone (lazily, decay included)."""

    def __init__(self, network: Network, training: dict) -> None:
        self.training, self.steps = training, 0
        table = [(network.table.weight, training["embedding_decay"])] if network.table is not None else []
        weights = [(weight, training["weight_decay"]) for weight in network.weights]
        self.decays = table + weights + [(bias, 0.0) for bias in network.biases]
        self.moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p, _ in self.decays]

    @torch.no_grad()
    def step(self, rate: float) -> None:
        self.steps += 1
        gradients = [p.grad.coalesce() if p.grad.is_sparse else p.grad for p, _ in self.decays]
        values = [gradient.values() if gradient.is_sparse else gradient for gradient in gradients]
        if (most := self.training["clip_norm"]) is not None:
            norm = torch.stack([value.pow(2).sum() for value in values]).sum().sqrt()
            values = [value * (most / (norm + 1e-6)).clamp(max=1.0) for value in values]
        for (p, decay), (m, v), gradient, value in zip(self.decays, self.moments, gradients, values):
            if gradient.is_sparse:
                rows = gradient.indices()[0]
            elif p is self.decays[0][0] and p.dim() == 2 and self.training["lazy_embeddings"]:
                rows = value.abs().sum(1).nonzero()[:, 0]
                value = value[rows]
            else:
                rows = slice(None)
            p[rows], m[rows], v[rows] = self.moved(p[rows], m[rows], v[rows], value, decay, rate)

    def moved(self, p: Tensor, m: Tensor, v: Tensor, g: Tensor, decay: float, rate: float) -> tuple[Tensor, ...]:
        """A parameter and its two moments after a step against gradient `g`."""
        t = self.training
        if t["optimizer"] == "adamw":
            p = p * (1 - rate * decay)
        elif decay:
            g = g + decay * p
        if t["optimizer"] == "sgd":
            m = t["momentum"] * m + g
            return p - rate * m, m, v
        m = t["beta1"] * m + (1 - t["beta1"]) * g
        v = t["beta2"] * v + (1 - t["beta2"]) * g * g
        root = v.sqrt() / math.sqrt(1 - t["beta2"] ** self.steps) + t["epsilon"]
        return p - rate / (1 - t["beta1"] ** self.steps) * m / root, m, v

    def state(self) -> dict:
        return {"steps": self.steps, "moments": self.moments}

    def load(self, state: dict) -> None:
        self.steps, self.moments = state["steps"], state["moments"]


def resolved(training: dict, train_rows: int) -> dict:
    """Batch, epochs and decay of embeddings: what the experiment fixes, of the rest what follows from the rows."""
    batch_size = 16
    while 5 * train_rows >= 8 * batch_size**3:
        batch_size *= 2
    batch_size = training["batch_size"] or batch_size
    epochs = min(max(-(-256 // max(-(-train_rows // batch_size), 1)), 2), 50)
    follows = {"batch_size": batch_size, "epochs": epochs, "embedding_decay": min(1200 / max(train_rows, 1), 0.1)}
    return {key: follows[key] if training[key] is None else training[key] for key in follows}


def rate_at(training: dict, step: int, steps_per_epoch: int) -> float:
    """The learning rate of step `step`, counted from 1: a linear warm-up, then the schedule."""
    warm_up = math.floor(training["warm_up_epochs"] * steps_per_epoch + 0.5)
    if step <= warm_up:
        return training["learning_rate"] * step / warm_up
    done = step - warm_up - 1
    share = min(done / max(steps_per_epoch * training["epochs"] - warm_up, 1), 1.0)
    decays, floor = done / (training["decay_epochs"] * steps_per_epoch), training["schedule_floor"]
    factor = {
        "constant": 1.0,
        "linear": floor + (1 - floor) * (1 - share),
        "cosine": floor + (1 - floor) * (1 + math.cos(math.pi * share)) / 2,
        "step": training["decay_factor"] ** math.floor(decays),
        "exponential": training["decay_factor"] ** decays,
    }[training["schedule"]]
    return training["learning_rate"] * factor


# ----------------------------------------------------------------------------------------------------- training


class Alone:
    """One process: the encoded training rows in memory, shuffled anew for each epoch."""

    rank, size = 0, 1

    def __init__(self, folder: pathlib.Path, device: str) -> None:
        self.columns, self.device = read_columns(folder / "train"), torch.device(device)

    def epoch(self, seed: int, epoch: int, batch_rows: int) -> Iterator[dict[str, Tensor]]:
        random = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
        for rows in torch.randperm(len(self.columns["row"]), generator=random).split(batch_rows):
            yield {name: values[rows].to(self.device) for name, values in self.columns.items()}

    def prepared(self, network: Network) -> nn.Module:
        return network.to(self.device)

    def agreed(self, verdict: Any) -> Any:
        return verdict

    def report(self, state: dict, metrics: dict) -> None:
        print("  " + ", ".join(f"{name} {value:.5g}" for name, value in metrics.items()), flush=True)

    def resumed(self) -> dict | None:
        return None


class OfRay:
    """One worker of Ray Train: its shard of the training rows, streamed."""

    def __init__(self, shuffle_rows: int) -> None:
        import ray.train.torch

        context = ray.train.get_context()
        self.ray, self.shuffle_rows = ray, shuffle_rows
        self.rank, self.size = context.get_world_rank(), context.get_world_size()
        self.device = ray.train.torch.get_device()

    def epoch(self, seed: int, epoch: int, batch_rows: int) -> Iterator[dict[str, Tensor]]:
        yield from self.ray.train.get_dataset_shard("train").iter_torch_batches(
            batch_size=batch_rows,
            local_shuffle_buffer_size=self.shuffle_rows,
            local_shuffle_seed=seed * 1_000_003 + epoch,
        )

    def prepared(self, network: Network) -> nn.Module:
        return self.ray.train.torch.prepare_model(network)

    def agreed(self, verdict: Any) -> Any:
        """The first worker's verdict."""
        said = [verdict]
        if self.size > 1:
            torch.distributed.broadcast_object_list(said, src=0)
        return said[0]

    def report(self, state: dict, metrics: dict) -> None:
        if self.rank != 0:
            return self.ray.train.report(metrics)
        with tempfile.TemporaryDirectory() as folder:
            torch.save(state, pathlib.Path(folder) / "state.pt")
            self.ray.train.report(metrics, checkpoint=self.ray.train.Checkpoint.from_directory(folder))

    def resumed(self) -> dict | None:
        """The last checkpoint's state, after a worker was lost."""
        if (checkpoint := self.ray.train.get_checkpoint()) is None:
            return None
        with checkpoint.as_directory() as folder:
            return torch.load(pathlib.Path(folder) / "state.pt", weights_only=False, map_location=self.device)


def read_columns(folder: pathlib.Path) -> dict[str, Tensor]:
    table = pq.read_table(folder)
    return {name: torch.tensor(table[name].to_numpy()) for name in table.column_names if not name.startswith("log.")}


def train(run: Run, layout: Layout, shape: Shape, n_rows: int, folder: pathlib.Path, crew: Alone | OfRay) -> dict:
    """Trains one network; returns its weights: the last, or with early stopping the best."""
    model, training = Model.of(run), run.training
    is_sparse = crew.size == 1 or crew.device.type == "cpu"
    network = Network(layout, run, model.towers, is_sparse)
    batch_rows = -(-training["batch_size"] // crew.size)
    steps_per_epoch = -(-(n_rows // crew.size) // batch_rows)
    state = crew.resumed() or {"epoch": 0, "best": None, "seen": [], "is_over": False}
    if "network" in state:
        network.load_state_dict(state["network"])
    prepared, torch_seed = crew.prepared(network), run.seed * 7919 + crew.rank
    optimizer = Optimizer(network, training)
    if "optimizer" in state:
        optimizer.load(state["optimizer"])
    for epoch in range(state["epoch"], training["epochs"]):
        if state["is_over"]:
            break
        torch.manual_seed(torch_seed + epoch)
        prepared.train()
        sums, n_steps = Counter(), 0
        for columns in crew.epoch(run.seed, epoch, batch_rows):
            batch = Batch.of(columns, shape, model, run.seed, optimizer.steps)
            terms = losses(model, batch, prepared(batch.ids, batch.dense, batch.weights))
            prepared.zero_grad()
            total(terms).backward()
            optimizer.step(rate_at(training, optimizer.steps + 1, steps_per_epoch))
            sums.update(
                {"loss.total": total(terms).detach()}
                | {f"loss.{name}": loss.detach() for name, (_, loss) in terms.items()}
            )
            n_steps += 1
        metrics = {"epoch": epoch + 1} | {name: float(loss) / n_steps for name, loss in sums.items()}
        if not math.isfinite(metrics["loss.total"]):
            raise Refused(
                f"{run.stem} diverged in epoch {epoch + 1}: try a learning rate of {training['learning_rate'] / 10}"
            )
        if training["early_stopping"] is not None:
            observe(
                state, training["early_stopping"], crew, metrics, lambda: validated(run, model, network, shape, folder)
            )
        state |= {"epoch": epoch + 1, "network": weights_of(network), "optimizer": optimizer.state()}
        crew.report(state, metrics)
    return state["best"] or weights_of(network)


def weights_of(network: Network) -> dict[str, Tensor]:
    return {name: values.detach().cpu().clone() for name, values in network.state_dict().items()}


def observe(
    state: dict, rule: dict, crew: Alone | OfRay, metrics: dict, measured: Callable[[], tuple[float, dict]]
) -> None:
    """Early stopping: a metric on the validation rows, measured by the first worker; the best state is kept."""
    name, patience = rule["metric"], rule.get("patience", 1)
    value, weights = measured() if crew.rank == 0 else (0.0, None)
    value = crew.agreed(value)
    gain = {"auc": lambda a, b: a - b, "logloss": lambda a, b: b - a, "pcoc": lambda a, b: abs(b - 1) - abs(a - 1)}
    seen, better = state["seen"], gain[name.rsplit(".", 1)[0]]
    best = max(range(len(seen)), key=lambda k: seen[k][1]) if seen else None
    is_best = best is None or better(value, seen[best][0]) > rule.get("min_change", 0.0)
    seen.append((value, len(seen) if is_best else -1))  # the best is the one that was best last
    if is_best:
        state["best"] = weights
    elif len(seen) - 1 - best >= patience:
        state["is_over"] = True
    metrics[f"validation.{name}"] = value


def validated(run: Run, model: Model, network: Network, shape: Shape, folder: pathlib.Path) -> tuple[float, dict]:
    held_out_rows = predicted(run, model, network, shape, folder / "validation")
    metric = run.training["early_stopping"]["metric"]
    found = metrics_of(model, held_out_rows, None).get(metric, {"undefined": "the model has no such task"})
    if "undefined" in found:
        raise Refused(f"early stopping looks at {metric}, which is undefined here: {found['undefined']}")
    return found["value"], weights_of(network)


def train_with_ray(
    run: Run, layout: Layout, shape: Shape, n_rows: int, folder: pathlib.Path, args: argparse.Namespace
) -> dict:
    """Trains one network with Ray Train and reads its weights from the last checkpoint."""
    import ray
    import ray.data
    import ray.train
    import ray.train.torch

    if not ray.is_initialized():
        try:
            ray.init(address="auto")  # a cluster that runs, or RAY_ADDRESS
        except ConnectionError:
            # Workers are processes of this machine; two slots more than theirs are for reading the shards.
            ray.init(num_cpus=max(os.cpu_count() or 1, args.workers + 2))

    def loop(_: dict) -> None:
        train(run, layout, shape, n_rows, folder, OfRay(args.shuffle_rows))

    trainer = ray.train.torch.TorchTrainer(
        loop,
        train_loop_config={},
        scaling_config=ray.train.ScalingConfig(num_workers=args.workers, use_gpu=args.use_gpu),
        run_config=ray.train.RunConfig(
            name=f"{run.stem}-{int(time.time())}",
            storage_path=str(args.storage.resolve()),
            checkpoint_config=ray.train.CheckpointConfig(num_to_keep=2),
            failure_config=ray.train.FailureConfig(max_failures=args.max_failures),
        ),
        datasets={"train": ray.data.read_parquet(str(folder / "train"), shuffle="files")},
    )
    with trainer.fit().checkpoint.as_directory() as checkpoint:
        state = torch.load(pathlib.Path(checkpoint) / "state.pt", weights_only=False, map_location="cpu")
    return state["best"] or state["network"]


# -------------------------------------------------------------------------------------- what comes out at the end


@dataclasses.dataclass
class Predicted:
    """Held-out rows with the questions' logits, `[questions, rows]`."""

    columns: dict[str, Tensor]
    labels: dict[str, Tensor]
    logits: Tensor

    def event(self, tree: Tree, event: dict) -> tuple[Tensor, Tensor]:
        """ln P(event) and ln P(not event), `[rows]`."""
        return fold(tree.event_mass(event), logsigmoid(self.logits), logsigmoid(-self.logits))


@torch.no_grad()
def predicted(run: Run, model: Model, network: Network, shape: Shape, folder: pathlib.Path) -> Predicted:
    network.eval()
    device, parts, kept = network.biases[0].device, [], []
    names = {"row", *(f"label.{k}" for k in range(len(shape.labels)))}
    for path in sorted(folder.glob("*.parquet")):
        columns = {name: values.to(device) for name, values in read_columns(path).items()}
        batch = Batch.of(columns, shape, model, run.seed, 0)
        parts.append(model.read(network(batch.ids, batch.dense, batch.weights)).cpu())
        kept.append({name: values.cpu() for name, values in columns.items() if name in names})
    columns = {name: torch.cat([some[name] for some in kept]) for name in names}
    labels = {name: columns[f"label.{k}"].bool() for k, name in enumerate(shape.labels)}
    labels |= {alias: labels[label] for alias, label in shape.aliases.items() if label in labels}
    return Predicted(columns, labels, torch.cat(parts, 1))


def metrics_of(model: Model, found: Predicted, truth: dict[str, Tensor] | None) -> dict[str, dict]:
    """AUC, log-loss and PCOC of every task; over the entire space only where the log knows the truth."""
    tree, metrics = model.tree, {}
    walked = tree.walk({question["label"]: found.labels[question["label"]] for question in tree.questions})
    potential = {question["label"]: truth and truth.get(question["label"]) for question in tree.questions}
    is_known = all(values is not None for values in potential.values())
    for event in tree.events:
        tasks = [event["name"]]
        if event.get("given") is not None:
            is_click = tree.questions[tree.index[event["given"]]]["label"] == "click"
            condition = "clicked" if is_click else f"given_{event['given']}"
            tasks = [f"{event['name']}_{condition}", f"{event['name']}_entire_space"]
        for k, task in enumerate(tasks):
            if k == 1 and not is_known:
                metrics |= {
                    f"{metric}.{task}": {"undefined": "truth not known"} for metric in ("auc", "logloss", "pcoc")
                }
                continue
            label, observed = tree.event_label(event, tree.walk(potential) if k else walked)
            rows = torch.ones_like(label) if observed is None else observed
            log_p, log_not_p = (side[rows].numpy() for side in found.event(tree, event))
            measured = measure(log_p, log_not_p, label[rows].numpy())
            metrics |= {f"{metric}.{task}": value for metric, value in measured.items()}
    return metrics


def measure(log_p: np.ndarray, log_not_p: np.ndarray, label: np.ndarray) -> dict[str, dict]:
    """AUC with ties counting half, mean cross-entropy in nats, mean predicted over mean observed."""
    positives = int(label.sum())
    undefined = {"undefined": "no positive" if len(label) else "no rows"}
    values: dict[str, dict] = {"auc": undefined, "logloss": undefined, "pcoc": undefined}
    if len(label):
        values["logloss"] = {"value": float(-np.where(label, log_p, log_not_p).mean())}
    if positives:
        values["pcoc"] = {"value": float(np.exp(log_p).mean() / label.mean())}
        values["auc"] = {"undefined": "no negative"}
    if 0 < positives < len(label):
        _, at, counts = np.unique(np.exp(log_p).astype(np.float32), return_inverse=True, return_counts=True)
        ranks = np.cumsum(counts) - (counts - 1) / 2
        wins = ranks[at][label].sum() - positives * (positives + 1) / 2
        values["auc"] = {"value": float(wins / positives / (len(label) - positives))}
    return values


def write_weights(run: Run, model: Model, network: Network, features: dict, folder: pathlib.Path) -> None:
    from safetensors.torch import save_file

    tensors = {name: values.detach().cpu().contiguous().clone() for name, values in network.named().items()}
    save_file(tensors, folder / f"{run.stem}.safetensors")
    sheet = {
        "version": 1,
        "plan": run.plan(),
        "tree": run.model["tree"],
        "readout": model.readout(),
        "features": features,
    }
    (folder / f"{run.stem}.json").write_text(json.dumps(sheet), encoding="utf-8")


class PredictionsFile:
    """predictions.csv: a line for each run and held-out row, with the columns of the playground's PRED.csv."""

    def __init__(self, path: pathlib.Path, log: Log, runs: list[Run], folder: pathlib.Path) -> None:
        self.file = open(path, "w", newline="", encoding="utf-8")
        self.writer = csv.writer(self.file, lineterminator="\n")
        trees = [Tree(run.model["tree"]) for run in runs]
        names = [event["name"] for tree in trees for event in tree.events]
        first = [name for name in ("ctr", "cvr", "ctcvr", "ctavr") if name in names]
        self.names = list(dict.fromkeys([*first, *names, *(name for tree in trees for name in tree.index)]))
        asked = dict.fromkeys(question["label"] for tree in trees for question in tree.questions)
        told = [name for name in ("click", "conversion", "action") if name in {label.name for label in log.labels}]
        self.labels = told + [name for name in asked if name not in ("click", "conversion", "action")]
        table = pq.read_table(folder / "eval")
        self.keys = [
            (role, codes_of(table[f"log.{log.roles[role]}"])) for role in ("user", "group") if log.roles.get(role)
        ]
        self.truth = {name: table[f"log.{name}"].to_pylist() for name in TRUTH + POTENTIALS if log.truth}
        header = ["row", "split", "model", "seed", *(role for role, _ in self.keys)]
        header += [name if name in told else f"label_{name}" for name in self.labels]
        self.writer.writerow(header + [f"p_{name}" for name in self.names] + list(self.truth))

    def write(self, run: Run, model: Model, found: Predicted) -> None:
        p = dict(zip(model.tree.index, torch.sigmoid(found.logits)))
        p |= {event["name"]: found.event(model.tree, event)[0].exp() for event in model.tree.events}
        n_rows = found.logits.shape[1]
        columns: list[Iterable] = [found.columns["row"].tolist(), ["eval"] * n_rows]
        columns += [[run.model["name"]] * n_rows, [run.seed] * n_rows, *(codes for _, codes in self.keys)]
        columns += [found.labels[name].int().tolist() for name in self.labels]
        columns += [p[name].numpy().astype(np.float32) if name in p else [""] * n_rows for name in self.names]
        self.writer.writerows(zip(*columns, *self.truth.values()))


def codes_of(column: pa.ChunkedArray) -> list[int]:
    """A code for each different value, in order of first use; rows without one share the last."""
    encoded = column.combine_chunks().dictionary_encode()
    return encoded.indices.fill_null(len(encoded.dictionary)).to_pylist()


def truth_of(log: Log, folder: pathlib.Path) -> dict[str, Tensor] | None:
    """What would have followed, had each held-out row been clicked: by label."""
    if not log.truth:
        return None
    table = pq.read_table(folder / "eval")
    names = {"action": "potential_action", "conversion": "potential_conversion", "return": "potential_return"}
    known = {
        label: torch.tensor([yes_or_no(cell, column) for cell in table[f"log.{column}"].to_pylist()])
        for label, column in names.items()
        if column in log.truth
    }
    return known | {"click": torch.ones(table.num_rows, dtype=torch.bool)}


def sheet_of(weights: pathlib.Path, run: Run) -> tuple[pathlib.Path, dict]:
    """The weights' file of a run, given itself or its folder, and the sheet beside it."""
    path = weights / f"{run.stem}.safetensors" if weights.is_dir() else weights
    with contextlib.suppress(FileNotFoundError):
        return path, json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    raise Refused(f"{path.with_suffix('.json')} is not there: it has the encoders, and lies beside the weights")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--log", type=pathlib.Path, nargs="+", required=True, help="CSV or Parquet files of the log")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out"), help="folder for what comes out")
    parser.add_argument("--storage", type=pathlib.Path, help="folder that every worker sees; --out without it")
    parser.add_argument("--workers", type=int, default=0, help="train with Ray Train on so many workers")
    parser.add_argument("--use-gpu", action="store_true")
    parser.add_argument("--max-failures", type=int, default=2, help="how often Ray goes on from the last checkpoint")
    parser.add_argument("--shuffle-rows", type=int, default=100_000, help="rows of a worker's shuffle buffer")
    parser.add_argument("--weights", type=pathlib.Path, help="weights to predict with (file or folder): no training")
    parser.add_argument("--models", nargs="+", help="of the experiment's models these alone")
    parser.add_argument("--seeds", type=int, nargs="+", help="instead of the experiment's")
    parser.add_argument("--epochs", type=int, help="instead of the experiment's")
    args = parser.parse_args()
    args.storage = args.storage or args.out
    return args


def main(args: argparse.Namespace) -> None:
    experiment, roles = with_defaults(json.loads(EXPERIMENT)), json.loads(ROLES)
    if args.epochs is not None:
        experiment["training"]["epochs"] = args.epochs
    stopping = experiment["training"]["early_stopping"]
    if stopping is not None and stopping["metric"].rsplit(".", 1)[0] not in ("auc", "logloss", "pcoc"):
        raise Refused(f"early stopping by {stopping['metric']} is not done here; auc, logloss and pcoc are")
    runs = runs_of(experiment, args.models, args.seeds)
    if args.weights is not None and not args.weights.is_dir():
        runs = [run for run in runs if run.stem == args.weights.stem]
        if not runs:
            raise Refused(
                f"{args.weights}: a file of weights is called <model>-<seed>.safetensors, as the playground names it"
            )
    log, folder = Log(args.log, roles), args.storage.resolve() / "prepared"
    asked = {question["label"] for run in runs for question in run.model["tree"]["questions"]}
    if missing := sorted(asked - {label.name for label in log.labels} - set(roles["aliases"])):
        raise Refused(f'a model asks for the label "{missing[0]}", which the roles do not name')
    if (
        any(run.model["objective"]["kind"] == "delayed_feedback" for run in runs)
        and "conversion_time" not in log.time_columns
    ):
        raise Refused("delayed feedback needs a column with the role conversion_time")
    args.out.mkdir(parents=True, exist_ok=True)
    found = survey(log, runs[0].split)
    features = fit(log, found, runs[0]) if args.weights is None else sheet_of(args.weights, runs[0])[1]["features"]
    layout = Layout.of(features, runs[0].network)
    shape = Shape(
        layout.n_places, len(layout.dense), layout.has_lists, [label.name for label in log.labels], roles["aliases"]
    )
    rows_of = prepare(log, found, runs[0].split, layout, folder)
    print(f"{found.n_rows} rows: {', '.join(f'{part} {n}' for part, n in rows_of.items())}; split by {found.split_by}")
    predictions, reports = PredictionsFile(args.out / "predictions.csv", log, runs, folder), []
    alone = None if args.workers or args.weights else Alone(folder, "cuda" if args.use_gpu else "cpu")
    for run in runs:
        run.training |= resolved(run.training, rows_of["train"])
        print(f"{run.stem}: {run.training['epochs']} epochs, batches of {run.training['batch_size']}", flush=True)
        started, model = time.monotonic(), Model.of(run)
        network = Network(layout, run, model.towers)
        if args.weights is not None:
            from safetensors.torch import load_file

            path, sheet = sheet_of(args.weights, run)
            if sheet["features"] != features:
                raise Refused(f"{path} was trained with other encoders than {runs[0].stem}; predict with one at a time")
            network.load_named(load_file(path))
        elif args.workers:
            network.load_state_dict(train_with_ray(run, layout, shape, rows_of["train"], folder, args))
        else:
            network.load_state_dict(train(run, layout, shape, rows_of["train"], folder, alone))
        seconds = time.monotonic() - started
        found_rows = predicted(run, model, network, shape, folder / "eval")
        predictions.write(run, model, found_rows)
        metrics = metrics_of(model, found_rows, truth_of(log, folder))
        write_weights(run, model, network, features, args.out)
        reports.append({"model": run.model["name"], "seed": run.seed, "train_rows": rows_of["train"],
                        "eval_rows": rows_of["eval"], "seconds": seconds, "metrics": metrics})  # fmt: skip
        print("  " + ", ".join(f"{key} {value['value']:.4f}" for key, value in metrics.items() if "value" in value))
    predictions.file.close()
    (args.out / "metrics.json").write_text(json.dumps({"version": 1, "runs": reports}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    try:
        main(parse_arguments())
    except Refused as refused:
        print(f"train.py: {refused}", file=sys.stderr)
        sys.exit(2)
