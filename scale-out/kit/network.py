"""The network (SEM and DPM of ESM²), its optimiser and its learning rate."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from kit.encode import Layout, vocabulary_size
from kit.experiment import Refused, Run


class Network(nn.Module):
    """One table of embeddings for all fields (a copy for each tower when they are not shared), and the towers' MLPs."""

    def __init__(self, layout: Layout, run: Run, towers: list[str], is_sparse: bool = True) -> None:
        super().__init__()
        self.layout, self.towers, spec = layout, towers, run.network
        self.size, self.dropout = spec["embedding_size"], spec["dropout"]
        self.copies = 1 if spec["share_embeddings"] else len(towers)
        random = torch.Generator().manual_seed(run.seed)
        self.table = None
        if layout.fields:
            is_sparse = is_sparse and run.training["lazy_embeddings"]
            self.table = nn.Embedding(self.copies * layout.rows, self.size, sparse=is_sparse)
            nn.init.normal_(self.table.weight, std=0.05, generator=random)
        sizes = [len(layout.groups) * self.size + len(layout.dense), *spec["hidden"], 1]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for layer, (n_in, n_out) in enumerate(zip(sizes, sizes[1:])):
            limit = math.sqrt((3 if layer + 2 == len(sizes) else 6) / n_in)  # He-uniform before a ReLU
            weight = torch.empty(len(towers), n_in, n_out).uniform_(-limit, limit, generator=random)
            self.weights.append(nn.Parameter(weight))
            self.biases.append(nn.Parameter(torch.zeros(len(towers), 1, n_out)))

    def forward(self, ids: Tensor | None, dense: Tensor | None, place_weights: Tensor | None) -> Tensor:
        """Logits, `[towers, batch]`."""
        parts = []
        if self.table is not None:
            copies = torch.arange(self.copies, device=ids.device)[:, None, None] * self.layout.rows
            rows = self.table(ids.long()[None] + copies)  # [copies, batch, places, size]
            rows = rows if place_weights is None else rows * place_weights[None, :, :, None].to(rows.dtype)
            parts += [group.sum(2) for group in rows.split(self.layout.groups, 2)]
        if dense is not None:
            parts.append(dense[None].expand(self.copies if self.table is not None else 1, -1, -1))
        x = torch.cat(parts, 2)
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            x = x @ weight + bias
            if layer + 1 < len(self.weights):
                x = dropout(x.relu(), self.dropout, self.training)
        return x[:, :, 0]

    def named(self) -> dict[str, Tensor]:
        """Views of all weights under the playground's names."""
        tensors = {}
        for copy_index in range(self.copies if self.table is not None else 0):
            for field in self.layout.fields:
                prefix = "embedding" if self.copies == 1 else f"embedding.{self.towers[copy_index]}"
                first = copy_index * self.layout.rows + self.layout.offsets[field["name"]]
                rows = self.table.weight.data[first : first + vocabulary_size(field["encoding"])]
                tensors[f"{prefix}.{field['name']}.weight"] = rows
        for tower, name in enumerate(self.towers):
            for layer, (weight, bias) in enumerate(zip(self.weights, self.biases)):
                tensors[f"tower.{name}.{layer}.weight"] = weight.data[tower]
                tensors[f"tower.{name}.{layer}.bias"] = bias.data[tower, 0]
        return tensors

    def load_named(self, tensors: dict[str, Tensor]) -> None:
        for name, values in self.named().items():
            if name not in tensors or tensors[name].shape != values.shape:
                raise Refused(f'the weights have no tensor "{name}" of shape {list(values.shape)}')
            values.copy_(tensors[name])


