"""The behaviour tree (SCM of ESM²): probabilities multiplied along it."""

from __future__ import annotations

import torch
from torch import Tensor

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
