"""Areas with PV, NDNF, SST and VIP cells learn images; how many SST cells does the error need on its way down?

Every area has as many SST cells of each kind as its feedback has components. Imports its network and images, and the interface of
rate models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.alignment import angle
from burstnet.analysis.dimensionality import centred, effective_rank, participation_ratio
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.datasets import CLASSES, IMAGES, ImageSet, image_set
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Whole
from burstnet.models.burstccn_dalean import CITATION, KINDS, spared
from burstnet.models.burstccn_dalean_network import (
    INTERNEURONS,
    Apical,
    Area,
    Feedback,
    Spared,
    apical,
    bursting,
    excite,
    feedback_of,
    new_area,
    taught,
)
from burstnet.models.burstccn_rate_images import ImageNetwork
from burstnet.rate_model import RateRun

__all__ = ["CITATION", "STRUCTURE", "DaleanImages", "DaleanParameters", "Pass"]

_SOURCE = "BurstCCN, published code of 2026, MNIST settings"
_FEEDBACKS = ("symmetric", "random")


@dataclass(frozen=True)
class DaleanParameters(ParameterSet):
    """Numbers of the network and of its learning."""

    learning_rate: Quantity = parameter(0.6, "step of forward weights (published for MNIST 0.15)", "burstnet")
    weight_decay: Quantity = parameter(5e-5, "decay of forward weights", _SOURCE)
    forward_gain: Quantity = parameter(3.6, "gain of forward weights before learning", _SOURCE)
    feedback_gain: Quantity = parameter(1.0, "gain of burst feedback, times that of forward weights", _SOURCE)
    sst_rate: Quantity = parameter(0.0, "step of weights from SST cells, which cancel event feedback", _SOURCE)
    homeostasis: Quantity = parameter(0.0, "step of constant apical input against what dendrites hear at rest", _SOURCE)
    baseline: Quantity = parameter(0.5, "burst probability without an error", _SOURCE, positive=True)
    teacher: Quantity = parameter(0.5, "error scale of the output area", _SOURCE, positive=True)

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
    "feedback": Choice("symmetric", "burst feedback: that of the forward weights at first, or random", _FEEDBACKS),
    "areas": Whole(4, "hidden areas"),
    "hidden.n": Whole(50, "cells of each hidden area"),
    "sst": Whole(None, "SST cells of each kind in an area; as many as cells of the area above by default"),
    "reduced_area": Whole(0, "the one area, from 1, that has fewer SST cells; 0: none", least=0),
    "reduced_sst": Whole(4, "SST cells of each kind there"),
    "batch": Whole(32, "images between two steps of learning"),
}


@dataclass(frozen=True, eq=False)
class Pass:
    """What a batch evokes on its way up and down.

    Attributes
    ----------
    inputs, pv, events : list of ndarray, shape (batch, cells)
        Of every area, the output too.
    deviation : list of ndarray
        Burst probability less its baseline.
    heard : list of Apical
        Of every hidden area.
    """

    inputs: list[np.ndarray]
    pv: list[np.ndarray]
    events: list[np.ndarray]
    deviation: list[np.ndarray]
    heard: list[Apical]


@dataclass(eq=False)
class _Network:
    areas: list[Area]
    feedback: list[Feedback]


#: What is scored: unit and meaning.
_SCORES: dict[str, tuple[str, str]] = {
    "error": ("1", "part of unseen images that are classified wrong"),
    "train_error": ("1", "part of training images that are classified wrong"),
    "mse": ("1", "mean squared error of the output for unseen images"),
    "participation": ("1", "participation ratio of apical potentials over unseen images"),
    "effective_rank": ("1", "effective rank of apical potentials over unseen images"),
    "error_participation": ("1", "participation ratio of the errors that back-propagation would bring"),
    "apical_angle": ("degree", "angle between apical potentials and the errors that back-propagation would bring"),
    "deviation": ("1", "mean distance of burst probability from its baseline"),
}


@dataclass(frozen=True, kw_only=True)
class DaleanImages(ImageNetwork):
    """Hidden areas with all interneurons and an output area, which learn images epoch by epoch.

    Parameters
    ----------
    images : str
        See `burstnet.datasets.image_set`.
    feedback : {"symmetric", "random"}
    areas, hidden : int
    sst : int, optional
        SST cells of each of the two kinds in every area; in the highest hidden area at most one for every class.
    reduced_area, reduced_sst : int
        One area with fewer of them.
    batch : int
    parameters : DaleanParameters

    References
    ----------
    Greedy et al. (2022), and the published code of its successor (2026).
    """

    images: str = "digits"
    feedback: str = "symmetric"
    areas: int = 4
    hidden: int = 50
    sst: int | None = None
    reduced_area: int = 0
    reduced_sst: int = 4
    batch: int = 32
    parameters: ParameterSet = field(default_factory=DaleanParameters)
    name = "burstccn_dalean_images"
    scores = _SCORES

    def __post_init__(self) -> None:
        for name in ("images", "feedback"):
            STRUCTURE[name].parse(getattr(self, name), name)
        if self.sst is not None and self.sst > self.hidden:
            raise ArgumentError(f"sst={self.sst} is not allowed; it is at most hidden.n, {self.hidden}.")
        if self.reduced_area > self.areas:
            raise ArgumentError(f"reduced_area={self.reduced_area} is not allowed; it is at most areas, {self.areas}.")
        if self.reduced_area and self.reduced_sst > self._most(self.reduced_area):
            raise ArgumentError(
                f"reduced_sst={self.reduced_sst} is not allowed; it is at most {self._most(self.reduced_area)}, the cells of the area above."
            )

    def _most(self, area: int) -> int:
        return CLASSES if area == self.areas else self.hidden

    @property
    def ranks(self) -> list[int]:
        """SST cells of each kind, area by area."""
        own = [min(self._most(k), self.sst or self.hidden) for k in range(1, self.areas + 1)]
        return [self.reduced_sst if k + 1 == self.reduced_area else rank for k, rank in enumerate(own)]

    @property
    def populations(self) -> dict[str, int]:
        """Pyramidal cells of every area, and its interneurons by number of the area."""
        below = [image_set(self.images).train.shape[1], *[self.hidden] * self.areas]
        found = {f"area{k}": self.hidden for k in range(1, self.areas + 1)} | {"output": CLASSES}
        found |= {f"pv{k + 1}": below[k] for k in range(self.areas)} | {"pv_output": below[-1]}
        found |= {f"ndnf{k}": self._most(k) for k in range(1, self.areas + 1)}
        return found | {f"{kind}{k + 1}": 2 * rank for kind in ("sst", "vip") for k, rank in enumerate(self.ranks)}

    @property
    def lesionable(self) -> dict[str, tuple[str, ...]]:
        """Interneurons of every area, and learning of the areas."""
        names = [f"{kind}{k}" for kind in INTERNEURONS for k in range(1, self.areas + 1)] + ["pv_output"]
        learn = [f"area{k}" for k in range(1, self.areas + 1)] + ["output"]
        return dict.fromkeys(names, KINDS) | dict.fromkeys(learn, ("freeze",))

    def session_s(self, protocol: Any) -> float:
        """Rough cost of an epoch: as measured with digits, in proportion to images and weights."""
        images, pixels = {"digits": (1437, 64), "cifar10": (50_000, 3072)}.get(self.images, (50_000, 784))
        weights = self.hidden * (pixels + (self.areas - 1) * self.hidden + CLASSES)
        return 0.1 * images / 1437 * (0.7 + weights / 36_000)

    def learner(self, run: RateRun, data: ImageSet) -> _Learner:
        """See `ImageNetwork.learner`; errors have no teacher, which is there only where its signals are measured."""
        return _Learner(self, run, data, self._new(run))

    def _new(self, run: RateRun) -> _Network:
        """The network before learning, with this seed's weights."""
        p, rng = run.parameters, run.random("weights")
        sizes = [self.populations["pv1"], *[self.hidden] * self.areas, CLASSES]

        def drawn(above: int, below: int, gain: float) -> np.ndarray:
            deviation = np.float32(gain * np.sqrt(2 / (above + below)))
            return deviation * rng.standard_normal((above, below), dtype=np.float32)

        pairs = list(zip(sizes[1:], sizes[:-1], strict=True))
        weights = [drawn(*pair, float(p.forward_gain)) for pair in pairs]
        gain = float(p.feedback_gain)
        bursts = [np.float32(gain) * w for w in weights[1:]]
        if self.feedback == "random":
            bursts = [drawn(*pair, float(p.forward_gain) * gain) for pair in pairs[1:]]
        feedback = [feedback_of(y, float(p.baseline), k) for y, k in zip(bursts, self.ranks, strict=True)]
        return _Network([new_area(w) for w in weights], feedback)

    def _left(self, run: RateRun, session: int) -> list[Spared]:
        """What lesions leave of the interneurons of every area, the output too."""
        areas = [spared(run, {kind: f"{kind}{k}" for kind in INTERNEURONS}, session) for k in range(1, self.areas + 1)]
        return [_single(one) for one in (*areas, spared(run, {"pv": "pv_output"}, session))]

    def passed(
        self, run: RateRun, network: _Network, images: np.ndarray, target: np.ndarray | None, left: Sequence[Spared]
    ) -> Pass:
        """Up and down once, with a teacher if there is a target."""
        p_b = float(run.parameters.baseline)
        found = Pass([], [], [], [], [])
        below = images
        for area, one in zip(network.areas, left, strict=True):
            events, pv = excite(area, below, one)
            found.inputs.append(below)
            found.pv.append(pv)
            found.events.append(events)
            below = events
        top = found.events[-1]
        p = taught(top if target is None else target, top, p_b, float(run.parameters.teacher))
        found.deviation.append(p - p_b)
        for k in reversed(range(self.areas)):
            events = found.events[k + 1]
            found.heard.insert(0, apical(network.feedback[k], p * events, events, p_b, left[k]))
            p = bursting(found.heard[0].potential, found.events[k], p_b)
            found.deviation.insert(0, p - p_b)
        return found

    def _epoch(self, run: RateRun, network: _Network, data: ImageSet, session: int) -> None:
        """Every image once, in an order of its own."""
        p, order = run.parameters, run.random("images", session).permutation(len(data.train))
        left, decay = self._left(run, session), float(p.weight_decay)
        scale = np.float32(float(p.baseline) * float(p.teacher))
        names = [*(f"area{k}" for k in range(1, self.areas + 1)), "output"]
        rates = [np.float32(p.learning_rate) * run.learning(name, session).astype(np.float32) for name in names]
        for first in range(0, len(order) - self.batch + 1, self.batch):
            drawn = order[first : first + self.batch]
            seen = self.passed(run, network, data.train[drawn], data.targets(data.train_label[drawn]), left)
            for k, area in enumerate(network.areas):
                change = (seen.deviation[k] * seen.events[k] / scale).T / np.float32(self.batch)
                rate = rates[k][:, None]
                # both pathways follow half of the error
                area.learn(
                    rate * (change @ seen.inputs[k] / 2 - decay * area.direct),
                    -rate * (change @ seen.pv[k] / 2 + decay * area.inhibition),
                    rates[k] * change.sum(axis=1),
                )
            for feedback, heard in zip(network.feedback, seen.heard, strict=True):
                if p.sst_rate:
                    step = (heard.sst - feedback.sst_drive).T @ heard.potential / (self.batch * scale)
                    feedback.from_sst = np.maximum(feedback.from_sst + np.float32(p.sst_rate) * step, 0)
                if p.homeostasis:
                    resting = heard.resting.mean(axis=0)
                    feedback.apical_drive = feedback.apical_drive - np.float32(p.homeostasis) * resting

    def _scores(self, run: RateRun, network: _Network, data: ImageSet, session: int) -> dict[str, Any]:
        """Errors without a teacher; with one, what dendrites of every area hear of unseen images beside back-propagation."""
        left = self._left(run, session)
        target = data.targets(data.test_label)
        trained = self.passed(run, network, data.train, None, left).events[-1]
        seen = self.passed(run, network, data.test, target, left)
        output = seen.events[-1]
        errors = _errors(network, seen, target)
        return {
            "error": np.mean(output.argmax(axis=1) != data.test_label),
            "train_error": np.mean(trained.argmax(axis=1) != data.train_label),
            "mse": np.mean((output - target) ** 2),
            "participation": [participation_ratio(one.potential) for one in seen.heard],
            "effective_rank": [effective_rank(one.potential) for one in seen.heard],
            "error_participation": [participation_ratio(one) for one in errors],
            "apical_angle": [
                angle(centred(one.potential), centred(other)) for one, other in zip(seen.heard, errors, strict=True)
            ],
            "deviation": [np.abs(one).mean() for one in seen.deviation[:-1]],
        }


def _errors(network: _Network, seen: Pass, target: np.ndarray) -> list[np.ndarray]:
    """What back-propagation brings to every hidden area, against the gradient, before its cells' own slope."""
    rates, found = seen.events, list[np.ndarray]()
    sent = (target - rates[-1]) * rates[-1] * (1 - rates[-1])
    for k in reversed(range(len(rates) - 1)):
        arrived = sent @ network.areas[k + 1].weight
        found.insert(0, arrived)
        sent = arrived * rates[k] * (1 - rates[k])
    return found


def _single(left: Spared) -> Spared:
    """The same in single precision."""
    return Spared(
        {kind: part.astype(np.float32) for kind, part in left.gain.items()},
        {kind: part.astype(np.float32) for kind, part in left.drive.items()},
    )


@dataclass(frozen=True, eq=False)
class _Learner:
    """A network of one seed, see `burstnet.models.burstccn_rate_images.Learner`."""

    model: DaleanImages
    run: RateRun
    data: ImageSet
    network: _Network

    def epoch(self, session: int) -> None:
        self.model._epoch(self.run, self.network, self.data, session)

    def scores(self, session: int) -> dict[str, Any]:
        return self.model._scores(self.run, self.network, self.data, max(session, 0))
