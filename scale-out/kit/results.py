"""What comes out: weights, predictions, metrics."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import json
import pathlib
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from kit.encode import read_columns
from kit.experiment import POTENTIALS, TRUTH, Refused, Run
from kit.network import Network
from kit.read import Log, yes_or_no
from kit.supervision import Batch, Model, Shape
from kit.tree import Tree, fold


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
    names = {"row", "stands_for", *(f"label.{k}" for k in range(len(shape.labels)))}
    for path in sorted(folder.glob("*.parquet")):
        columns = {name: values.to(device) for name, values in read_columns(path).items()}
        batch = Batch.of(columns, shape, model, run.seed, 0)
        parts.append(model.read(network(batch.ids, batch.dense, batch.weights)).cpu())
        kept.append({name: values.cpu() for name, values in columns.items() if name in names})
    columns = {name: torch.cat([some[name] for some in kept]) for name in kept[0]}
    labels = {name: columns[f"label.{k}"].bool() for k, name in enumerate(shape.labels)}
    labels |= {alias: labels[label] for alias, label in shape.aliases.items() if label in labels}
    return Predicted(columns, labels, torch.cat(parts, 1))


def metrics_of(model: Model, found: Predicted, truth: dict[str, Tensor] | None) -> dict[str, dict]:
    """AUC, log-loss and PCOC of every task, of the impressions that rows stand for; over the entire space only where the log
    knows the truth."""
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
            stands_for = found.columns.get("stands_for", torch.ones(len(label), dtype=torch.float64))
            measured = measure(log_p, log_not_p, label[rows].numpy(), stands_for[rows].numpy())
            metrics |= {f"{metric}.{task}": value for metric, value in measured.items()}
    return metrics


def measure(log_p: np.ndarray, log_not_p: np.ndarray, label: np.ndarray, weight: np.ndarray) -> dict[str, dict]:
    """AUC with ties counting half, mean cross-entropy in nats, mean predicted over mean observed; rows count by weight."""
    positives = int(label.sum())
    undefined = {"undefined": "no positive" if len(label) else "no rows"}
    values: dict[str, dict] = {"auc": undefined, "logloss": undefined, "pcoc": undefined}
    if len(label):
        values["logloss"] = {"value": float(-np.average(np.where(label, log_p, log_not_p), weights=weight))}
    if positives:
        values["pcoc"] = {"value": float(np.average(np.exp(log_p), weights=weight) / np.average(label, weights=weight))}
        values["auc"] = {"undefined": "no negative"}
    if 0 < positives < len(label):
        _, at = np.unique(np.exp(log_p).astype(np.float32), return_inverse=True)
        negative = np.bincount(at, weights=weight * ~label)
        below = np.cumsum(negative) - negative / 2
        wins = (below[at] * weight)[label].sum()
        values["auc"] = {"value": float(wins / weight[label].sum() / weight[~label].sum())}
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
        self.is_weighted = log.is_weighted
        header = ["row", "split", "model", "seed", *(role for role, _ in self.keys)]
        header += ["weight"] if log.is_weighted else []
        header += [name if name in told else f"label_{name}" for name in self.labels]
        self.writer.writerow(header + [f"p_{name}" for name in self.names] + list(self.truth))

    def write(self, run: Run, model: Model, found: Predicted) -> None:
        p = dict(zip(model.tree.index, torch.sigmoid(found.logits)))
        p |= {event["name"]: found.event(model.tree, event)[0].exp() for event in model.tree.events}
        n_rows = found.logits.shape[1]
        columns: list[Iterable] = [found.columns["row"].tolist(), ["eval"] * n_rows]
        columns += [[run.model["name"]] * n_rows, [run.seed] * n_rows, *(codes for _, codes in self.keys)]
        columns += [found.columns["stands_for"].tolist()] if self.is_weighted else []
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
