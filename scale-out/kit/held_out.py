"""Which rows are held out."""

from __future__ import annotations

import dataclasses
import hashlib
import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kit.experiment import EXACT_ROWS, LIST_MARK, Refused
from kit.read import Log, Piece, number_of, per_value


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
    may_be_lists = set()
    for piece in log.pieces():
        found.n_rows += len(piece.rows)
        for name in categorical:
            for cell in pc.unique(piece.text[name]).drop_null().to_pylist():
                may_be_lists.update([name] if any(mark in cell for mark in "|^;[") else [])
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
    for name in sorted(may_be_lists):
        print(f'column "{name}" may hold lists: each cell is one value here; the page\'s export joins values with \\x01')
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
