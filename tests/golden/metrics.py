"""Writes metrics.json: metric values of scikit-learn (SciPy, plain numpy where it has none) for tests/metrics.rs.

Run: pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 && python tests/golden/metrics.py > tests/golden/metrics.json
"""

import json

import numpy as np
from scipy import stats
from scipy.special import rel_entr
from sklearn import metrics
from sklearn.calibration import calibration_curve


def f1_at_top(labels, scores, share):
    """Without ties at the cut: the definition of ESM2, section 4.2."""
    top = int(np.floor(share * len(scores) + 1e-9))
    called = np.zeros(len(scores), bool)
    called[np.argsort(-scores)[:top]] = True
    return metrics.f1_score(labels, called)


def ece(labels, scores, bins=10):
    """Equal-mass bins of the ascending scores; len(scores) must be divisible by bins, and the scores distinct."""
    order = np.argsort(scores).reshape(bins, -1)
    return np.mean([abs(scores[part].mean() - labels[part].mean()) for part in order])


def ece_chance(scores, bins=10):
    """Mean of |X - np| of a binomial in each bin, narrowed by the spread of the scores within it."""
    parts = scores[np.argsort(scores)].reshape(bins, -1)
    size, share = 0.0, 1 / bins
    for part in parts:
        n, p = len(part), part.mean()
        deviation = np.abs(np.arange(n + 1) - n * p) @ stats.binom.pmf(np.arange(n + 1), n, p)
        size += share * deviation / n * np.sqrt((part * (1 - part)).mean() / (p * (1 - p)))
    return size


def gauc(labels, scores, groups, clicks, weight):
    """weight: "one", "impressions" or "clicks"; groups of one class are left out."""
    mixed = [g for g in np.unique(groups) if 0 < labels[groups == g].sum() < (groups == g).sum()]
    values = [metrics.roc_auc_score(labels[groups == g], scores[groups == g]) for g in mixed]
    weights = {
        "one": [1 for _ in mixed],
        "impressions": [(groups == g).sum() for g in mixed],
        "clicks": [clicks[groups == g].sum() for g in mixed],
    }[weight]
    return np.average(values, weights=weights)


def best_threshold(labels, scores):
    precision, recall, thresholds = metrics.precision_recall_curve(labels, scores)
    f1 = 2 * precision[:-1] * recall[:-1] / np.maximum(precision[:-1] + recall[:-1], 1e-300)
    best = np.flatnonzero(f1 == f1.max())
    return thresholds[best[-1]]  # of equals the strictest


def f1_at_threshold(labels, scores, second):
    """Each half called by the other's best threshold, counted together."""
    called = np.zeros(len(scores), bool)
    for half, other in [(~second, second), (second, ~second)]:
        called[other] = scores[other] >= best_threshold(labels[half], scores[half])
    return metrics.f1_score(labels, called)


def partial_correlation(x, y, z):
    """Of what a straight line in z leaves of x and y."""
    design = np.column_stack([np.ones_like(z), z])
    rest = [v - design @ np.linalg.lstsq(design, v, rcond=None)[0] for v in (x, y)]
    return np.corrcoef(*rest)[0, 1]


def roc_points(labels, scores):
    """Every operating point that is no corner of a straight line, as (fpr, tpr)."""
    fpr, tpr, _ = metrics.roc_curve(labels, scores, drop_intermediate=True)
    return np.column_stack([fpr, tpr]).tolist()


def pr_points(labels, scores):
    """(recall, precision) at every threshold that calls a further positive, by ascending recall."""
    precision, recall, _ = metrics.precision_recall_curve(labels, scores)
    points = np.column_stack([recall, precision])[-2::-1]
    is_further = np.diff(points[:, 0], prepend=0) > 0
    return points[is_further].tolist()


def log_odds(p):
    return np.log(p) - np.log1p(-p)


def case(name, seed, n, ties, rate):
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0.001, 0.999, n)
    if ties:
        scores = np.ceil(scores * 12) / 13
    labels = (rng.uniform(size=n) < scores * 2 * rate).astype(int)
    weights = rng.integers(0, 4, n)
    groups = rng.integers(0, max(2, n // 8), n)
    clicks = (rng.uniform(size=n) < 0.4).astype(int)
    second = rng.uniform(size=n) < 0.5
    # A truth that the scores follow, and a click probability that the scores follow too.
    truth = np.clip(scores * rng.uniform(0.5, 1.0, n), 0.001, 0.999).round(4)
    p_click = np.clip(0.5 * scores + 0.3 * truth + 0.2 * rng.uniform(size=n), 0.001, 0.999).round(4)
    base = labels.mean()
    loss = metrics.log_loss(labels, scores)
    values = {
        "auc": metrics.roc_auc_score(labels, scores),
        "weighted_auc": metrics.roc_auc_score(labels, scores, sample_weight=weights),
        "ap": metrics.average_precision_score(labels, scores),
        "logloss": loss,
        "ne": loss / metrics.log_loss(labels, np.full(n, base)),
        "brier": metrics.brier_score_loss(labels, scores),
        "pcoc": scores.mean() / base,
        "gauc": gauc(labels, scores, groups, clicks, "one"),
        "gauc_impressions": gauc(labels, scores, groups, clicks, "impressions"),
        "gauc_clicks": gauc(labels, scores, groups, clicks, "clicks"),
        "f1_threshold": f1_at_threshold(labels, scores, second),
        "bias": (scores - truth).mean(),
        "kl_truth": rel_entr(np.c_[truth, 1 - truth], np.c_[scores, 1 - scores]).sum(axis=1).mean(),
        "rmse_truth": metrics.root_mean_squared_error(truth, scores),
        "mae_truth": np.abs(scores - truth).mean(),
        "xent_truth": -(truth * np.log(scores) + (1 - truth) * np.log1p(-scores)).mean(),
        "pcorr_ctr": partial_correlation(log_odds(scores), log_odds(p_click), log_odds(truth)),
    }
    curves = {}
    if not ties:
        values |= {
            "f1_top0.6": f1_at_top(labels, scores, 0.006),
            "f1_top1": f1_at_top(labels, scores, 0.01),
            "ece": ece(labels, scores),
            "ece_chance": ece_chance(scores),
        }
        observed, predicted = calibration_curve(labels, scores, n_bins=10, strategy="quantile")
        curves["reliability"] = np.column_stack([predicted, observed]).tolist()
    if ties or labels.sum() <= 80:
        curves |= {"roc": roc_points(labels, scores), "pr": pr_points(labels, scores)}
    return {
        "name": name,
        "scores": scores.tolist(),
        "labels": labels.tolist(),
        "weights": weights.tolist(),
        "groups": groups.tolist(),
        "clicks": clicks.tolist(),
        "second": second.astype(int).tolist(),
        "truth": truth.tolist(),
        "p_click": p_click.tolist(),
        "values": {key: float(value) for key, value in values.items()},
        "curves": curves,
    }


print(
    json.dumps(
        {
            "versions": {"numpy": np.__version__},
            "cases": [
                case("distinct", 1, 400, False, 0.5),
                case("rare", 2, 800, False, 0.06),
                case("ties", 3, 300, True, 0.4),
                case("small", 4, 20, True, 0.5),
            ],
        },
        separators=(",", ":"),
    )
)
