"""The command."""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
import time

from kit.encode import Layout, fit, prepare
from kit.experiment import EXPERIMENT, ROLES, Refused, runs_of, with_defaults
from kit.held_out import survey
from kit.network import Network, resolved
from kit.read import Log
from kit.results import PredictionsFile, metrics_of, predicted, sheet_of, truth_of, write_weights
from kit.supervision import Model, Shape
from kit.train import Alone, train, train_with_ray


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--log", type=pathlib.Path, nargs="+", required=True, help="CSV or Parquet files of the log")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out"), help="folder for what comes out")
    parser.add_argument("--storage", type=pathlib.Path, help="folder that every worker sees; --out without it")
    parser.add_argument("--workers", type=int, default=0, help="train with Ray Train on so many workers")
    parser.add_argument("--use-gpu", action="store_true")
    parser.add_argument("--max-failures", type=int, default=2, help="how often Ray goes on from the last checkpoint")
    parser.add_argument("--shuffle-rows", type=int, default=100_000, help="rows of a worker's shuffle buffer")
    parser.add_argument("--weights", type=pathlib.Path, help="weights to predict with (file or folder): no training")
    parser.add_argument("--models", nargs="+", help="of the experiment's models these alone")
    parser.add_argument("--seeds", type=int, nargs="+", help="instead of the experiment's")
    parser.add_argument("--epochs", type=int, help="instead of the experiment's")
    args = parser.parse_args()
    args.storage = args.storage or args.out
    return args


def main(args: argparse.Namespace) -> None:
    experiment, roles = with_defaults(json.loads(EXPERIMENT)), json.loads(ROLES)
    if args.epochs is not None:
        experiment["training"]["epochs"] = args.epochs
    stopping = experiment["training"]["early_stopping"]
    if stopping is not None and stopping["metric"].rsplit(".", 1)[0] not in ("auc", "logloss", "pcoc"):
        raise Refused(f"early stopping by {stopping['metric']} is not done here; auc, logloss and pcoc are")
    runs = runs_of(experiment, args.models, args.seeds)
    if args.weights is not None and not args.weights.is_dir():
        runs = [run for run in runs if run.stem == args.weights.stem]
        if not runs:
            raise Refused(
                f"{args.weights}: a file of weights is called <model>-<seed>.safetensors, as the playground names it"
            )
    log, folder = Log(args.log, roles, "assembly" in experiment.get("data", {})), args.storage.resolve() / "prepared"
    asked = {question["label"] for run in runs for question in run.model["tree"]["questions"]}
    if missing := sorted(asked - {label.name for label in log.labels} - set(roles["aliases"])):
        raise Refused(f'a model asks for the label "{missing[0]}", which the roles do not name')
    if (
        any(run.model["objective"]["kind"] == "delayed_feedback" for run in runs)
        and "conversion_time" not in log.time_columns
    ):
        raise Refused("delayed feedback needs a column with the role conversion_time")
    args.out.mkdir(parents=True, exist_ok=True)
    found = survey(log, runs[0].split)
    features = fit(log, found, runs[0]) if args.weights is None else sheet_of(args.weights, runs[0])[1]["features"]
    layout = Layout.of(features, runs[0].network)
    rows_of, mean_weight = prepare(log, found, runs[0].split, layout, folder)
    names = [label.name for label in log.labels]
    shape = Shape(layout.n_places, len(layout.dense), layout.has_lists, names, roles["aliases"], mean_weight)
    print(f"{found.n_rows} rows: {', '.join(f'{part} {n}' for part, n in rows_of.items())}; split by {found.split_by}")
    predictions, reports = PredictionsFile(args.out / "predictions.csv", log, runs, folder), []
    alone = None if args.workers or args.weights else Alone(folder, "cuda" if args.use_gpu else "cpu")
    for run in runs:
        run.training |= resolved(run.training, rows_of["train"])
        print(f"{run.stem}: {run.training['epochs']} epochs, batches of {run.training['batch_size']}", flush=True)
        started, model = time.monotonic(), Model.of(run)
        network = Network(layout, run, model.towers)
        if args.weights is not None:
            from safetensors.torch import load_file

            path, sheet = sheet_of(args.weights, run)
            if sheet["features"] != features:
                raise Refused(f"{path} was trained with other encoders than {runs[0].stem}; predict with one at a time")
            network.load_named(load_file(path))
        elif args.workers:
            network.load_state_dict(train_with_ray(run, layout, shape, rows_of["train"], folder, args))
        else:
            network.load_state_dict(train(run, layout, shape, rows_of["train"], folder, alone))
        seconds = time.monotonic() - started
        found_rows = predicted(run, model, network, shape, folder / "eval")
        predictions.write(run, model, found_rows)
        metrics = metrics_of(model, found_rows, truth_of(log, folder))
        write_weights(run, model, network, features, args.out)
        reports.append({"model": run.model["name"], "seed": run.seed, "train_rows": rows_of["train"],
                        "eval_rows": rows_of["eval"], "seconds": seconds, "metrics": metrics})  # fmt: skip
        print("  " + ", ".join(f"{key} {value['value']:.4f}" for key, value in metrics.items() if "value" in value))
    predictions.file.close()
    (args.out / "metrics.json").write_text(json.dumps({"version": 1, "runs": reports}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    try:
        main(parse_arguments())
    except Refused as refused:
        print(f"train.py: {refused}", file=sys.stderr)
        sys.exit(2)
