"""Losses, gradients and a fit of DFM (Chapelle 2014), as JSON: the reference must agree.

Written with numpy 2.4.6 and scipy 1.17.1: python3 tests/golden/delayed_feedback.py > tests/golden/delayed_feedback.json

Everything is in probability space and in complex numbers, so that gradients are complex steps (exact to rounding) and
nothing is shared with the log-space code that is tested. Times are in days.
"""

import json

import numpy as np
from scipy.optimize import minimize

STEP = 1e-30


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softplus(z):
    return np.log(1 + np.exp(z))


def loss(p, rate, label, delay, elapsed):
    """Negative log-likelihood of one impression; p is P(event), rate is λ per day, delay None when it is not known."""
    if label and delay is None:
        return -np.log(p)
    if label:
        return -(np.log(p) + np.log(rate) - rate * delay)
    return -np.log(1 - p + p * np.exp(-rate * elapsed))


def click_space(z, label, delay, elapsed):
    return loss(sigmoid(z[0]), softplus(z[1]), label, delay, elapsed)


def entire_space(z, label, delay, elapsed):
    return loss(sigmoid(z[0]) * sigmoid(z[1]), softplus(z[2]), label, delay, elapsed)


def gradient(function, z):
    steps = [np.array(z, dtype=complex) + 1j * STEP * unit for unit in np.eye(len(z))]
    return [float(np.imag(function(step)) / STEP) for step in steps]


random = np.random.default_rng(11)
cases = []
for space, towers in (("click", 2), ("entire", 3)):
    function = click_space if space == "click" else entire_space
    for index in range(24):
        z = random.normal(scale=2.5, size=towers)
        label = index % 3 == 0
        delay = None if index % 6 == 3 else float(random.exponential(3.0))
        elapsed = float(random.uniform(0, 20))
        of = lambda z: function(z, label, delay if label else None, elapsed)
        cases.append(
            {
                "space": space,
                "logits": z.tolist(),
                "label": label,
                "delay": delay if label else None,
                "elapsed": elapsed,
                "loss": float(np.real(of(z.astype(complex)))),
                "gradient": gradient(of, z),
            }
        )

# A fit: one covariate, P(conversion) = σ(a + b·x), λ = softplus(c + d·x), clicks of ages up to 10 days.
ROWS = 400
x = random.normal(size=ROWS)
true = np.array([0.2, 0.8, -0.8, 0.3])
eventually = random.uniform(size=ROWS) < sigmoid(true[0] + true[1] * x)
delay = random.exponential(1 / softplus(true[2] + true[3] * x))
elapsed = random.uniform(0, 10, ROWS)
label = eventually & (delay <= elapsed)


def mean_loss(theta):
    p, rate = sigmoid(theta[0] + theta[1] * x), softplus(theta[2] + theta[3] * x)
    converted = np.log(p) + np.log(rate) - rate * delay
    pending = np.log(1 - p + p * np.exp(-rate * elapsed))
    return -np.mean(np.where(label, converted, pending))


def mean_gradient(theta):
    return np.array(gradient(mean_loss, theta))


fit = minimize(lambda t: float(mean_loss(t)), np.zeros(4), jac=mean_gradient, method="BFGS", options={"gtol": 1e-10})
print(
    json.dumps(
        {
            "cases": cases,
            "fit": {
                "x": x.tolist(),
                "label": label.tolist(),
                "delay": np.where(label, delay, 0).tolist(),
                "elapsed": elapsed.tolist(),
                "theta": fit.x.tolist(),
                "loss": float(fit.fun),
                "mean_p": float(np.mean(sigmoid(fit.x[0] + fit.x[1] * x))),
                "eventual_rate": float(np.mean(eventually)),
                "observed_rate": float(np.mean(label)),
            },
        }
    )
)
