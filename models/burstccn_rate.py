"""BurstCCN in discrete-time rates and what it is compared with: networks of several areas that learn to classify images.

What an epoch of training is, what lesions reach, and what is scored after it. Imports its network and rules, images, and the
interface of rate models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.alignment import angle
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.datasets import CLASSES, IMAGES, ImageSet, image_set
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Whole
from burstnet.models.burstccn_rate_images import CreditNetwork
from burstnet.models.burstccn_rate_network import FEEDBACKS, Activity, Intact, Network, forward, new_network
from burstnet.models.burstccn_rate_rules import RULES, Signals, Strength, gradients, learned_bursts, learned_events
from burstnet.rate_model import RateRun

__all__ = ["CITATION", "SCORES", "STRUCTURE", "BurstCCNRate", "RateParameters", "published_network"]

CITATION = (
    "Greedy W, Zhu HW, Pemberton J, Mellor J, Costa RP (2022). Single-phase deep learning in cortico-cortical networks. "
    "NeurIPS 35. arXiv:2206.11769"
)
_SOURCE = "BurstCCN, published code of 2026, MNIST settings"
_OURS = "burstnet"
#: The first images of training, with which updates are compared.
_COMPARED = 256


@dataclass(frozen=True)
class RateParameters(ParameterSet):
    """Numbers of the network and of its learning."""

    learning_rate: Quantity = parameter(0.6, "step of forward weights (published for MNIST 0.15)", _OURS)
    weight_decay: Quantity = parameter(5e-5, "decay of forward weights (1e-3 with Kolen-Pollack feedback)", _SOURCE)
    forward_gain: Quantity = parameter(3.6, "gain of forward weights before learning", _SOURCE)
    burst_gain: Quantity = parameter(1.5, "gain of random burst feedback, times that of forward weights", _SOURCE)
    event_gain: Quantity = parameter(1.0, "gain of event feedback that does not cancel, times p_b", _OURS)
    baseline: Quantity = parameter(0.5, "burst probability without an error", _SOURCE, positive=True)
    teacher: Quantity = parameter(0.5, "error scale of the output area", _SOURCE, positive=True)
    feedback_scale: Quantity = parameter(1.0, "factor of apical potentials", _SOURCE, positive=True)
    burst_rate: Quantity = parameter(4e-3, "step of burst feedback that learns to cancel", _SOURCE)
    event_rate: Quantity = parameter(5e-3, "step of event feedback that learns to cancel", _OURS)
    noise: Quantity = parameter(0.0, "standard deviation of noise on every input while learning", _SOURCE)
    perturbation: Quantity = parameter(0.1, "standard deviation of perturbed potentials", _SOURCE, positive=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.declared():
            if float(getattr(self, name)) < 0:
                raise ArgumentError(f"{name}={float(getattr(self, name)):g} is not allowed; it is at least 0.")
        if not float(self.baseline) < 1:
            raise ArgumentError(f"baseline={float(self.baseline):g} is not allowed; it is between 0 and 1.")


#: Settings of the network that are fixed when it is made.
STRUCTURE: dict[str, Any] = {
    "images": Choice("digits", "what is classified; all but digits from files of your own", IMAGES),
    "rule": Choice("burstccn", "how errors reach hidden areas", tuple(RULES)),
    "feedback": Choice("own", "weights of the feedback; tied, random for feedback-alignment", ("own", *FEEDBACKS)),
    "areas": Whole(3, "hidden areas"),
    "hidden.n": Whole(100, "cells of each hidden area"),
    "branches": Whole(10, "apical branches whose potentials teach feedback online"),
    "batch": Whole(32, "images between two steps of learning"),
}


#: What is scored: unit and meaning.
SCORES: Mapping[str, tuple[str, str]] = {
    "error": ("1", "part of unseen images that are classified wrong"),
    "train_error": ("1", "part of training images that are classified wrong"),
    "mse": ("1", "mean squared error of the output for unseen images"),
    "angle_bp": ("degree", "angle between the update and back-propagation's"),
    "angle_fa": ("degree", "angle between the update and feedback alignment's through the same feedback"),
    "angle_bp_hidden": ("degree", "angle between the update of all hidden areas and back-propagation's"),
    "angle_fa_hidden": ("degree", "angle between the update of all hidden areas and feedback alignment's"),
    "angle_wy": ("degree", "angle between forward weights and burst feedback"),
    "angle_qy": ("degree", "angle between burst feedback and minus event feedback"),
    "angle_wy_hidden": ("degree", "angle between all forward weights above hidden areas and burst feedback"),
    "angle_qy_hidden": ("degree", "angle between all burst feedback and minus event feedback"),
    "deviation": ("1", "mean distance of burst probability from its baseline"),
}


@dataclass(frozen=True, kw_only=True)
class BurstCCNRate(CreditNetwork):
    """A network of hidden areas and an output, which learns images epoch by epoch.

    Parameters
    ----------
    images : str
        See `burstnet.datasets.image_set`.
    rule : str
        A key of `burstnet.models.burstccn_rate_rules.RULES`.
    feedback : str
        "own" (tied, random for feedback alignment) or one of `burstnet.models.burstccn_rate_network.FEEDBACKS`.
    areas, hidden : int
        Hidden areas, and cells of each.
    branches : int
        Apical branches of every cell.
    batch : int
        Images between two steps of learning; the rest of an epoch's images is left out.
    parameters : RateParameters

    References
    ----------
    Greedy et al. (2022), and the published code of its successor (2026).
    """

    images: str = "digits"
    rule: str = "burstccn"
    feedback: str = "own"
    areas: int = 3
    hidden: int = 100
    branches: int = 10
    batch: int = 32
    parameters: ParameterSet = field(default_factory=RateParameters)
    name = "burstccn_rate"
    scores = SCORES

    def __post_init__(self) -> None:
        for name in ("images", "rule", "feedback"):
            STRUCTURE[name].parse(getattr(self, name), name)
        self.check_feedback()
        if self.weight_mode in ("online-y", "online-q") and any(
            size % min(size, self.branches) for size in (self.hidden, CLASSES)
        ):
            raise ArgumentError(
                f"branches={self.branches} is not allowed; cells of hidden areas ({self.hidden}) and of the output ({CLASSES}) are split evenly."
            )

    @property
    def above(self) -> list[str]:
        """Names of all areas above the image, lowest first."""
        return [f"area{k + 1}" for k in range(self.areas)] + ["output"]

    @property
    def populations(self) -> dict[str, int]:
        """Cells of every area."""
        return dict.fromkeys(self.above[:-1], self.hidden) | {"output": CLASSES}

    def session_s(self, protocol: Any) -> float:
        """Rough cost of an epoch: as measured with digits, in proportion to images and weights."""
        images, pixels = {"digits": (1437, 64), "cifar10": (50_000, 3072)}.get(self.images, (50_000, 784))
        weights = self.hidden * (pixels + (self.areas - 1) * self.hidden + CLASSES)
        return 0.03 * images / 1437 * (0.5 + weights / 55_000)

    def learner(self, run: RateRun, data: ImageSet) -> _Learner:
        """See `ImageNetwork.learner`."""
        return _Learner(self, run, data, self.new_network(run))

    def new_network(self, run: RateRun) -> Network:
        """The network before learning, with this seed's weights."""
        data, p = image_set(self.images), run.parameters
        return new_network(
            (data.train.shape[1], *self.populations.values()),
            run.random("weights"),
            self.weight_mode,
            baseline=float(p.baseline),
            forward_gain=float(p.forward_gain),
            burst_gain=float(p.burst_gain),
            event_gain=float(p.event_gain),
        )

    def signals(self, run: RateRun, network: Network, activity: Activity, target: np.ndarray, name: str) -> Signals:
        """What the rule of that name makes of a batch."""
        p = run.parameters
        strength = Strength(float(p.teacher), float(p.feedback_scale), perturbation=float(p.perturbation))
        return RULES[name](network, activity, target, strength, run.random("perturbation", 0))

    def _intact(self, run: RateRun, session: int) -> Intact:
        """What lesions leave; nothing is multiplied where there are none."""

        def left(names: list[str]) -> list[np.ndarray]:
            found = [run.factor(name, session).astype(np.float32) for name in names if name in self.lesionable]
            return found if any((part != 1).any() for part in found) else []

        hidden = range(1, self.areas + 1)
        rates = left(self.above[:-1])
        if rates:
            rates.append(np.ones(self.populations["output"], np.float32))
        return Intact(rates, left([f"burst{k}" for k in hidden]), left([f"event{k}" for k in hidden]))

    def epoch(self, run: RateRun, network: Network, data: ImageSet, session: int) -> None:
        """Every image once, in an order of its own; or as many without a teacher, while only feedback learns."""
        rng, p = run.random("images", session), run.parameters
        order = rng.permutation(len(data.train))
        intact, noise = self._intact(run, session), run.random("noise", session)
        taught = run.phase(session).name != "calibration"
        strength = Strength(float(p.teacher), float(p.feedback_scale), perturbation=float(p.perturbation))
        perturbed = run.random("perturbation", session)
        learn = [run.learning(name, session).astype(np.float32)[:, None] for name in self.above]
        for first in range(0, len(order) - self.batch + 1, self.batch):
            drawn = order[first : first + self.batch]
            activity = forward(network, data.train[drawn], intact, noise=float(p.noise), rng=noise)
            target = data.targets(data.train_label[drawn]) if taught else activity.events[-1]
            signals = RULES[self.rule](network, activity, target, strength, perturbed)
            steps = gradients(activity, signals)
            if taught or self.weight_mode != "kolen-pollack":
                self._learn_feedback(run, network, activity, signals, steps, session)
            if taught:
                rate, decay = float(p.learning_rate), float(p.weight_decay)
                for k, (w, c) in enumerate(steps):
                    network.weights[k] -= rate * learn[k] * (w + decay * network.weights[k])
                    network.biases[k] -= rate * learn[k][:, 0] * (c + decay * network.biases[k])
                network.tie()

    def _learn_feedback(
        self,
        run: RateRun,
        network: Network,
        activity: Activity,
        signals: Signals,
        steps: list[tuple[np.ndarray, np.ndarray]],
        session: int,
    ) -> None:
        """Change feedback weights, where they learn."""
        p = run.parameters
        if self.weight_mode == "kolen-pollack":
            rate, decay, p_b = float(p.learning_rate), float(p.weight_decay), network.baseline
            for k, (w, _) in enumerate(steps[1:]):
                network.bursts[k] -= rate * self._learns(run, "burst", k, session) * (w + decay * network.bursts[k])
                event = -p_b * w + decay * network.events[k]
                network.events[k] -= rate * self._learns(run, "event", k, session) * event
        elif self.weight_mode == "online-y":
            for k, step in enumerate(learned_bursts(network, activity, signals, self.branches)):
                network.bursts[k] -= float(p.burst_rate) * self._learns(run, "burst", k, session) * step
        elif self.weight_mode == "online-q":
            for k, step in enumerate(learned_events(network, activity, signals, self.branches)):
                network.events[k] -= float(p.event_rate) * self._learns(run, "event", k, session) * step

    def _learns(self, run: RateRun, kind: str, hidden: int, session: int) -> np.ndarray:
        """What is left of the learning of the feedback into each cell."""
        name = f"{kind}{hidden + 1}"
        return run.learning(name, session).astype(np.float32) if name in self.lesionable else np.ones(1, np.float32)

    def _scores(self, run: RateRun, network: Network, data: ImageSet, intact: Intact) -> dict[str, Any]:
        """Errors of all images, and updates of the first ones beside those of other rules."""
        tested = forward(network, data.test, intact).events[-1]
        trained = forward(network, data.train, intact).events[-1]
        found: dict[str, Any] = {
            "error": np.mean(tested.argmax(axis=1) != data.test_label),
            "train_error": np.mean(trained.argmax(axis=1) != data.train_label),
            "mse": np.mean((tested - data.targets(data.test_label)) ** 2),
        }
        activity = forward(network, data.train[:_COMPARED], intact)
        target = data.targets(data.train_label[:_COMPARED])
        own = self.signals(run, network, activity, target, self.rule)
        true = Network(network.weights, network.biases, network.weights[1:], network.events, "tied", network.baseline)
        whole = Activity(activity.inputs, activity.potentials, activity.events, Intact(intact.rates))
        update = [w for w, _ in gradients(activity, own)][:-1]
        for name, feedback, passed in (("bp", true, whole), ("fa", network, activity)):
            exact = self.signals(run, feedback, passed, target, "backprop")
            other = [w for w, _ in gradients(passed, exact)][:-1]
            found[f"angle_{name}"] = [angle(a, b) for a, b in zip(update, other, strict=True)]
            found[f"angle_{name}_hidden"] = angle(
                *(np.concatenate([w.ravel() for w in one]) for one in (update, other))
            )
        for name, one in (("wy", network.weights[1:]), ("qy", [-q for q in network.events])):
            found[f"angle_{name}"] = [angle(a, b) for a, b in zip(one, network.bursts, strict=True)]
            found[f"angle_{name}_hidden"] = angle(_joined(one), _joined(network.bursts))
        moved = [np.abs(d).mean() for d in own.deviation[:-1]] or [np.nan] * self.areas
        found["deviation"] = moved
        return found


