"""The playground's `gbdt` beside LightGBM with its own defaults for categories, on one log: docs/models.md.

    lab generate --preset default --rows 60000 --seed 1 --out LOG.csv
    lab train --log LOG.csv --model gbdt --seeds 1,2,3,4,5,6,7,8 --report R.json --predictions PRED.csv
    python3 benches/beside_lightgbm.py LOG.csv PRED.csv

Needs lightgbm, scikit-learn, pandas and a generated log, whose features are taken to be its `…_segment_…` columns. LightGBM
gets the same training rows and the paper's settings, and is measured on the same held-out rows. Prints mean ± standard
deviation over seeds. Written with LightGBM 4.7.0.

LightGBM's seeds differ more: to draw 2 of 4 features its random generator never draws one of the six pairs under a seed.
"""

import sys
import time

import lightgbm
import numpy
import pandas
from sklearn.metrics import log_loss, roc_auc_score

TREES = 150
SETTINGS = {
    "objective": "binary",
    "max_depth": 8,
    "num_leaves": 2**8,
    "min_data_in_leaf": 20,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "feature_fraction": 0.6,
    "learning_rate": 0.1,
    "lambda_l2": 1.0,
    "num_threads": 1,
    "verbosity": -1,
}


def measured(rows, p_ctr, p_cvr, seconds=None):
    """Metrics on held-out rows; the truth is P(purchase if clicked)."""
    click, bought = rows.click, rows.click * rows.conversion
    truth = rows.truth_p_action * rows.truth_p_buy_action + (1 - rows.truth_p_action) * rows.truth_p_buy_other
    found = {}
    for name, p, label in (("ctr", p_ctr, click), ("ctcvr", p_ctr * p_cvr, bought)):
        found[f"auc.{name}"] = roc_auc_score(label, p)
        found[f"logloss.{name}"] = log_loss(label, p)
        found[f"pcoc.{name}"] = p.mean() / label.mean()
    found["mean pCVR / mean true CVR"] = p_cvr.mean() / truth.mean()
    return found if seconds is None else found | {"seconds": seconds}


def of_lightgbm(train, rows, features, seed):
    started, predictions = time.perf_counter(), []
    for data, label in ((train, "click"), (train[train.click == 1], "conversion")):
        dataset = lightgbm.Dataset(data[features], data[label], categorical_feature=features)
        model = lightgbm.train(SETTINGS | {"seed": seed}, dataset, TREES)
        predictions.append(model.predict(rows[features]))
    return measured(rows, *predictions, time.perf_counter() - started)


def main(log_path, predictions_path):
    log, predictions = pandas.read_csv(log_path), pandas.read_csv(predictions_path)
    features = [name for name in log.columns if "_segment_" in name]
    for name in features:
        log[name] = pandas.factorize(log[name])[0]
    first = predictions[(predictions.model == "gbdt") & (predictions.seed == predictions.seed.iloc[0])]
    is_train = log.index.isin(first[first.split == "train"].row)
    train, rows = log[is_train], log[~is_train]
    found, seeds = {"gbdt": [], "LightGBM": []}, []
    for seed, of_seed in predictions[predictions.model == "gbdt"].groupby("seed"):
        held_out = of_seed.set_index("row").loc[rows.index]
        found["gbdt"].append(measured(rows, held_out.p_ctr.to_numpy(), held_out.p_cvr.to_numpy()))
        found["LightGBM"].append(of_lightgbm(train, rows, features, int(seed)))
        seeds.append(seed)
    print(f"{len(train)} training rows, {len(rows)} held out, {len(seeds)} seeds")
    for name in found["LightGBM"][0]:
        cells = []
        for model, of_seeds in found.items():
            if name not in of_seeds[0]:
                continue
            values = numpy.array([of_seed[name] for of_seed in of_seeds])
            cells.append(f"{model} {values.mean():.4f} ± {values.std(ddof=1):.4f}")
        print(f"{name:26}", "   ".join(cells))


if __name__ == "__main__":
    main(*sys.argv[1:])
