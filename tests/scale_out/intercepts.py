"""Holds the end of a scale-out kit's runs to the lab's: the output biases that are solved for.

    python3 intercepts.py train.py LOG BEFORE WEIGHTS PREPARED

`BEFORE` has weights of seed 3 as training leaves them, `WEIGHTS` the lab's of the same runs, `PREPARED` is the folder that the
kit made of the same log. The kit ends the runs, and finds the lab's biases.
"""

import json
import pathlib
import sys

import torch
from golden import load_kit
from safetensors.torch import load_file

SAME = 1e-3  # of a logit
torch.set_default_dtype(torch.float32)


def main():
    kit = load_kit(sys.argv[1])
    log, before, weights, prepared = (pathlib.Path(path) for path in sys.argv[2:6])
    experiment, roles = kit.with_defaults(json.loads(kit.EXPERIMENT)), json.loads(kit.ROLES)

    for run in kit.runs_of(experiment, None, [3]):
        path, sheet = kit.sheet_of(weights, run)
        layout, model = kit.Layout.of(sheet["features"], run.network), kit.Model.of(run)
        crew = kit.Alone(prepared, "cpu")
        names = [label.name for label in kit.Log([log], roles).labels]
        columns = list(crew.epoch(run.seed, 0, 500))
        weights_of_rows = [rows["stands_for"] for rows in columns if "stands_for" in rows]
        mean_weight = float(torch.cat(weights_of_rows).double().mean()) if weights_of_rows else 1.0
        shape = kit.Shape(layout.n_places, len(layout.dense), layout.has_lists, names, roles["aliases"], mean_weight)
        network = kit.Network(layout, run, model.towers)
        with torch.no_grad():
            network.load_named(load_file(path))
            of_lab = [tensor.clone() for tensor in network.parameters()]
            network.load_named(load_file(before / path.name))
        batches = [kit.Batch.of(rows, shape, model, run.seed, None) for rows in columns]
        n_rows = sum(len(next(iter(batch.labels.values()))) for batch in batches)
        shift = kit.solve_intercepts(model, network, batches, n_rows, crew.averaged)
        for found, expected in zip(network.parameters(), of_lab, strict=True):
            assert (found - expected).abs().max() < SAME, f"{run.stem}: {found} is not {expected}, after {shift.tolist()}"
    print("the kit ends runs as the lab")


if __name__ == "__main__":
    main()
