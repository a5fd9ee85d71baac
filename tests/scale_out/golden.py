"""Holds a scale-out kit to the golden files of tests/golden: losses and weights over ten steps, optimisers, schedules.

    python3 golden.py train.py

Needs PyTorch, NumPy and PyArrow. Everything is computed in float64, so the kit has to agree with what PyTorch made of
the papers' equations to 1e-9. The kit is any that `lab kit` wrote.
"""

import importlib.util
import json
import pathlib
import sys
import tomllib

import torch

ROOT = pathlib.Path(__file__).parents[2]
TOLERANCE = 1e-9
torch.set_default_dtype(torch.float64)
sys.dont_write_bytecode = True


def load_kit(path):
    spec = importlib.util.spec_from_file_location("kit", path)
    kit = importlib.util.module_from_spec(spec)
    sys.modules["kit"] = kit
    spec.loader.exec_module(kit)
    return kit


def run_of(kit, golden, case):
    presets = tomllib.loads((ROOT / "sample-data/presets/models.toml").read_text())["models"]
    preset = next(preset for preset in presets if preset["name"] == case["model"])
    settings = golden["settings"]
    training = {"learning_rate": settings["learning_rate"], "lazy_embeddings": False, "embedding_decay": 0.0}
    model = {"name": case["model"], "tree": preset["tree"], "objective": case["objective"]}
    own = any(name.count(".") == 3 for name in case["start"] if name.startswith("embedding"))
    network = {"embedding_size": settings["embedding_size"], "hidden": settings["hidden"], "share_embeddings": not own}
    experiment = kit.with_defaults({"version": 1, "network": network, "training": training})
    return kit.Run(model, 7, experiment["features"], experiment["split"], experiment["network"], experiment["training"])


def layout_of(kit, golden, run):
    vocabularies = enumerate(golden["settings"]["vocabularies"])
    fields = [
        {
            "name": f"field_{k}",
            "group": "context",
            "encoding": {"kind": "vocabulary", "values": [str(v) for v in range(n - kit.FIRST)]},
        }
        for k, n in vocabularies
    ]
    dense = [{"name": "x", "mean": 0.0, "std": 1.0, "log1p": False}]
    return kit.Layout.of({"fields": fields, "dense": dense}, run.network)


def batch_of(kit, golden, layout, rows, step, kind):
    log, randomness = golden["log"], golden["randomness"]
    offsets = torch.tensor([layout.offsets[field["name"]] for field in layout.fields])

    def column(name):
        return torch.tensor([float("nan") if log[name][row] is None else log[name][row] for row in rows])

    labels = {name: column(name).bool() for name in ("click", "action", "conversion")}
    draws = {
        "unclicked_as_negative": torch.tensor([randomness["rows"][row] for row in rows]),
        "rejection_sampled": torch.tensor(randomness["steps"][step]),
    }.get(kind)
    ids = torch.tensor([log["ids"][row] for row in rows]) + offsets
    dense = torch.tensor([log["dense"][row] for row in rows])
    return kit.Batch(ids, dense, None, labels, draws, column("delay").double(), column("elapsed").double())


def largest_difference(kit, golden, case):
    """Over ten steps: of every loss term, and of the weights at the end."""
    run = run_of(kit, golden, case)
    model, layout = kit.Model.of(run), layout_of(kit, golden, run)
    network = kit.Network(layout, run, model.towers)
    network.load_named({name: torch.tensor(values) for name, values in case["start"].items()})
    optimizer, largest = kit.Optimizer(network, run.training), 0.0
    for step, (rows, expected) in enumerate(zip(golden["randomness"]["batches"], case["curve"])):
        batch = batch_of(kit, golden, layout, rows, step, case["objective"]["kind"])
        terms = kit.losses(model, batch, network(batch.ids, batch.dense, batch.weights))
        found = {f"loss.{name}": loss for name, (_, loss) in terms.items()} | {"loss.total": kit.total(terms)}
        assert found.keys() == expected.keys(), (case["model"], found.keys(), expected.keys())
        largest = max([largest, *(abs(found[key].item() - value) for key, value in expected.items())])
        network.zero_grad()
        kit.total(terms).backward()
        optimizer.step(run.training["learning_rate"])
    named = network.named()
    assert named.keys() == case["end"].keys(), (case["model"], named.keys())
    return max([largest, *((named[name] - torch.tensor(end)).abs().max().item() for name, end in case["end"].items())])


