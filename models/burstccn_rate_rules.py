"""How errors reach every area: BurstCCN and what it is compared with, behind one interface. Imports its network and errors.

Every rule takes what a batch evokes and its targets, and says what changes each area's input weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from burstnet.models.burstccn_rate_network import Activity, Network, apical, forward

__all__ = ["RULES", "Signals", "Strength", "gradients", "learned_bursts", "learned_events"]

#: Rates are kept this far from 0 and 1 before their potential is looked for.
_EDGE = np.float32(1e-6)


@dataclass(frozen=True)
class Strength:
    """How strong errors are.

    Parameters
    ----------
    teacher : float
        Error scale s of the output area; of the error-dendrite network the nudging of the output, lambda_o.
    feedback : float
        Factor lambda of every hidden area's apical potential.
    leak : float
        Nudging of interneurons in the error-dendrite network, lambda_I.
    perturbation : float
        Standard deviation of what node perturbation adds to potentials.
    """

    teacher: float = 0.5
    feedback: float = 1.0
    leak: float = 0.1
    perturbation: float = 0.1


@dataclass(frozen=True, eq=False)
class Signals:
    """What a rule makes of an error.

    Attributes
    ----------
    deltas : list of ndarray, shape (batch, area above)
        Of every layer, scaled so that with exact feedback they are the gradient of half the squared error by potentials.
    bursts : list of ndarray, shape (batch, area above)
        Burst rates; empty where a rule has none.
    deviation : list of ndarray, shape (batch, area above)
        Burst probability less its baseline; empty where a rule has none.
    """

    deltas: list[np.ndarray]
    bursts: list[np.ndarray]
    deviation: list[np.ndarray]


#: What a rule is: (network, activity, targets, strength, random numbers) to signals.
Rule = Callable[[Network, Activity, np.ndarray, Strength, np.random.Generator], Signals]


def burstccn(
    network: Network, activity: Activity, target: np.ndarray, strength: Strength, rng: np.random.Generator
) -> Signals:
    """One pass down: burst probabilities around a fixed baseline, where event feedback cancels what bursts say at rest.

    References
    ----------
    Greedy et al. (2022), arXiv:2206.11769; published code of 2026.
    """
    p_b, e = network.baseline, activity.events
    deviation = [p_b * strength.teacher * (target - e[-1]) * (1 - e[-1])]
    bursts = [(p_b + deviation[0]) * e[-1]]
    scales = [p_b * strength.teacher]
    for k in reversed(range(len(e) - 1)):
        u = strength.feedback * apical(network, k, bursts[0], e[k + 1], activity.intact)
        p = 2 * p_b * expit(2 / p_b * u * (1 - e[k]))
        deviation.insert(0, p - p_b)
        bursts.insert(0, p * e[k])
        scales.insert(0, scales[0] * strength.feedback)
    deltas = [-d * rate / scale for d, rate, scale in zip(deviation, e, scales, strict=True)]
    return Signals(deltas, bursts, deviation)


def exact(
    network: Network, activity: Activity, target: np.ndarray, strength: Strength, rng: np.random.Generator
) -> Signals:
    """Errors of potentials sent down through Y without saturation: back-propagation if Y = W, else feedback alignment.

    References
    ----------
    Lillicrap et al. (2016), Nature Communications 7: 13276.
    """
    e, intact = activity.events, activity.intact
    deltas = [-(target - e[-1]) * e[-1] * (1 - e[-1])]
    for k in reversed(range(len(e) - 1)):
        sent = deltas[0] @ network.bursts[k]
        if intact.bursts:
            sent = sent * intact.bursts[k]
        own = e[k]
        if intact.rates:  # what a lesion takes of events is a factor, and not in their slope
            sent, own = sent * intact.rates[k], expit(activity.potentials[k])
        deltas.insert(0, sent * own * (1 - own))
    return Signals(deltas, [], [])


def burstprop(
    network: Network, activity: Activity, target: np.ndarray, strength: Strength, rng: np.random.Generator
) -> Signals:
    """Two passes, without and with the teacher; the change of burst probability between them teaches.

    Nothing cancels the burst feedback at rest, so that dendrites work where their sigmoid is not linear. The recurrent weights
    that linearise them in the paper are left out.

    References
    ----------
    Payeur et al. (2021), Nature Neuroscience 24: 1010-1019; published rate code.
    """
    p_b, e, intact = network.baseline, activity.events, activity.intact
    taught = [p_b * (1 + strength.teacher * (target - e[-1]) * (1 - e[-1]))]
    before = [np.full_like(taught[0], p_b)]
    scales = [p_b * strength.teacher]
    for k in reversed(range(len(e) - 1)):
        gain = intact.bursts[k] if intact.bursts else 1.0
        for p in (before, taught):
            sent = strength.feedback * ((p[0] * e[k + 1]) @ network.bursts[k]) * gain
            p.insert(0, 2 * p_b * expit(2 / p_b * sent * (1 - e[k])))
        scales.insert(0, scales[0] * strength.feedback)
    deviation = [new - old for new, old in zip(taught, before, strict=True)]
    deltas = [-d * rate / scale for d, rate, scale in zip(deviation, e, scales, strict=True)]
    return Signals(deltas, [p * rate for p, rate in zip(taught, e, strict=True)], deviation)


def error_dendrites(
    network: Network, activity: Activity, target: np.ndarray, strength: Strength, rng: np.random.Generator
) -> Signals:
    """Apical dendrites compare feedback with the prediction of interneurons, and nudge the soma.

    Interneurons predict perfectly: their weights are those of the area above, and what they send back has the weights Y.

    References
    ----------
    Sacramento et al. (2018), arXiv:1810.11393, as simplified in the published code of BurstCCN.
    """
    e, z, intact = activity.events, activity.potentials, activity.intact
    nudged = np.clip(e[-1] + strength.teacher * (target - e[-1]) * e[-1] * (1 - e[-1]), _EDGE, 1 - _EDGE)
    deltas = [-(nudged - e[-1]) / strength.teacher]
    potential, scale = np.log(nudged / (1 - nudged)), strength.teacher
    for k in reversed(range(len(e) - 1)):
        predicted = expit((1 - strength.leak) * z[k + 1] + strength.leak * potential)
        sent = (nudged - predicted) @ network.bursts[k]
        if intact.bursts:
            sent = sent * intact.bursts[k]
        scale *= strength.feedback * (1 - strength.leak)
        potential = z[k] + strength.feedback * sent
        nudged = expit(potential)
        if intact.rates:
            nudged = nudged * intact.rates[k]
        deltas.insert(0, -(nudged - e[k]) / scale)
    return Signals(deltas, [], [])


def node_perturbation(
    network: Network, activity: Activity, target: np.ndarray, strength: Strength, rng: np.random.Generator
) -> Signals:
    """Potentials of all areas are perturbed at once; what raises the error is undone. There is no feedback but the error's size.

    References
    ----------
    Werfel, Xie & Seung (2005), Neural Computation 17: 2699-2718.
    """
    sigma = np.float32(strength.perturbation)
    added = [sigma * rng.standard_normal(z.shape, dtype=np.float32) for z in activity.potentials]
    # the same inputs as before: noise of the trial is a part of the image here
    other = forward(network, activity.inputs[0], activity.intact, perturbation=added)
    if any(below is not e for below, e in zip(activity.inputs[1:], activity.events, strict=False)):
        # noise of hidden areas would be taken for what the perturbation does
        activity = forward(network, activity.inputs[0], activity.intact)
    risen = 0.5 * ((target - other.events[-1]) ** 2 - (target - activity.events[-1]) ** 2).sum(axis=1, keepdims=True)
    return Signals([risen * x / sigma**2 for x in added], [], [])


#: Every rule by name.
RULES: Mapping[str, Rule] = {
    "burstccn": burstccn,
    "backprop": exact,
    "feedback-alignment": exact,
    "burstprop": burstprop,
    "edn": error_dendrites,
    "node-perturbation": node_perturbation,
}


def gradients(activity: Activity, signals: Signals) -> list[tuple[np.ndarray, np.ndarray]]:
    """What weights and biases of every layer go against: means over the batch."""
    return [
        (delta.T @ below / len(delta), delta.mean(axis=0))
        for delta, below in zip(signals.deltas, activity.inputs, strict=True)
    ]


def learned_bursts(network: Network, activity: Activity, signals: Signals, branches: int) -> list[np.ndarray]:
    """What burst feedback Y goes against to cancel the event feedback on every dendritic branch.

    Parameters
    ----------
    network : Network
    activity : Activity
    signals : Signals
        Of the rule "burstccn".
    branches : int
        The cells of the area above are split into as many groups of neighbours, each with a branch of its own; where there
        are fewer cells, every one has its own.

    Returns
    -------
    list of ndarray, shape (area above, area below)

    References
    ----------
    Published code of BurstCCN (2026), the rule named "apic".
    """
    return [_onto_branches(b, u) for b, _, u in _branches(network, activity, signals, branches)]


def learned_events(network: Network, activity: Activity, signals: Signals, branches: int = 1) -> list[np.ndarray]:
    """What event feedback Q goes against to cancel the burst feedback: events of the area above times apical potential.

    Parameters
    ----------
    network : Network
    activity : Activity
    signals : Signals
        Of the rule "burstccn".
    branches : int
        As in `learned_bursts`; published with one.

    References
    ----------
    Greedy et al. (2022), published code.
    """
    return [_onto_branches(e, u) for _, e, u in _branches(network, activity, signals, branches)]


def _branches(
    network: Network, activity: Activity, signals: Signals, branches: int
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Bursts and events onto every branch of every hidden area, (branch, batch, cells above), and its potential."""
    found = []
    for k, (y, q) in enumerate(zip(network.bursts, network.events, strict=True)):
        groups = min(branches, len(y))
        b, e = (
            x.reshape(len(x), groups, -1).transpose(1, 0, 2) for x in (signals.bursts[k + 1], activity.events[k + 1])
        )
        u = b @ (_scaled(y, activity.intact.bursts, k).reshape(groups, -1, y.shape[1]))
        u += e @ (_scaled(q, activity.intact.events, k).reshape(groups, -1, y.shape[1]))
        found.append((b, e, u))
    return found


def _onto_branches(rates: np.ndarray, potential: np.ndarray) -> np.ndarray:
    """Rates times potentials of branches, mean over the batch, shape (area above, area below)."""
    branches, batch, _ = rates.shape
    step = (rates.transpose(0, 2, 1) @ potential) * (float(np.sqrt(branches)) / batch)
    return np.asarray(step.reshape(-1, potential.shape[2]))


def _scaled(weights: np.ndarray, factors: Sequence[float | np.ndarray], hidden: int) -> np.ndarray:
    """Feedback weights with what a lesion leaves of them."""
    return weights * factors[hidden] if factors else weights
