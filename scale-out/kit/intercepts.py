"""The end of a run: every tower's output bias where the run's own loss over its training rows is least."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from kit.network import Network
from kit.objectives import losses, total
from kit.supervision import Batch, Model

MOST_STEPS = 12
PROBE = 0.02  # of a logit: how far biases are moved to see how the gradient changes
DAMPING = 0.01  # of a bias's own slope: what the loss hardly tells apart stays where the run left it (Marquardt)
MOST_DAMPING = 1e3
SMALL = 1e-4  # a step that moves no bias further is the last
FLAT = 1e-8  # a gradient, in nats by a logit, that is as good as 0


@torch.no_grad()
def solve_intercepts(
    model: Model, network: Network, batches: Iterable[Batch], averaged: Callable[[Tensor], Tensor]
) -> Tensor:
    """Moves the output biases to where the gradient of the loss by them is 0, if that can be found: a step of Adam cannot
    correct them where labels are rare. `batches`: of all training rows, without a step. `averaged`: mean over the workers.
    What the biases moved by, `[towers]`."""
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
        return averaged(found).double()

    shift = torch.zeros(len(model.towers), dtype=torch.float64, device=of_towers.device)
    here = gradient(shift)
    for _ in range(MOST_STEPS):
        if here.abs().max() < FLAT:
            break
        probes = PROBE * torch.eye(len(shift), dtype=torch.float64, device=shift.device)
        slopes = torch.stack([(gradient(shift + probe) - here) / PROBE for probe in probes], 1)
        own, damping, found = slopes.diagonal().clone(), DAMPING, None
        idle = (slopes == 0).all(1)  # biases that nothing hangs on stay
        while found is None and damping <= MOST_DAMPING:
            damped = slopes + damping * own.diag()
            damped[idle, idle] = 1.0
            step, failed = torch.linalg.solve_ex(damped, -here)
            if failed or not step.isfinite().all():
                break
            there = gradient(shift + step)
            found = there if size(there, own) < size(here, own) else None
            damping *= 8
        if found is None:
            break
        shift, here = shift + step, found
        if step.abs().max() < SMALL:
            break
    network.biases[-1] += shift[:, None, None].to(of_towers.dtype)
    return shift


def size(gradient: Tensor, slopes: Tensor) -> Tensor:
    """How far a gradient is from 0: each number's square by the slope along its own bias."""
    return (gradient.pow(2) / slopes.abs()).nan_to_num(0.0, posinf=0.0).sum()


def joined(batches: list[Batch]) -> Batch:
    """All rows of the batches, without their inputs."""

    def column(name: str) -> Tensor | None:
        parts = [getattr(batch, name) for batch in batches]
        return None if parts[0] is None else torch.cat(parts)

    labels = {name: torch.cat([batch.labels[name] for batch in batches]) for name in batches[0].labels}
    columns = {name: column(name) for name in ("draws", "delay", "elapsed", "stands_for")}
    return dataclasses.replace(batches[0], ids=None, dense=None, weights=None, labels=labels, **columns)
