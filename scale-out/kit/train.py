"""Training: alone, or one of several Ray workers."""

from __future__ import annotations

import argparse
import math
import os
import pathlib
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from kit.encode import Layout, read_columns
from kit.experiment import Refused, Run
from kit.intercepts import solve_intercepts
from kit.network import Network, Optimizer, rate_at
from kit.objectives import losses, total
from kit.results import metrics_of, predicted
from kit.supervision import Batch, Model, Shape

ROWS_PER_CHUNK = 65536


class Alone:
    """One process: the encoded training rows in memory, shuffled anew for each epoch."""

    rank, size = 0, 1

    def __init__(self, folder: pathlib.Path, device: str) -> None:
        self.columns, self.device = read_columns(folder / "train"), torch.device(device)

    def epoch(self, seed: int, epoch: int, batch_rows: int) -> Iterator[dict[str, Tensor]]:
        random = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
        for rows in torch.randperm(len(self.columns["row"]), generator=random).split(batch_rows):
            yield {name: values[rows].to(self.device) for name, values in self.columns.items()}

    def prepared(self, network: Network) -> nn.Module:
        return network.to(self.device)

    def agreed(self, verdict: Any) -> Any:
        return verdict

    def averaged(self, values: Tensor) -> Tensor:
        return values

    def report(self, state: dict, metrics: dict) -> None:
        print("  " + ", ".join(f"{name} {value:.5g}" for name, value in metrics.items()), flush=True)

    def resumed(self) -> dict | None:
        return None


class OfRay:
    """One worker of Ray Train: its shard of the training rows, streamed."""

    def __init__(self, shuffle_rows: int) -> None:
        import ray.train.torch

        context = ray.train.get_context()
        self.ray, self.shuffle_rows = ray, shuffle_rows
        self.rank, self.size = context.get_world_rank(), context.get_world_size()
        self.device = ray.train.torch.get_device()

    def epoch(self, seed: int, epoch: int, batch_rows: int) -> Iterator[dict[str, Tensor]]:
        yield from self.ray.train.get_dataset_shard("train").iter_torch_batches(
            batch_size=batch_rows,
            local_shuffle_buffer_size=self.shuffle_rows,
            local_shuffle_seed=seed * 1_000_003 + epoch,
        )

    def prepared(self, network: Network) -> nn.Module:
        return self.ray.train.torch.prepare_model(network)

    def agreed(self, verdict: Any) -> Any:
        """The first worker's verdict."""
        said = [verdict]
        if self.size > 1:
            torch.distributed.broadcast_object_list(said, src=0)
        return said[0]

    def averaged(self, values: Tensor) -> Tensor:
        """The mean over workers."""
        if self.size > 1:
            torch.distributed.all_reduce(values)
        return values / self.size

    def report(self, state: dict, metrics: dict) -> None:
        if self.rank != 0:
            return self.ray.train.report(metrics)
        with tempfile.TemporaryDirectory() as folder:
            torch.save(state, pathlib.Path(folder) / "state.pt")
            self.ray.train.report(metrics, checkpoint=self.ray.train.Checkpoint.from_directory(folder))

    def resumed(self) -> dict | None:
        """The last checkpoint's state, after a worker was lost."""
        if (checkpoint := self.ray.train.get_checkpoint()) is None:
            return None
        with checkpoint.as_directory() as folder:
            return torch.load(pathlib.Path(folder) / "state.pt", weights_only=False, map_location=self.device)


