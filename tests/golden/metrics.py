"""Writes metrics.json: metric values of scikit-learn (and plain numpy where it has none) for tests/metrics.rs.

Run: pip install numpy==2.4.6 scikit-learn==1.9.1 && python tests/golden/metrics.py > tests/golden/metrics.json
"""

import json

import numpy as np
from sklearn import metrics


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


def gauc(labels, scores, groups):
    values = [
        metrics.roc_auc_score(labels[groups == g], scores[groups == g])
        for g in np.unique(groups)
        if 0 < labels[groups == g].sum() < (groups == g).sum()
    ]
    return np.mean(values)


def case(name, seed, n, ties, rate):
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0.001, 0.999, n)
    if ties:
        scores = np.ceil(scores * 12) / 13
    labels = (rng.uniform(size=n) < scores * 2 * rate).astype(int)
    weights = rng.integers(0, 4, n)
    groups = rng.integers(0, max(2, n // 8), n)
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
        "gauc": gauc(labels, scores, groups),
    }
    if not ties:
        values |= {
            "f1_top0.6": f1_at_top(labels, scores, 0.006),
            "f1_top1": f1_at_top(labels, scores, 0.01),
            "ece": ece(labels, scores),
        }
    return {
        "name": name,
        "scores": scores.tolist(),
        "labels": labels.tolist(),
        "weights": weights.tolist(),
        "groups": groups.tolist(),
        "values": {key: float(value) for key, value in values.items()},
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