@dataclass(frozen=True, eq=False)
class _Learner:
    """A network of one seed, see `burstnet.models.burstccn_rate_images.Learner`."""

    model: BurstCCNRate
    run: RateRun
    data: ImageSet
    network: Network

    def epoch(self, session: int) -> None:
        self.model.epoch(self.run, self.network, self.data, session)

    def scores(self, session: int) -> dict[str, Any]:
        intact = self.model._intact(self.run, session) if session >= 0 else Intact()
        return self.model._scores(self.run, self.network, self.data, intact)


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Weights of all layers as one vector."""
    return np.concatenate([part.ravel() for part in parts])


def published_network(rule: str = "burstccn", feedback: str = "own", **sizes: Any) -> BurstCCNRate:
    """A network with the numbers that belong to its rule and feedback.

    Parameters
    ----------
    rule, feedback : str
    **sizes
        Other arguments of `BurstCCNRate`.

    References
    ----------
    Published code of BurstCCN: Kolen-Pollack feedback starts with the gain of forward weights and needs more decay, feedback
    that learns burst weights needs noise. The step of node perturbation is that of its MNIST settings.
    """
    own: dict[str, float] = {}
    if feedback == "kolen-pollack":
        own = {"weight_decay": 1e-3, "burst_gain": 1.0}
    elif feedback in ("online-y", "online-q"):
        own = {"noise": 0.1}
    if rule == "node-perturbation":
        own["learning_rate"] = 0.01
    return BurstCCNRate(rule=rule, feedback=feedback, parameters=RateParameters(**own), **sizes)