def train(run: Run, layout: Layout, shape: Shape, n_rows: int, folder: pathlib.Path, crew: Alone | OfRay) -> dict:
    """Trains one network; returns its weights: the last, or with early stopping the best, their output biases solved."""
    model, training = Model.of(run), run.training
    is_sparse = crew.size == 1 or crew.device.type == "cpu"
    network = Network(layout, run, model.towers, is_sparse)
    batch_rows = -(-training["batch_size"] // crew.size)
    steps_per_epoch = -(-(n_rows // crew.size) // batch_rows)
    state = crew.resumed() or {"epoch": 0, "best": None, "seen": [], "is_over": False}
    if "network" in state:
        network.load_state_dict(state["network"])
    prepared, torch_seed = crew.prepared(network), run.seed * 7919 + crew.rank
    optimizer = Optimizer(network, training)
    if "optimizer" in state:
        optimizer.load(state["optimizer"])
    for epoch in range(state["epoch"], training["epochs"]):
        if state["is_over"]:
            break
        torch.manual_seed(torch_seed + epoch)
        prepared.train()
        sums, n_steps = Counter(), 0
        for columns in crew.epoch(run.seed, epoch, batch_rows):
            batch = Batch.of(columns, shape, model, run.seed, optimizer.steps)
            terms = losses(model, batch, prepared(batch.ids, batch.dense, batch.weights))
            prepared.zero_grad()
            total(terms).backward()
            optimizer.step(rate_at(training, optimizer.steps + 1, steps_per_epoch))
            sums.update(
                {"loss.total": total(terms).detach()}
                | {f"loss.{name}": loss.detach() for name, (_, loss) in terms.items()}
            )
            n_steps += 1
        metrics = {"epoch": epoch + 1} | {name: float(loss) / n_steps for name, loss in sums.items()}
        if not math.isfinite(metrics["loss.total"]):
            raise Refused(
                f"{run.stem} diverged in epoch {epoch + 1}: try a learning rate of {training['learning_rate'] / 10}"
            )
        if training["early_stopping"] is not None:
            observe(
                state, training["early_stopping"], crew, metrics, lambda: validated(run, model, network, shape, folder)
            )
        state |= {"epoch": epoch + 1, "network": weights_of(network), "optimizer": optimizer.state()}
        crew.report(state, metrics)
    if state["best"] is not None:
        network.load_state_dict(state["best"])
    whole = (Batch.of(columns, shape, model, run.seed, None) for columns in crew.epoch(run.seed, 0, ROWS_PER_CHUNK))
    shift = solve_intercepts(model, network, whole, crew.averaged)
    state |= {"best": weights_of(network), "is_over": True}
    crew.report(state, {f"moved.{tower}": float(by) for tower, by in zip(model.towers, shift)})
    return state["best"]


def weights_of(network: Network) -> dict[str, Tensor]:
    return {name: values.detach().cpu().clone() for name, values in network.state_dict().items()}


def observe(
    state: dict, rule: dict, crew: Alone | OfRay, metrics: dict, measured: Callable[[], tuple[float, dict]]
) -> None:
    """Early stopping: a metric on the validation rows, measured by the first worker; the best state is kept."""
    name, patience = rule["metric"], rule.get("patience", 1)
    value, weights = measured() if crew.rank == 0 else (0.0, None)
    value = crew.agreed(value)
    gain = {"auc": lambda a, b: a - b, "logloss": lambda a, b: b - a, "pcoc": lambda a, b: abs(b - 1) - abs(a - 1)}
    seen, better = state["seen"], gain[name.rsplit(".", 1)[0]]
    best = max(range(len(seen)), key=lambda k: seen[k][1]) if seen else None
    is_best = best is None or better(value, seen[best][0]) > rule.get("min_change", 0.0)
    seen.append((value, len(seen) if is_best else -1))  # the best is the one that was best last
    if is_best:
        state["best"] = weights
    elif len(seen) - 1 - best >= patience:
        state["is_over"] = True
    metrics[f"validation.{name}"] = value


def validated(run: Run, model: Model, network: Network, shape: Shape, folder: pathlib.Path) -> tuple[float, dict]:
    held_out_rows = predicted(run, model, network, shape, folder / "validation")
    metric = run.training["early_stopping"]["metric"]
    found = metrics_of(model, held_out_rows, None).get(metric, {"undefined": "the model has no such task"})
    if "undefined" in found:
        raise Refused(f"early stopping looks at {metric}, which is undefined here: {found['undefined']}")
    return found["value"], weights_of(network)


def train_with_ray(
    run: Run, layout: Layout, shape: Shape, n_rows: int, folder: pathlib.Path, args: argparse.Namespace
) -> dict:
    """Trains one network with Ray Train and reads its weights from the last checkpoint."""
    import ray
    import ray.data
    import ray.train
    import ray.train.torch

    if not ray.is_initialized():
        try:
            ray.init(address="auto")  # a cluster that runs, or RAY_ADDRESS
        except ConnectionError:
            # Workers are processes of this machine; two slots more than theirs are for reading the shards.
            ray.init(num_cpus=max(os.cpu_count() or 1, args.workers + 2))

    def loop(_: dict) -> None:
        train(run, layout, shape, n_rows, folder, OfRay(args.shuffle_rows))

    trainer = ray.train.torch.TorchTrainer(
        loop,
        train_loop_config={},
        scaling_config=ray.train.ScalingConfig(num_workers=args.workers, use_gpu=args.use_gpu),
        run_config=ray.train.RunConfig(
            name=f"{run.stem}-{int(time.time())}",
            storage_path=str(args.storage.resolve()),
            checkpoint_config=ray.train.CheckpointConfig(num_to_keep=2),
            failure_config=ray.train.FailureConfig(max_failures=args.max_failures),
        ),
        datasets={"train": ray.data.read_parquet(str(folder / "train"), shuffle="files")},
    )
    with trainer.fit().checkpoint.as_directory() as checkpoint:
        state = torch.load(pathlib.Path(checkpoint) / "state.pt", weights_only=False, map_location="cpu")
    return state["best"]
