"""Recomputes the predictions of `lab train` from its exported files, with NumPy and nothing of the playground.

    lab train --log LOG.csv --report R.json --predictions PRED.csv --weights W ...
    python3 recompute.py LOG.csv PRED.csv W

Prints the largest difference of every probability column by model and seed; exit code 1 when one is above 1e-5.
"""

import csv
import json
import math
import pathlib
import struct
import sys

import numpy

TOLERANCE = 1e-5


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        tensors[name] = numpy.frombuffer(body[first:last], "<f4").astype(float).reshape(entry["shape"])
    return tensors


def transformed(encoder, x):
    return math.log1p(max(x, 0.0)) if encoder["log1p"] else x


def shortest(text):
    """A number as the playground writes it when a column of numbers is taken as categories."""
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else repr(number)


def ids_of(encoding, column):
    if encoding["kind"] == "buckets":
        edges = numpy.array(encoding["edges"])
        return [0 if x == "" else 2 + int((edges <= transformed(encoding, float(x))).sum()) for x in column]
    known = {value: index + 2 for index, value in enumerate(encoding["values"])}
    return [0 if x == "" else known.get(x, known.get(shortest(x), 1)) for x in column]


def inputs_of(sheet, tensors, tower, log):
    network, parts = sheet["plan"]["network"], []
    for field in sheet["features"]["fields"]:
        name = field["name"]
        table = name if network["share_embeddings"] else f"{tower}.{name}"
        rows = tensors[f"embedding.{table}.weight"][ids_of(field["encoding"], log[name])]
        parts.append((field["group"], rows))
    if network["pooling"] == "sum_by_group":
        groups = [g for g in ("user", "item", "context") if any(group == g for group, _ in parts)]
        parts = [(g, sum(rows for group, rows in parts if group == g)) for g in groups]
    columns = [rows for _, rows in parts]
    for encoder in sheet["features"]["dense"]:
        dense = [
            0.0 if x == "" else math.tanh((transformed(encoder, float(x)) - encoder["mean"]) / encoder["std"])
            for x in log[encoder["name"]]
        ]
        columns.append(numpy.array(dense)[:, None])
    return numpy.concatenate(columns, axis=1)


def sigmoid(z):
    return 1.0 / (1.0 + numpy.exp(-z))


def answers_of(sheet, tensors, log):
    """P(yes) of every question, read off the towers' logits as the sheet says."""
    answers = {}
    for readout in sheet["readout"]:
        if readout["kind"] == "tower":
            answers[readout["question"]] = sigmoid(tower_of(sheet, tensors, readout["tower"], log) + readout["shift"])
        else:
            above, below = (tower_of(sheet, tensors, readout[key], log) for key in ("numerator", "denominator"))
            answers[readout["question"]] = numpy.minimum(sigmoid(above) / sigmoid(below), readout["max_p"])
    return answers


def tower_of(sheet, tensors, tower, log):
    x, layer = inputs_of(sheet, tensors, tower, log), 0
    while f"tower.{tower}.{layer}.weight" in tensors:
        x = x @ tensors[f"tower.{tower}.{layer}.weight"] + tensors[f"tower.{tower}.{layer}.bias"]
        layer += 1
        if f"tower.{tower}.{layer}.weight" in tensors:
            x = numpy.maximum(x, 0.0)
    return x[:, 0]


def event_of(tree, event, p):
    questions = {question["name"]: question for question in tree["questions"]}

    def before(name):
        """Answers that lead to the "yes" of a question."""
        answers, yes = {}, True
        while True:
            answers[questions[name]["label"]] = yes
            parents = [q for q in questions.values() if name in (q.get("yes"), q.get("no"))]
            if not parents:
                return answers
            yes, name = parents[0].get("yes") == name, parents[0]["name"]

    def mass(name, answered):
        if name is None:
            return float(all(answered.get(label) == answer for label, answer in event["answers"].items()))
        question = questions[name]
        yes = mass(question.get("yes"), answered | {question["label"]: True})
        no = mass(question.get("no"), answered | {question["label"]: False})
        return p[name] * yes + (1 - p[name]) * no

    given = event.get("given")
    if given is None:
        return mass(tree["questions"][0]["name"], {})
    return mass(questions[given].get("yes"), before(given))


def main(log_path, predictions_path, weights_path):
    with open(log_path, newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    log = {name: [row[name] for row in table] for name in table[0]}
    with open(predictions_path, newline="", encoding="utf-8") as file:
        predictions = list(csv.DictReader(file))
    largest = 0.0
    for model, seed in dict.fromkeys((row["model"], row["seed"]) for row in predictions):
        stem = pathlib.Path(weights_path) / f"{model}-{seed}"
        if not stem.with_suffix(".safetensors").exists():
            print(f"{model} {seed}: no weights (not a network)")
            continue
        tensors, sheet = read_safetensors(stem.with_suffix(".safetensors")), json.loads(stem.with_suffix(".json").read_text())
        tree, of_run = sheet["tree"], [row for row in predictions if (row["model"], row["seed"]) == (model, seed)]
        rows = [int(row["row"]) for row in of_run]
        p = answers_of(sheet, tensors, log)
        expected = p | {event["name"]: event_of(tree, event, p) for event in tree["events"]}
        for name, values in expected.items():
            found = numpy.array([float(row[f"p_{name}"]) for row in of_run])
            difference = float(numpy.abs(found - values[rows]).max())
            largest = max(largest, difference)
            print(f"{model} {seed} p_{name}: {difference:.2e} over {len(rows)} rows")
    print(f"largest difference {largest:.2e}; the tolerance is {TOLERANCE:.0e}")
    return 0 if largest <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
