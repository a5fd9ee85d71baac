"""Encoders: fitted on the training rows, then applied to all."""

from __future__ import annotations

import dataclasses
import math
import pathlib
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor

from kit.experiment import FIRST, LIST_MARK, MAX_VALUES_PER_ROW, MISSING, PARTS, UNKNOWN, Refused, Run
from kit.held_out import Sample, Survey
from kit.read import Log, Piece, number_of, numbers_of, per_value, shortest


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


def prepare(log: Log, found: Survey, split: dict, layout: Layout, folder: pathlib.Path) -> tuple[dict[str, int], float]:
    """Writes the encoded rows of each part as Parquet files; returns how many rows each part has, and how many impressions a
    training row stands for in the mean."""
    rows_of, positives, stands_for = dict.fromkeys(PARTS, 0), Counter(), 0.0
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
        if piece.weights is not None:
            columns["stands_for"] = piece.weights
            stands_for += float(piece.weights[part_of_row == 0].sum())
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
    return rows_of, stands_for / rows_of["train"] if log.is_weighted else 1.0


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


def read_columns(folder: pathlib.Path) -> dict[str, Tensor]:
    table = pq.read_table(folder)
    return {name: torch.tensor(table[name].to_numpy()) for name in table.column_names if not name.startswith("log.")}
