"""Compares the ONNX graphs of `lab train` with its predictions, with onnxruntime and nothing of the playground.

    lab train --log LOG.csv --report R.json --predictions PRED.csv --weights W ...
    python3 onnx_check.py LOG.csv PRED.csv W

Feeds each W/<model>-<seed>.onnx with the log's columns as its inputs name them. Prints the largest difference of every
probability column by model and seed; exit code 1 when one is above 1e-5, or when nothing was compared. Where the package
`onnx` is installed, its checker looks at each graph as well.
"""

import csv
import pathlib
import re
import sys

import numpy
import onnxruntime

TOLERANCE = 1e-5
LIST_MARKS = re.compile("[\x01|]")
"""Numbers as the log's reader takes them for missing."""
MISSING = {"", "nan", "null", "na", "n/a", "none", "nil", "\\n", "-", "?"}


def check(path):
    try:
        import onnx
    except ImportError:
        return
    onnx.checker.check_model(str(path), full_check=True)


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def shortest(text):
    number = float(text)
    return str(int(number)) if number.is_integer() else repr(number)


def categories(column):
    """As the log's reader takes them: a column of nothing but numbers is known by their shortest form."""
    if all(is_number(x) or x.lower() in MISSING for x in column):
        return ["" if x.lower() in MISSING else shortest(x) for x in column]
    return column


def fed(graph_input, column):
    if graph_input.type == "tensor(double)":
        return numpy.array([numpy.nan if x.lower() in MISSING else float(x) for x in column])
    if len(graph_input.shape) == 1:
        return numpy.array(categories(column), dtype=object)
    lists = [[item.strip() for item in LIST_MARKS.split(cell) if item.strip()] for cell in column]
    width = max(1, *map(len, lists))
    return numpy.array([items + [""] * (width - len(items)) for items in lists], dtype=object)


def main(log_path, predictions_path, folder):
    with open(log_path, newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    log = {name: [row[name] for row in table] for name in table[0]}
    with open(predictions_path, newline="", encoding="utf-8") as file:
        predictions = list(csv.DictReader(file))
    largest, compared = 0.0, 0
    for model, seed in dict.fromkeys((row["model"], row["seed"]) for row in predictions):
        path = pathlib.Path(folder) / f"{model}-{seed}.onnx"
        if not path.exists():
            print(f"{model} {seed}: no graph (not a network)")
            continue
        check(path)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        inputs = {graph_input.name: fed(graph_input, log[graph_input.name]) for graph_input in session.get_inputs()}
        names = [output.name for output in session.get_outputs()]
        of_run = [row for row in predictions if (row["model"], row["seed"]) == (model, seed)]
        rows = [int(row["row"]) for row in of_run]
        for name, values in zip(names, session.run(names, inputs)):
            expected = numpy.array([float(row[name]) for row in of_run])
            difference = float(numpy.abs(values[rows] - expected).max())
            largest, compared = max(largest, difference), compared + 1
            print(f"{model} {seed} {name}: {difference:.2e} over {len(rows)} rows")
        missing = {name for name, value in of_run[0].items() if name.startswith("p_") and value != ""} - set(names)
        if missing:
            print(f"{model} {seed}: the graph lacks {', '.join(sorted(missing))}")
            return 1
    print(f"largest difference {largest:.2e} of {compared} columns; the tolerance is {TOLERANCE:.0e}")
    return 0 if compared and largest <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
