"""Holds a scale-out kit to the output biases that the lab solved for.

    python3 intercepts.py train.py LOG WEIGHTS PREPARED

`WEIGHTS` are the lab's of seed 3, `PREPARED` the folder that the kit made of the same log. The kit solves again: from the lab's
biases none moves, and from biases that were moved they come back. Biases of towers that answer no question of the tree may
have a loss too flat to come back to.
"""

import json
import pathlib
import sys

import torch
from golden import load_kit
from safetensors.torch import load_file

FOUND_AGAIN = 1e-3  # of a logit
torch.set_default_dtype(torch.float32)


def main():
    kit = load_kit(sys.argv[1])
    log, weights, prepared = (pathlib.Path(path) for path in sys.argv[2:5])
    experiment, roles = kit.with_defaults(json.loads(kit.EXPERIMENT)), json.loads(kit.ROLES)

    for run in kit.runs_of(experiment, None, [3]):
        path, sheet = kit.sheet_of(weights, run)
        layout, model = kit.Layout.of(sheet["features"], run.network), kit.Model.of(run)
        crew = kit.Alone(prepared, "cpu")
        names = [label.name for label in kit.Log([log], roles).labels]
        shape = kit.Shape(layout.n_places, len(layout.dense), layout.has_lists, names, roles["aliases"])
        for moved in (0.0, 0.4):
            network = kit.Network(layout, run, model.towers)
            network.load_named(load_file(path))
            with torch.no_grad():
                network.biases[-1] += moved
            batches = [kit.Batch.of(rows, shape, model, run.seed, None) for rows in crew.epoch(run.seed, 0, 500)]
            shift = kit.solve_intercepts(model, network, batches, crew.averaged)
            of_tree = (shift + moved)[: len(model.tree.questions)]
            assert of_tree.abs().max() < FOUND_AGAIN, f"{run.stem}: {shift.tolist()} after {moved}"
    print("the kit finds the lab's biases again")


if __name__ == "__main__":
    main()
