"""How errors reach every area of a convolutional network: BurstCCN and what it is compared with. Imports its network and torch.

The rules of `burstnet.models.burstccn_rate_rules`, for areas that share weights, for rectified cells and for a softmax. With
sigmoid units and dense areas they are those rules, but for random numbers, which are torch's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch

from burstnet.models.burstccn_conv_network import Activity, ConvNetwork, Layer, forward, rectified_slope
from burstnet.models.burstccn_rate_rules import Strength

__all__ = ["RULES", "ConvStrength", "Signals", "gradients", "learned_bursts", "learned_events"]

#: Added to rates of rectified cells before anything is divided by them.
_SILENT = 1e-8


@dataclass(frozen=True)
class ConvStrength(Strength):
    """How strong errors are.

    Parameters
    ----------
    top_feedback : float
        Factor of the apical potential of the highest hidden area, in place of the others'.
    shift : float
        Added to rates and targets of a softmax, whose errors are divided by the rate, k_0.
    gate : float
        Of rectified cells' dendrites, see `burstnet.models.burstccn_conv_network.rectified_slope`.
    """

    top_feedback: float = 1.0
    shift: float = 1.0
    gate: float = 0.0

    def feedback_of(self, hidden: int, areas: int) -> float:
        """Factor lambda of a hidden area's apical potential; the lowest is 0."""
        return self.top_feedback if hidden == areas - 1 else self.feedback


@dataclass(frozen=True, eq=False)
class Signals:
    """What a rule makes of an error.

    Attributes
    ----------
    deltas : list of Tensor, shape (batch, area above)
        Of every layer, scaled so that with exact feedback they are the gradient of the error by potentials: half the squared
        error of sigmoids, the cross-entropy of a softmax.
    bursts : list of Tensor, shape (batch, area above)
        Burst rates as they are sent down; empty where a rule has none.
    deviation : list of Tensor, shape (batch, area above)
        Burst probability less its baseline; empty where a rule has none.
    """

    deltas: list[torch.Tensor]
    bursts: list[torch.Tensor]
    deviation: list[torch.Tensor]


#: What a rule is: (network, activity, targets, strength) to signals.
Rule = Callable[[ConvNetwork, Activity, torch.Tensor, ConvStrength], Signals]


def burstccn(network: ConvNetwork, activity: Activity, target: torch.Tensor, strength: ConvStrength) -> Signals:
    """One pass down: burst probabilities around a fixed baseline, where event feedback cancels what bursts say at rest.

    References
    ----------
    Greedy et al. (2022), arXiv:2206.11769; published code of 2026.
    """
    p_b, e = network.baseline, activity.events
    top = _taught(network, activity, target, strength)
    deltas, bursts, deviation, scale = [top.delta], [top.burst], [top.deviation], p_b * strength.teacher
    for k in reversed(range(len(e) - 1)):
        part = strength.feedback_of(k, len(e) - 1)
        scale *= part
        u = part * _apical(network, activity, k, bursts[0], e[k + 1])
        p = 2 * p_b * torch.sigmoid(2 / p_b * _onto_dendrite(network, activity, k, u, strength.gate))
        deviation.insert(0, p - p_b)
        bursts.insert(0, p * e[k])
        deltas.insert(0, -deviation[0] * e[k] / scale)
    return Signals(deltas, bursts, deviation)


def exact(network: ConvNetwork, activity: Activity, target: torch.Tensor, strength: ConvStrength) -> Signals:
    """Errors of potentials sent down through Y without saturation: back-propagation if Y = W, else feedback alignment.

    References
    ----------
    Lillicrap et al. (2016), Nature Communications 7: 13276.
    """
    e, intact = activity.events, activity.intact
    missing = target - e[-1]
    deltas = [-missing * e[-1] * (1 - e[-1]) if network.units == "sigmoid" else -missing]
    for k in reversed(range(len(e) - 1)):
        sent = network.layers[k + 1].down(deltas[0], network.bursts[k])
        if intact.bursts:
            sent = sent * intact.bursts[k]
        deltas.insert(0, _slope(network, activity, k, sent))
    return Signals(deltas, [], [])


