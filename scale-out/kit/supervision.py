"""What a model is asked and what its answers are held to: targets, batches, supervision."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from kit.experiment import Run
from kit.held_out import uniform
from kit.tree import Mass, Tree, fold


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
    stands_for: Tensor | None = None  # how much each row counts, 1 in the mean over the training rows

    @classmethod
    def of(cls, columns: dict[str, Tensor], shape: Shape, model: Model, seed: int, step: int | None) -> Batch:
        """Without a step there are no draws of a step: an objective that makes them takes their mean."""

        def stacked(kind: str, count: int) -> Tensor | None:
            return torch.stack([columns[f"{kind}.{k}"] for k in range(count)], 1) if count else None

        labels = {name: columns[f"label.{k}"].bool() for k, name in enumerate(shape.labels)}
        labels |= {alias: labels[label] for alias, label in shape.aliases.items() if label in labels}
        kind, draws, delay = model.objective["kind"], None, None
        rows = columns["row"].cpu().numpy()
        if kind == "unclicked_as_negative":
            draws = uniform(rows, seed)  # a row's draw is the run's
        elif kind == "rejection_sampled" and step is not None:
            draws = uniform(rows, seed + (step + 1) * 0x9E3779B1)
        elif kind == "delayed_feedback":
            event = next(target.event for target in model.targets if target.name == model.objective["delayed"])
            needed = [shape.aliases.get(name, name) for name, required in event["answers"].items() if required]
            delays = [columns[f"delay.{name}"] for name in needed if f"delay.{name}" in columns]
            delay = functools.reduce(torch.maximum, delays)  # NaN wins: a wait that is not known
        device, stands_for = columns["row"].device, None
        if "stands_for" in columns:
            stands_for = (columns["stands_for"] / shape.mean_weight).float()
        return cls(
            stacked("id", shape.n_places), stacked("dense", shape.n_dense),
            stacked("weight", shape.n_places if shape.has_lists else 0), labels,
            None if draws is None else torch.tensor(draws, dtype=torch.float32, device=device),
            delay, columns.get("elapsed"), stands_for,
        )  # fmt: skip


@dataclasses.dataclass
class Shape:
    """What a prepared log's columns are."""

    n_places: int
    n_dense: int
    has_lists: bool
    labels: list[str]
    aliases: dict[str, str]
    mean_weight: float = 1.0  # impressions of the population that a training row stands for


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
        return self.mean(loss, observed)

    def counted(self, x: Tensor) -> Tensor:
        """`x` for as much of each row as counts."""
        return x if self.batch.stands_for is None else x * self.batch.stands_for

    def mean(self, loss: Tensor, observed: Tensor | None = None) -> Tensor:
        """Over all rows, without bias that over the population; or over those whose label is observed."""
        return self.counted(loss).mean() if observed is None else self.weighted_mean(loss, observed)

    def weighted_mean(self, loss: Tensor, weight: Tensor) -> Tensor:
        """The mean over what weighs; 0 where nothing does."""
        weight = self.counted(weight)
        return (loss * weight).sum() / weight.sum().clamp(min=1.0 if self.batch.stands_for is None else 1e-9)

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


def inverse(log_p: Tensor, clip: float) -> Tensor:
    """1 / max(p, clip)."""
    return (-log_p.clamp(min=math.log(clip))).exp()