def check_objectives(kit):
    golden = json.loads((ROOT / "tests/golden/objectives_ten_steps.json").read_text())
    kinds = set()
    for case in golden["runs"]:
        difference = largest_difference(kit, golden, case)
        print(f"{case['model']:12} {case['objective']['kind']:22} {difference:.1e}")
        assert difference < TOLERANCE, case["model"]
        kinds.add(case["objective"]["kind"])
    assert kinds == set(kit.OBJECTIVES), "every objective of the kit is held to a golden run"


class OneTable(torch.nn.Module):
    """A weight and a bias with the kit's names, without a table of embeddings."""

    def __init__(self, weight, bias):
        super().__init__()
        self.table = None
        self.weights = torch.nn.ParameterList([torch.nn.Parameter(torch.tensor(weight))])
        self.biases = torch.nn.ParameterList([torch.nn.Parameter(torch.tensor(bias))])


def check_optimizers(kit):
    golden = json.loads((ROOT / "tests/golden/optimizers.json").read_text())
    for case in golden["runs"]:
        training = kit.with_defaults({"version": 1, "training": case["training"]})["training"]
        parameters = OneTable(golden["start"]["weight"], golden["start"]["bias"])
        optimizer = kit.Optimizer(parameters, training)
        for step, (gradient, expected) in enumerate(zip(golden["gradients"], case["rates"]), 1):
            rate = kit.rate_at(training, step, golden["steps_per_epoch"])
            assert abs(rate - expected) < TOLERANCE, (case["name"], step, rate)
            parameters.weights[0].grad = torch.tensor(gradient["weight"])
            parameters.biases[0].grad = torch.tensor(gradient["bias"])
            optimizer.step(rate)
        for name, found in (("weight", parameters.weights[0]), ("bias", parameters.biases[0])):
            difference = (found.detach() - torch.tensor(case["end"][name])).abs().max().item()
            assert difference < TOLERANCE, (case["name"], name, difference)
        print(f"optimizer: {case['name']}")


def check_lazy_rows(kit):
    """A sparse gradient moves its rows as a dense one moves a table that has no others."""
    for settings in ({}, {"optimizer": "adamw", "embedding_decay": 0.1}, {"optimizer": "sgd", "momentum": 0.9}):
        training = kit.with_defaults({"version": 1, "training": {"embedding_decay": 0.0} | settings})["training"]
        table, small = torch.nn.Embedding(5, 2, sparse=True), torch.nn.Embedding(2, 2)
        rows = torch.tensor([3, 1])
        small.weight.data.copy_(table.weight.data[rows])
        before = table.weight.data.clone()
        optimizers = []
        for embedding in (table, small):
            holder = OneTable([[[0.0]]], [[[0.0]]])
            holder.table = embedding
            holder.weights[0].grad = holder.biases[0].grad = torch.zeros(1, 1, 1)
            optimizers.append(kit.Optimizer(holder, training | {"lazy_embeddings": embedding.sparse}))
        for _ in range(3):
            for optimizer, embedding, ids in zip(
                optimizers, (table, small), (rows[[0, 1, 0]], torch.tensor([0, 1, 0]))
            ):
                embedding.zero_grad()
                (embedding(ids) ** 2).sum().backward()
                optimizer.step(0.1)
        assert torch.allclose(table.weight[rows], small.weight, atol=TOLERANCE), settings
        assert torch.equal(table.weight[[0, 2, 4]], before[[0, 2, 4]]), "other rows stay as they are"


if __name__ == "__main__":
    kit = load_kit(sys.argv[1])
    check_objectives(kit)
    check_optimizers(kit)
    check_lazy_rows(kit)
    print("the kit agrees with the golden files")