def burstprop(network: ConvNetwork, activity: Activity, target: torch.Tensor, strength: ConvStrength) -> Signals:
    """Two passes, without and with the teacher; the change of burst probability between them teaches.

    Nothing cancels the burst feedback at rest; see `burstnet.models.burstccn_rate_rules.burstprop`.

    References
    ----------
    Payeur et al. (2021), Nature Neuroscience 24: 1010-1019; published rate code.
    """
    p_b, e, intact = network.baseline, activity.events, activity.intact
    top, silent = (_taught(network, activity, t, strength) for t in (target, e[-1]))
    deltas, deviation, scale = [top.delta], [top.deviation], p_b * strength.teacher
    taught, before = [top.burst], silent.burst
    for k in reversed(range(len(e) - 1)):
        part = strength.feedback_of(k, len(e) - 1)
        scale *= part
        p = []
        for b in (before, taught[0]):
            sent = part * network.layers[k + 1].down(b, network.bursts[k])
            if intact.bursts:
                sent = sent * intact.bursts[k]
            p.append(2 * p_b * torch.sigmoid(2 / p_b * _onto_dendrite(network, activity, k, sent, strength.gate)))
        before = p[0] * e[k]
        taught.insert(0, p[1] * e[k])
        deviation.insert(0, p[1] - p[0])
        deltas.insert(0, -deviation[0] * e[k] / scale)
    return Signals(deltas, taught, deviation)


def node_perturbation(
    network: ConvNetwork, activity: Activity, target: torch.Tensor, strength: ConvStrength
) -> Signals:
    """Potentials of all areas are perturbed at once; what raises the error is undone. There is no feedback but the error's size.

    References
    ----------
    Werfel, Xie & Seung (2005), Neural Computation 17: 2699-2718.
    """
    sigma = strength.perturbation
    added = [sigma * torch.randn_like(z) for z in activity.potentials]
    other = forward(network, activity.inputs[0], activity.intact, perturbation=added)
    if any(below is not e for below, e in zip(activity.inputs[1:], activity.events, strict=False)):
        # noise of hidden areas would be taken for what the perturbation does
        activity = forward(network, activity.inputs[0], activity.intact)
    risen = _loss(network, other, target) - _loss(network, activity, target)
    return Signals([risen.reshape(-1, *[1] * (x.ndim - 1)) * x / sigma**2 for x in added], [], [])


#: Every rule by name.
RULES: Mapping[str, Rule] = {
    "burstccn": burstccn,
    "backprop": exact,
    "feedback-alignment": exact,
    "burstprop": burstprop,
    "node-perturbation": node_perturbation,
}


def gradients(network: ConvNetwork, activity: Activity, signals: Signals) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """What weights and biases of every layer go against: sums over places, means over the batch."""
    return [
        (layer.product(delta, below), _over_places(delta).sum(dim=0) / len(delta))
        for layer, delta, below in zip(network.layers, signals.deltas, activity.inputs, strict=True)
    ]


def learned_bursts(network: ConvNetwork, activity: Activity, signals: Signals, branches: int) -> list[torch.Tensor]:
    """What burst feedback into every hidden area goes against, so that it cancels event feedback on every branch.

    Products are means over the places of a channel, where the published code has no rule for convolutions.
    """
    return [
        _onto_branches(layer, [(b, u) for b, _, u in parts])
        for layer, parts in _branches(network, activity, signals, branches)
    ]


def learned_events(network: ConvNetwork, activity: Activity, signals: Signals, branches: int) -> list[torch.Tensor]:
    """The same of event feedback, which learns to cancel bursts."""
    return [
        _onto_branches(layer, [(e, u) for _, e, u in parts])
        for layer, parts in _branches(network, activity, signals, branches)
    ]


