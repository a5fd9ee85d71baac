"""Reading the log: files, columns, cells, labels."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import datetime
import functools
import io
import math
import pathlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from kit.experiment import LIST_MARK, MISSING_WORDS, NULL_WORDS, POTENTIALS, TRUTH, Refused


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
    is_none = pc.or_(pc.equal(text, ""), pc.is_in(pc.utf8_lower(text), pa.array(NULL_WORDS)))
    return pc.if_else(is_none, pa.scalar(None, pa.string()), text)


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


def is_blank(cell: str) -> bool:
    """Whether a label's cell is a word for no value."""
    return cell.lower() in MISSING_WORDS


def yes_or_no(cell: str, column: str) -> bool:
    if (word := cell.lower()) in {"1", "true", "yes", "y", "t", "0", "false", "no", "n", "f"}:
        return word in {"1", "true", "yes", "y", "t"}
    number = number_of(cell)
    if number is None or not number >= 0 or number != int(number):
        raise Refused(f'column "{column}": expected 0 or 1, yes or no, or a count, got "{cell}"')
    return number > 0


def times_of(text: pa.Array, column: str) -> np.ndarray:
    """Seconds: numbers by their size, or dates; NaN where empty."""
    if is_written(text.drop_null().unique().to_pylist()):
        raise Refused(
            f'column "{column}": its times are dates in digits or a spreadsheet\'s days, which are not read here; '
            "save the log with the page's Export, or write seconds since 1970"
        )

    def of(cell: str) -> float:
        number = number_of(cell)
        if (number := whole(cell) if number is None else number) is not None:
            return number / UNITS.get(unit_of(number), 1)
        try:
            moment = datetime.datetime.fromisoformat(cell)
        except ValueError:
            raise Refused(f'column "{column}": times are numbers or ISO 8601 dates here, got "{cell}"') from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)).timestamp()

    return per_value(text, of, math.nan, float)


UNITS = {"ms": 1e3, "us": 1e6, "ns": 1e9}


def unit_of(number: float) -> str:
    """The unit of a Unix time of the years 1973 to 2100, by its size."""
    for unit, per_second in UNITS.items():
        if 1e8 * per_second <= number < 4.2e9 * per_second:
            return unit
    if 4.2e9 <= number:
        raise Refused(f"{number:.0f} is a time in a unit that cannot be told; write seconds since 1970")
    return "s"


def whole(cell: str) -> float | None:
    """Digits that are too many for a number without loss: nanoseconds."""
    return float(cell) if cell.isdigit() else None


def is_written(cells: list[str]) -> bool:
    """Whether all cells are dates in digits, days of a month with a clock, or a spreadsheet's days."""
    if not cells:
        return False
    formats = ["%Y%m%d", "%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%y%m%d%H"]

    def fits(cell: str, form: str) -> bool:
        if not cell.isdigit() or len(cell) != len(datetime.datetime(2024, 1, 1).strftime(form)):
            return False
        with contextlib.suppress(ValueError):
            return 1900 <= datetime.datetime.strptime(cell, form).year <= 2100
        return False

    def is_day_of_month(cell: str) -> bool:
        day, hour, minute, second = (int(cell) // 10**n % 100 for n in (6, 4, 2, 0)) if cell.isdigit() else (0, 0, 0, 0)
        return len(cell) in (7, 8) and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60

    is_spreadsheet = all((number_of(cell) or 0) >= 36_526 and number_of(cell) < 55_000 for cell in cells)
    milliseconds = all(len(cell) == 17 and fits(cell[:14], "%Y%m%d%H%M%S") for cell in cells)
    by_form = any(all(fits(cell, form) for cell in cells) for form in formats)
    return is_spreadsheet or milliseconds or by_form or all(is_day_of_month(cell) for cell in cells)


@dataclasses.dataclass
class Piece:
    """Some rows of the log: `rows` are their numbers in it, counted over all files from 0."""

    rows: np.ndarray
    text: dict[str, pa.Array]
    labels: dict[str, np.ndarray]
    times: dict[str, np.ndarray]  # by role
    weights: np.ndarray | None = None  # impressions of the population that each row stands for

    @property
    def start(self) -> np.ndarray | None:
        """When each impression was clicked, or else shown."""
        click, shown = self.times.get("click_time"), self.times.get("time")
        return shown if click is None else click if shown is None else np.where(np.isnan(click), shown, click)


class Log:
    """A log's files and roles; read piece by piece, again for every pass."""

    def __init__(self, paths: list[pathlib.Path], roles: dict, is_assembled: bool = False) -> None:
        self.paths, self.roles, self.labels = paths, roles, labels_of(roles)
        space = roles.get("space") or "impressions"
        if not {"click", "conversion"} <= {label.name for label in self.labels} or space != "impressions":
            raise Refused(
                f"a log of {space} without a click or a conversion is not trained here: use the page, or lab train"
            )
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
        sampling = [roles[role] for role in ("weight", "sampling_rate") if roles.get(role)]
        self.is_weighted = bool(sampling) or roles.get("negative_rate") is not None
        wanted += [*sampling, *kinds, *self.time_columns.values(), *keys, *self.truth]
        self.columns = list(dict.fromkeys(wanted))
        fix = ""
        if is_assembled:
            fix = "this experiment's rows are made of tables: write them with `lab assemble` or the page's Export; "
        for path in paths:
            names = names_in(path)
            if missing := [name for name in self.columns if name not in names]:
                raise Refused(f'{path} has no column "{missing[0]}"; {fix}it has {", ".join(names)}')

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
            return per_value(cells, lambda cell: not is_blank(cell) and yes_or_no(cell, column), False, bool)
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
                labels[label.name] = labels[label.name] & labels.get("click", True)
        if "return" in labels:
            labels["return"] = labels["return"] & labels["conversion"]
        times = {role: times_of(text[column], column) for role, column in self.time_columns.items()}
        return Piece(rows, text, labels, times, self.weights(rows, text, labels))

    def weights(self, rows: np.ndarray, text: dict[str, pa.Array], labels: dict[str, np.ndarray]) -> np.ndarray | None:
        """How many impressions of the population each row stands for; none where each stands for itself."""
        if (rate := self.roles.get("negative_rate")) is not None:
            return np.where(labels["click"], 1.0, 1.0 / rate)
        for role, what in (("weight", "a weight from 1e-9 to 1e9"), ("sampling_rate", "a rate above 0, at most 1")):
            if not (column := self.roles.get(role)):
                continue
            numbers = numbers_of(text[column], column)
            is_good = (numbers >= 1e-9) & (numbers <= (1e9 if role == "weight" else 1.0))
            if not is_good.all():
                first = int(np.flatnonzero(~is_good)[0])
                raise Refused(
                    f'column "{column}", row {rows[first] + 1}: expected {what}, got "{text[column][first].as_py()}"'
                )
            return numbers if role == "weight" else 1.0 / numbers
        return None