class Optimizer:
    """Adam, AdamW or SGD as in torch.optim; where a gradient is sparse, on its rows alone (lazily, decay included)."""

    def __init__(self, network: Network, training: dict) -> None:
        self.training, self.steps = training, 0
        table = [(network.table.weight, training["embedding_decay"])] if network.table is not None else []
        weights = [(weight, training["weight_decay"]) for weight in network.weights]
        self.decays = table + weights + [(bias, 0.0) for bias in network.biases]
        self.moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p, _ in self.decays]

    @torch.no_grad()
    def step(self, rate: float) -> None:
        self.steps += 1
        gradients = [p.grad.coalesce() if p.grad.is_sparse else p.grad for p, _ in self.decays]
        values = [gradient.values() if gradient.is_sparse else gradient for gradient in gradients]
        if (most := self.training["clip_norm"]) is not None:
            norm = torch.stack([value.pow(2).sum() for value in values]).sum().sqrt()
            values = [value * (most / (norm + 1e-6)).clamp(max=1.0) for value in values]
        for (p, decay), (m, v), gradient, value in zip(self.decays, self.moments, gradients, values):
            if gradient.is_sparse:
                rows = gradient.indices()[0]
            elif p is self.decays[0][0] and p.dim() == 2 and self.training["lazy_embeddings"]:
                rows = value.abs().sum(1).nonzero()[:, 0]
                value = value[rows]
            else:
                rows = slice(None)
            p[rows], m[rows], v[rows] = self.moved(p[rows], m[rows], v[rows], value, decay, rate)

    def moved(self, p: Tensor, m: Tensor, v: Tensor, g: Tensor, decay: float, rate: float) -> tuple[Tensor, ...]:
        """A parameter and its two moments after a step against gradient `g`."""
        t = self.training
        if t["optimizer"] == "adamw":
            p = p * (1 - rate * decay)
        elif decay:
            g = g + decay * p
        if t["optimizer"] == "sgd":
            m = t["momentum"] * m + g
            return p - rate * m, m, v
        m = t["beta1"] * m + (1 - t["beta1"]) * g
        v = t["beta2"] * v + (1 - t["beta2"]) * g * g
        root = v.sqrt() / math.sqrt(1 - t["beta2"] ** self.steps) + t["epsilon"]
        return p - rate / (1 - t["beta1"] ** self.steps) * m / root, m, v

    def state(self) -> dict:
        return {"steps": self.steps, "moments": self.moments}

    def load(self, state: dict) -> None:
        self.steps, self.moments = state["steps"], state["moments"]


def resolved(training: dict, train_rows: int) -> dict:
    """Batch, epochs and decay of embeddings: what the experiment fixes, of the rest what follows from the rows."""
    batch_size = 16
    while 5 * train_rows >= 8 * batch_size**3:
        batch_size *= 2
    batch_size = training["batch_size"] or batch_size
    epochs = min(max(-(-256 // max(-(-train_rows // batch_size), 1)), 2), 50)
    follows = {"batch_size": batch_size, "epochs": epochs, "embedding_decay": min(1200 / max(train_rows, 1), 0.1)}
    return {key: follows[key] if training[key] is None else training[key] for key in follows}


def rate_at(training: dict, step: int, steps_per_epoch: int) -> float:
    """The learning rate of step `step`, counted from 1: a linear warm-up, then the schedule."""
    warm_up = math.floor(training["warm_up_epochs"] * steps_per_epoch + 0.5)
    if step <= warm_up:
        return training["learning_rate"] * step / warm_up
    done = step - warm_up - 1
    share = min(done / max(steps_per_epoch * training["epochs"] - warm_up, 1), 1.0)
    decays, floor = done / (training["decay_epochs"] * steps_per_epoch), training["schedule_floor"]
    factor = {
        "constant": 1.0,
        "linear": floor + (1 - floor) * (1 - share),
        "cosine": floor + (1 - floor) * (1 + math.cos(math.pi * share)) / 2,
        "step": training["decay_factor"] ** math.floor(decays),
        "exponential": training["decay_factor"] ** decays,
    }[training["schedule"]]
    return training["learning_rate"] * factor