def _onto_branches(layer: Layer, parts: list[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
    """Products of what each branch hears with its potential, of the shape of the weights."""
    scale = len(parts) ** 0.5 / math.prod(layer.above[1:])
    return torch.cat([layer.product(scale * heard, potential) for heard, potential in parts])


@dataclass(frozen=True, eq=False)
class _Top:
    """What a teacher makes of the output: its update, what it sends down, its burst probability less the baseline."""

    delta: torch.Tensor
    burst: torch.Tensor
    deviation: torch.Tensor


def _taught(network: ConvNetwork, activity: Activity, target: torch.Tensor, strength: ConvStrength) -> _Top:
    p_b, e, s = network.baseline, activity.events[-1], strength.teacher
    if network.units == "sigmoid":
        deviation = p_b * s * (target - e) * (1 - e)
        return _Top(-deviation * e / (p_b * s), (p_b + deviation) * e, deviation)
    shifted = e + (strength.shift or _SILENT)
    p = 2 * p_b * torch.sigmoid(2 * s * (target - e) / shifted)
    deviation = p - p_b
    # bursts of the rate that was added are known to all below, and are not sent
    return _Top(-deviation * shifted / (p_b * s), p_b * e + deviation * shifted, deviation)


def _apical(
    network: ConvNetwork, activity: Activity, hidden: int, bursts: torch.Tensor, events: torch.Tensor
) -> torch.Tensor:
    """Apical potential of a hidden area, u = b Y + e Q, from bursts and events of the area above."""
    layer, intact = network.layers[hidden + 1], activity.intact
    if network.cancels and not (intact.bursts or intact.events):
        return layer.down(bursts - network.baseline * events, network.bursts[hidden])
    y, q = layer.down(bursts, network.bursts[hidden]), layer.down(events, network.events[hidden])
    if intact.bursts:
        y = y * intact.bursts[hidden]
    if intact.events:
        q = q * intact.events[hidden]
    return y + q


def _onto_dendrite(
    network: ConvNetwork, activity: Activity, hidden: int, arriving: torch.Tensor, gate: float
) -> torch.Tensor:
    """What moves burst probability: what arrives, as it changes with potentials, over the rate."""
    e = activity.events[hidden]
    if network.units == "sigmoid":
        return arriving * (1 - e)
    return _slope(network, activity, hidden, arriving, gate) / (e + _SILENT)


def _slope(
    network: ConvNetwork, activity: Activity, hidden: int, arriving: torch.Tensor, gate: float = 0.0
) -> torch.Tensor:
    """What arrives at the events of a hidden area, as it changes with its potentials; what lesions take of events is in it."""
    e, scale, rates = activity.events[hidden], activity.scales[hidden], activity.intact.rates
    if rates:
        z, arriving = activity.potentials[hidden], arriving * rates[hidden]
        e = torch.sigmoid(z) if scale is None else torch.relu(z) * (rates[hidden] != 0) * scale
    return arriving * e * (1 - e) if scale is None else rectified_slope(e, scale, arriving, gate)


def _loss(network: ConvNetwork, activity: Activity, target: torch.Tensor) -> torch.Tensor:
    """Error of every image, shape (batch,)."""
    if network.units == "sigmoid":
        return 0.5 * (target - activity.events[-1]).square().sum(dim=1)
    return -(target * torch.log_softmax(activity.potentials[-1], dim=1)).sum(dim=1)


def _over_places(delta: torch.Tensor) -> torch.Tensor:
    """Summed over the places of a channel, shape (batch, channels or cells)."""
    return delta.flatten(2).sum(dim=2) if delta.ndim > 2 else delta


def _branches(
    network: ConvNetwork, activity: Activity, signals: Signals, branches: int
) -> Iterator[tuple[Layer, list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]]]:
    """Every layer above a hidden area with bursts, events and potential of each of its branches: channels or cells in groups."""
    intact = activity.intact
    for k, (y, q) in enumerate(zip(network.bursts, network.own_events, strict=True)):
        layer, groups, parts = network.layers[k + 1], min(branches, len(y)), []
        for b, e, y_k, q_k in zip(
            signals.bursts[k + 1].chunk(groups, dim=1),
            activity.events[k + 1].chunk(groups, dim=1),
            y.chunk(groups),
            q.chunk(groups),
            strict=True,
        ):
            heard, cancelled = layer.down(b, y_k), layer.down(e, q_k)
            if intact.bursts:
                heard = heard * intact.bursts[k]
            if intact.events:
                cancelled = cancelled * intact.events[k]
            parts.append((b, e, heard + cancelled))
        yield layer, parts
