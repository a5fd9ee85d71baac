"""What is minimised: one function for each paper’s loss."""

from __future__ import annotations

import functools

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from kit.supervision import Batch, Model, Supervision, Target, Terms, inverse


def click_space(b: Supervision, _: dict) -> Terms:
    """Each event over the rows that meet its condition. Ma et al. 2018, section 3.1."""
    return {target.name: (target.weight, b.plain(target)) for target in b.model.targets}


def oversampled(b: Supervision, objective: dict) -> Terms:
    """As click space, a positive counts `rate` times. Ma et al. 2018, section 3.1."""

    def of(target: Target, loss: Tensor, clicked: Tensor) -> Terms:
        weight = clicked + b.label[target.name] * (objective["rate"] - 1)
        return {target.name: (target.weight, b.weighted_mean(loss, weight))}

    return b.each(of)


def unclicked_as_negative(b: Supervision, objective: dict) -> Terms:
    """As click space, with a share of the unclicked rows as negatives. Ma et al. 2018, section 3.1 (AMAN)."""

    def of(target: Target, loss: Tensor, clicked: Tensor) -> Terms:
        sampled = (b.batch.draws <= objective["share"]) * (1 - clicked)
        return {target.name: (target.weight, b.weighted_mean(loss, clicked + sampled))}

    return b.each(of)


def rejection_sampled(b: Supervision, _: dict) -> Terms:
    """As click space on clicks kept with a probability ∝ 1/pCTR; without draws, weighted by it. Ma et al. 2018, 3.1."""

    def of(target: Target, loss: Tensor, clicked: Tensor) -> Terms:
        log_p, _ = b.propensity(target)
        least = (log_p + (1 - clicked) * 1e9).min()
        draws, log_keep = b.batch.draws, least - log_p
        kept = (log_keep.exp() if draws is None else draws.log() <= log_keep) * clicked
        return {target.name: (target.weight, b.weighted_mean(loss, kept))}

    return b.each(of)


def division(b: Supervision, _: dict) -> Terms:
    """A tower for each event over all rows; pCVR is their ratio. Ma et al. 2018, section 3.1."""
    terms: Terms = {}
    for k, target in enumerate(b.model.targets):
        terms[target.name] = (target.weight, b.mean(b.cross_entropy(target, (b.log_yes[k], b.log_no[k]))))
    return terms


def entire_space(b: Supervision, objective: dict) -> Terms:
    """Every event over all rows; `joint`: answers after clicks. Ma et al. 2018, eq. 3; Wen et al. 2020, eq. 9-12."""
    events = [target for target in b.model.targets if target.event is not None]
    terms: Terms = {target.name: (target.weight, b.plain(target)) for target in events}
    if questions := [target for target in b.model.targets if target.event is None]:
        asked = [b.observed[question.name] for question in questions]
        loss = sum(b.cross_entropy(question) * where for question, where in zip(questions, asked))
        terms["joint"] = (questions[0].weight, b.weighted_mean(loss, functools.reduce(torch.maximum, asked)))
    return terms


def escm2_ips(b: Supervision, objective: dict) -> Terms:
    """Clicks weighted by their inverse propensity. Wang et al. 2022, eq. 7 and 13."""

    def of(target: Target, loss: Tensor, clicked: Tensor) -> Terms:
        weight = inverse(b.propensity(target)[0], objective["clip"]) * clicked
        return {target.name: (target.weight, b.mean(loss * weight))}

    return b.each(of)


def escm2_dr(b: Supervision, objective: dict) -> Terms:
    """Doubly robust by an imputed loss. Wang et al. 2022, eq. 9-12."""

    def of(target: Target, loss: Tensor, clicked: Tensor) -> Terms:
        weight = inverse(b.propensity(target)[0], objective["clip"]) * clicked
        imputed = -b.log_no[-1]  # softplus(z)
        miss = loss.detach() - imputed
        return {
            target.name: (target.weight, b.mean(imputed + weight * (loss - imputed))),
            "imputation": (target.weight, b.mean(miss**2 * weight)),
        }

    return b.each(of)


def dcmt(b: Supervision, objective: dict) -> Terms:
    """Factual and counterfactual losses and their constraint. Zhu et al. 2023, eq. 9-14."""

    def of(target: Target, loss: Tensor, clicked: Tensor) -> Terms:
        log_p, log_not_p = b.propensity(target)
        factual = loss * inverse(log_p, objective["clip"]) * clicked
        counterfactual = -b.log_yes[-1] * inverse(log_not_p, objective["clip"]) * (1 - clicked)
        constraint = (b.mass(target)[1].exp() - b.log_yes[-1].exp()).abs()
        return {
            target.name: (target.weight, b.mean(factual)),
            "counterfactual": (target.weight, b.mean(counterfactual)),
            "constraint": (target.weight * objective["lambda"], b.mean(constraint)),
        }

    return b.each(of)


def delayed_feedback(b: Supervision, objective: dict) -> Terms:
    """The likelihood of when a conversion came, or that it has not come yet. Chapelle 2014, eq. 4-8."""
    terms: Terms = {}
    for target in b.model.targets:
        terms[target.name] = (target.weight, b.plain(target))
        if target.name != objective["delayed"]:
            continue
        log_rate, (log_p, log_not_p), label = log_softplus(b.logits[-1]), b.mass(target), b.label[target.name]
        has_delay = ~b.batch.delay.isnan()
        when = has_delay * (log_rate - log_rate.exp() * b.batch.delay.nan_to_num(0.0))
        not_yet = torch.logaddexp(log_not_p, log_p - log_rate.exp() * b.batch.elapsed)
        loss, observed = -(label * (log_p + when) + (1 - label) * not_yet), b.observed[target.name]
        terms[target.name] = (target.weight, b.mean(loss, observed))
    return terms


def log_softplus(z: Tensor) -> Tensor:
    """ln softplus(z): its series where z is low, which no rounding of 1 + exp(z) spoils."""
    is_low, low = z < -4.0, z.clamp(max=-4.0).exp()
    high = (-logsigmoid(-z.masked_fill(is_low, 0.0))).log()
    return torch.where(is_low, z - low / 2 + low**2 * (5 / 24), high)


OBJECTIVES = {
    of.__name__: of
    for of in (
        click_space, oversampled, unclicked_as_negative, rejection_sampled, division, entire_space, escm2_ips, escm2_dr,
        dcmt, delayed_feedback,
    )
}  # fmt: skip


def losses(model: Model, batch: Batch, logits: Tensor) -> Terms:
    """The loss terms of a batch. `logits`: `[towers, batch]`."""
    return OBJECTIVES[model.objective["kind"]](Supervision(model, batch, logits), model.objective)


def total(terms: Terms) -> Tensor:
    return sum(weight * loss for weight, loss in terms.values() if weight != 0.0)
