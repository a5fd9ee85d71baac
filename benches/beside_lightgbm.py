"""The playground's `gbdt` beside LightGBM on generated logs: docs/models.md.

    lab generate --preset default --rows 60000 --seed 1 --out LOG.csv
    lab train --log LOG.csv --model gbdt --seeds 101,102,103,104 --report R.json --predictions PRED.csv
    python3 benches/beside_lightgbm.py LOG.csv PRED.csv [LOG2.csv PRED2.csv ...]

Needs lightgbm, scikit-learn and pandas. The features of a generated log are its `…_segment_…` columns. LightGBM gets the
same training rows and is measured on the same held-out rows, with its defaults for categories, twice: with the paper's
trees (`LightGBM`), which are those of `gbdt`, and with all else its default too (`LightGBM, its own trees`: 100 trees of 31
leaves, no sampling). `constant` predicts the training rows' rates.

Prints the mean over training seeds for each log, then the mean over logs of `gbdt` less each other, with its 95 % interval
(t; logs are the sample), and in how many logs `gbdt` is better. `kl` is the mean KL divergence of the true P(click and
purchase) from the predicted, in 1e-3 nats: it has no noise of held-out labels. Written with LightGBM 4.7.0.

Every seed of LightGBM gets the columns in another order and other numbers for the categories, for two reasons. To draw 2 of
4 features its random generator never draws one of the six pairs under a seed, so seeds alone would leave out the same pairs
on every log (take other training seeds for every log, too: those of `gbdt` draw the same rows of logs of equal length). And
categories with equally many rows and positives are ordered by their numbers, which moves later trees.
"""

import sys

import lightgbm
import numpy
import pandas
from scipy.stats import t as student
from sklearn.metrics import log_loss, roc_auc_score

PAPER = {
    "max_depth": 8,
    "num_leaves": 2**8,
    "min_data_in_leaf": 20,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "feature_fraction": 0.6,
    "learning_rate": 0.1,
    "lambda_l2": 1.0,
}
OTHERS = {"LightGBM": (PAPER, 150), "LightGBM, its own trees": ({}, 100)}
# Without sampling seeds differ by the order of equal categories alone.
SEEDS_WITHOUT_SAMPLING = 2
HIGHER_IS_BETTER = {"auc.ctr", "auc.ctcvr"}


def divergence(truth, p):
    """KL divergence of Bernoulli(truth) from Bernoulli(p), mean over rows."""
    return numpy.mean(truth * numpy.log(truth / p) + (1 - truth) * numpy.log((1 - truth) / (1 - p)))


def measured(rows, p_ctr, p_cvr):
    """Metrics on held-out rows."""
    p_ctcvr, bought = p_ctr * p_cvr, rows.click * rows.conversion
    truth = rows.truth_p_action * rows.truth_p_buy_action + (1 - rows.truth_p_action) * rows.truth_p_buy_other
    found = {}
    for name, p, label in (("ctr", p_ctr, rows.click), ("ctcvr", p_ctcvr, bought)):
        found[f"auc.{name}"] = roc_auc_score(label, p)
        found[f"logloss.{name}"] = log_loss(label, p)
    found["pcoc.ctr"], found["pcoc.ctcvr"] = p_ctr.mean() / rows.click.mean(), p_ctcvr.mean() / bought.mean()
    found["kl.ctcvr"] = 1e3 * divergence(rows.truth_p_click * truth, p_ctcvr)
    return found


def of_lightgbm(train, rows, features, seed, settings, trees):
    random = numpy.random.default_rng(seed)
    train, rows, features = train.copy(), rows.copy(), random.permutation(features).tolist()
    for name in features:
        number = random.permutation(1 + max(train[name].max(), rows[name].max()))
        train[name], rows[name] = number[train[name]], number[rows[name]]
    settings = {"objective": "binary", "num_threads": 1, "verbosity": -1, "seed": seed} | settings
    predictions = []
    for data, label in ((train, "click"), (train[train.click == 1], "conversion")):
        dataset = lightgbm.Dataset(data[features], data[label], categorical_feature=features)
        predictions.append(lightgbm.train(settings, dataset, trees).predict(rows[features]))
    return measured(rows, *predictions)


def of_log(log_path, predictions_path):
    """Metrics on one log: for every model the mean over training seeds."""
    log, predictions = pandas.read_csv(log_path), pandas.read_csv(predictions_path)
    predictions = predictions[predictions.model == "gbdt"]
    features = [name for name in log.columns if "_segment_" in name]
    for name in features:
        log[name] = pandas.factorize(log[name])[0]
    first = predictions[predictions.seed == predictions.seed.iloc[0]]
    is_train = log.index.isin(first[first.split == "train"].row)
    train, rows = log[is_train], log[~is_train]
    rate_of_clicks, rate_of_purchases = train.click.mean(), train[train.click == 1].conversion.mean()
    found = {"gbdt": []} | {name: [] for name in OTHERS}
    for seed, of_seed in predictions.groupby("seed"):
        held_out = of_seed.set_index("row").loc[rows.index]
        found["gbdt"].append(measured(rows, held_out.p_ctr.to_numpy(), held_out.p_cvr.to_numpy()))
        for name, (settings, trees) in OTHERS.items():
            if settings or len(found[name]) < SEEDS_WITHOUT_SAMPLING:
                found[name].append(of_lightgbm(train, rows, features, int(seed), settings, trees))
    found["constant"] = [measured(rows, numpy.full(len(rows), rate_of_clicks), numpy.full(len(rows), rate_of_purchases))]
    print(f"{log_path}: {len(train)} training rows, {len(rows)} held out, {int((rows.click * rows.conversion).sum())} purchases")
    means = pandas.DataFrame({name: pandas.DataFrame(of_seeds).mean() for name, of_seeds in found.items()}).T
    print(means.round(4).to_string(), "\n")
    return means


def main(paths):
    logs = [of_log(*pair) for pair in zip(paths[::2], paths[1::2], strict=True)]
    means = sum(logs) / len(logs)
    print(f"mean over {len(logs)} logs\n{means.round(4).to_string()}\n")
    if len(logs) < 2:
        return
    for other in [*OTHERS, "constant"]:
        print(f"gbdt less {other}")
        for metric in means.columns:
            differences = numpy.array([log.loc["gbdt", metric] - log.loc[other, metric] for log in logs])
            half = student.ppf(0.975, len(logs) - 1) * differences.std(ddof=1) / len(logs) ** 0.5
            better = ""
            if not metric.startswith("pcoc"):
                sign = 1 if metric in HIGHER_IS_BETTER else -1
                better = f"   better in {int((sign * differences > 0).sum())} of {len(logs)}"
            print(f"  {metric:14} {differences.mean():+.4f} ± {half:.4f}{better}")


if __name__ == "__main__":
    main(sys.argv[1:])
