"""The end of a run: every tower's output bias where the run's own loss over its training rows is least."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from kit.network import Network
from kit.objectives import losses, total
from kit.supervision import Batch, Model

MOST_STEPS = 30
PRIOR_DEVIATION = 2.0  # of what a bias moves by, in logits: it holds what few rows tell
PROBE = 0.02  # of a logit: how far biases are moved to see how the gradient changes
# Of a bias's own slope, added to it where a step with less does not bring the gradient nearer to 0 (Marquardt).
DAMPINGS = (0.0, 0.01, 0.1, 0.5, 2.0, 10.0, 100.0, 1000.0)
ENOUGH = 0.2  # what is left of the gradient after a step along slopes that were not measured where it began; else they are
SMALL = 1e-4  # a step that moves no bias further is the last, and is not looked at
FLAT = 1e-8  # a gradient, in nats by a logit, that is as good as 0


@torch.no_grad()
def solve_intercepts(
    model: Model, network: Network, batches: Iterable[Batch], n_rows: int, averaged: Callable[[Tensor], Tensor]
) -> Tensor:
    """Moves the output biases to where the gradient by them of the loss and of a prior on what they move by is 0, if that
    can be found: a step of Adam cannot correct them where labels are rare. `batches`: of all `n_rows` training rows, or of
    this worker's, without a step. `averaged`: mean over the workers. What the biases moved by, `[towers]`."""
    network.eval()
    seen, logits = [], []
    for batch in batches:
        logits.append(network(batch.ids, batch.dense, batch.weights))
        seen.append(batch)
    rows, of_towers = joined(seen), torch.cat(logits, 1)

    def gradient(shift: Tensor) -> Tensor:
        with torch.enable_grad():
            moved = shift.clone().to(of_towers.dtype).requires_grad_()
            loss = total(losses(model, rows, of_towers + moved[:, None]))
            (found,) = torch.autograd.grad(loss, moved, allow_unused=True, materialize_grads=True)
        return averaged(found).double() + shift / (PRIOR_DEVIATION**2 * n_rows)

    def measured_slopes(shift: Tensor, here: Tensor) -> Tensor:
        probes = PROBE * torch.eye(len(shift), dtype=torch.float64, device=shift.device)
        return torch.stack([(gradient(shift + probe) - here) / PROBE for probe in probes], 1)

    shift = torch.zeros(len(model.towers), dtype=torch.float64, device=of_towers.device)
    here = gradient(shift)
    slopes, is_measured = measured_slopes(shift, here), True
    for _ in range(MOST_STEPS):
        if here.abs().max() < FLAT:
            break
        enough = 1.0 if is_measured else ENOUGH
        for damping in DAMPINGS if is_measured else DAMPINGS[:1]:
            step = newton(slopes, here, damping)
            if step is None:
                continue
            if step.abs().max() < SMALL:
                there = torch.zeros_like(here)
                break
            there = gradient(shift + step)
            if size(there, slopes) < enough * size(here, slopes):
                break
        else:
            if is_measured:
                break
            slopes, is_measured = measured_slopes(shift, here), True
            continue
        # Broyden's update: slopes that a step has shown, without another look at the rows.
        slopes = slopes + torch.outer(there - here - slopes @ step, step) / step.dot(step)
        shift, here, is_measured = shift + step, there, False
    network.biases[-1] += shift[:, None, None].to(of_towers.dtype)
    return shift


def newton(slopes: Tensor, gradient: Tensor, damping: float) -> Tensor | None:
    """A step to where the gradient is 0; none where the damped slopes are not positive definite: what it finds need not be a
    minimum."""
    damped = slopes + damping * slopes.diagonal().diag()
    _, failed = torch.linalg.cholesky_ex((damped + damped.T) / 2)
    return None if failed else torch.linalg.solve(damped, -gradient)


def size(gradient: Tensor, slopes: Tensor) -> Tensor:
    """How far a gradient is from 0: each number's square by the slope along its own bias."""
    own = slopes.diagonal().abs()
    return torch.where(own == 0, 0.0, gradient.pow(2) / own).sum()


def joined(batches: list[Batch]) -> Batch:
    """All rows of the batches, without their inputs."""

    def column(name: str) -> Tensor | None:
        parts = [getattr(batch, name) for batch in batches]
        return None if parts[0] is None else torch.cat(parts)

    labels = {name: torch.cat([batch.labels[name] for batch in batches]) for name in batches[0].labels}
    columns = {name: column(name) for name in ("draws", "delay", "elapsed", "stands_for")}
    return dataclasses.replace(batches[0], ids=None, dense=None, weights=None, labels=labels, **columns)
