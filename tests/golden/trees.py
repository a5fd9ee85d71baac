"""Boosted trees of scikit-learn on a small data set, as JSON: our trees must predict the same.

Written with scikit-learn 1.9.1 and numpy 2.4.6: python3 tests/golden/trees.py > tests/golden/trees.json

No sampling, so that nothing depends on a random generator: every tree sees every row and input. scikit-learn grows best
first and we depth first; with a limit on the depth alone both end with the same tree. It keeps gradients in f32, which
is why predictions agree to 1e-6 and not to the last digit.
"""

import json

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

ROWS, TREES, DEPTH, MIN_LEAF, L2, RATE = 600, 20, 4, 20, 1.0, 0.1

random = np.random.default_rng(7)
# Two inputs of whole numbers with an order, and one with a few dozen values between −3 and 3.
a = random.integers(0, 12, ROWS)
b = random.integers(0, 40, ROWS)
c = np.round(random.normal(size=ROWS), 1)
logit = -1.0 + 0.3 * a - 0.05 * (b - 20) ** 2 / 10 + 0.8 * c + 0.4 * (a > 6) * c
label = (random.uniform(size=ROWS) < 1 / (1 + np.exp(-logit))).astype(int)

inputs = np.column_stack([a, b, c]).astype(float)
model = HistGradientBoostingClassifier(
    max_iter=TREES,
    max_depth=DEPTH,
    max_leaf_nodes=None,
    min_samples_leaf=MIN_LEAF,
    l2_regularization=L2,
    learning_rate=RATE,
    max_bins=255,
    early_stopping=False,
)
model.fit(inputs, label)

print(
    json.dumps(
        {
            "trees": TREES,
            "depth": DEPTH,
            "min_leaf": MIN_LEAF,
            "l2": L2,
            "learning_rate": RATE,
            "a": a.tolist(),
            "b": b.tolist(),
            "c": c.tolist(),
            "label": label.tolist(),
            "logits": model.decision_function(inputs).tolist(),
            "nodes": [int(len(predictors[0].nodes)) for predictors in model._predictors],
        }
    )
)
