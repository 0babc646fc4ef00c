"""One pyramidal cell with its PV, SST, VIP and NDNF cells learns to be more active; what is it like without one of them?

A network of one input, one hidden and one output cell, in rates. Imports its network and the interface of rate models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from brian2.units.fundamentalunits import Quantity

from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.errors import ArgumentError
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
    taught,
)
from burstnet.models.burstccn_rate import CITATION
from burstnet.rate_model import RateModel, RateRun, Recorded

__all__ = ["CITATION", "KINDS", "BurstCCNDalean", "UnitParameters", "spared"]

_SOURCE = "BurstCCN, published code of 2026, silencing"
#: Lesions of interneurons: their output, or what drives them.
KINDS = ("silence", "scale", "current")


@dataclass(frozen=True)
class UnitParameters(ParameterSet):
    """Numbers of the three cells and of what the hidden one learns."""

    input_rate: Quantity = parameter(2.0, "rate of the input cell", _SOURCE, positive=True)
    weakest: Quantity = parameter(0.3, "least excitatory weight before learning; each seed draws its own", _SOURCE)
    strongest: Quantity = parameter(0.5, "largest excitatory weight before learning", _SOURCE)
    pv_weight: Quantity = parameter(0.5, "weight from PV to hidden cell before learning", _SOURCE)
    output_weight: Quantity = parameter(2.0, "weight from hidden to output cell", _SOURCE)
    output_bias: Quantity = parameter(-0.5, "constant input of the output cell", _SOURCE)
    least_gain: Quantity = parameter(0.5, "least feedback weight, as a part of the output's; each seed draws", _SOURCE)
    largest_gain: Quantity = parameter(1.5, "largest feedback weight, as a part of the output's", _SOURCE)
    learning_rate: Quantity = parameter(1.0, "step of weights onto the hidden cell", _SOURCE)
    homeostasis: Quantity = parameter(
        0.65, "step of the constant apical input against what dendrites hear at rest", _SOURCE
    )
    baseline: Quantity = parameter(0.5, "burst probability without an error", _SOURCE, positive=True)
    teacher: Quantity = parameter(1.0, "error scale of the output cell", _SOURCE, positive=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        for low, high in (("weakest", "strongest"), ("least_gain", "largest_gain")):
            least, most = float(getattr(self, low)), float(getattr(self, high))
            if not 0 <= least <= most:
                raise ArgumentError(f"{low}={least:g} is not allowed; it is from 0 to {high}, {most:g}.")
        if not float(self.baseline) < 1:
            raise ArgumentError(f"baseline={float(self.baseline):g} is not allowed; it is between 0 and 1.")


def spared(run: RateRun, names: Mapping[str, str], session: int) -> Spared:
    """What the lesions of a run leave of an area's interneurons.

    Parameters
    ----------
    run : RateRun
    names : mapping of str to str
        Kind of cell to the population that it is.
    session : int
    """
    gain = {kind: run.factor(name, session) for kind, name in names.items()}
    drive = {kind: run.current(name, session) for kind, name in names.items()}
    # where nothing is lesioned nothing is multiplied, so that single precision stays what it is
    return Spared(
        {kind: part for kind, part in gain.items() if (part != 1).any()},
        {kind: part for kind, part in drive.items() if part.any()},
    )


@dataclass(frozen=True, kw_only=True)
class BurstCCNDalean(RateModel):
    """One hidden cell, the ``pyramidal`` one, with all its interneurons, below one output cell that is taught.

    A session is one update, of one example. Each seed draws the first excitatory weight, how far the target is above what the
    output does, and the feedback weight, as the published program does: arms of a study are paired.

    Parameters
    ----------
    parameters : UnitParameters

    References
    ----------
    Greedy et al. (2022), and the published code of its successor (2026).
    """

    parameters: ParameterSet = field(default_factory=UnitParameters)
    name = "burstccn_dalean"

    @property
    def populations(self) -> dict[str, int]:
        """One pyramidal cell and one output; SST and VIP of both kinds."""
        return {"pyramidal": 1, "output": 1, "pv": 1, "ndnf": 1, "sst": 2, "vip": 2}

    @property
    def lesionable(self) -> dict[str, tuple[str, ...]]:
        """Interneurons, and the learning of the pyramidal cell."""
        return dict.fromkeys(INTERNEURONS, KINDS) | {"pyramidal": ("freeze",)}

    def session_s(self, protocol: Any) -> float:
        """About 0.6 ms."""
        return 6e-4

    def run(self, run: RateRun) -> dict[str, Recorded]:
        """Learn; rates are those without a teacher, after each update."""
        circuit = self._circuit(run)
        kept: dict[str, list[float]] = {name: [] for name in _TRACES}
        intact = _Activity.of(circuit, Spared())
        target = float(np.clip(intact.output + circuit.change, 0, 1))
        before = self._scores(circuit, _Activity.of(circuit, self._left(run, 0)), target)
        for session in run.sessions:
            left = self._left(run, session)
            kept["burst_probability"].append(self._update(run, circuit, _Activity.of(circuit, left), target, session))
            for name, value in self._scores(circuit, _Activity.of(circuit, left), target).items():
                kept[name].append(value)
        found = {name: Recorded(np.array(kept[name]), ("session",), "1", doc) for name, doc in _TRACES.items()}
        found |= {
            f"{name}_before": Recorded(value, (), "1", f"{_TRACES[name]}, before learning")
            for name, value in before.items()
        }
        return found | {
            "target": Recorded(target, (), "1", "what the output is taught"),
            "baseline": Recorded(float(run.parameters.baseline), (), "1", "burst probability without an error"),
            "gain": Recorded(circuit.gain, (), "1", "feedback weight, as a part of the output's"),
        }

    def _left(self, run: RateRun, session: int) -> Spared:
        return spared(run, {kind: kind for kind in INTERNEURONS}, session)

    def _circuit(self, run: RateRun) -> _Circuit:
        """The three cells of a seed."""
        p = run.parameters
        # as the published program draws, in its order, so that its runs can be repeated
        rng = np.random.default_rng(run.seed)
        rng.uniform()
        weight = rng.uniform(float(p.weakest), float(p.strongest))
        change = rng.uniform(float(run.protocol.least_change), float(run.protocol.largest_change))
        gain = rng.uniform(float(p.least_gain), float(p.largest_gain))
        hidden = Area(np.array([[weight]]), np.array([[float(p.pv_weight)]]), np.zeros(1))
        up = float(p.output_weight)
        output = Area(np.maximum([[up]], 0.0), np.maximum([[-up]], 0.0), np.array([float(p.output_bias)]))
        feedback = feedback_of(gain * output.weight, float(p.baseline))
        return _Circuit(np.array([[float(p.input_rate)]]), hidden, output, feedback, float(change), float(gain))

    def _update(self, run: RateRun, circuit: _Circuit, activity: _Activity, target: float, session: int) -> float:
        """One step of learning; the burst probability of the pyramidal cell in it."""
        p = run.parameters
        p_b, teacher = float(p.baseline), float(p.teacher)
        bursts = taught(target, activity.top, p_b, teacher) * activity.top
        heard: Apical = apical(circuit.feedback, bursts, activity.top, p_b, activity.left)
        probability = bursting(heard.potential, activity.events, p_b)
        step = float(p.learning_rate) * float(run.learning("pyramidal", session)[0])
        step = step * (probability - p_b) * activity.events / (p_b * teacher)
        circuit.hidden.learn(step * circuit.image / 2, -step * activity.pv / 2, np.zeros(1))
        circuit.feedback.apical_drive = circuit.feedback.apical_drive - float(p.homeostasis) * heard.resting[0]
        return float(probability[0, 0])

    def _scores(self, circuit: _Circuit, activity: _Activity, target: float) -> dict[str, float]:
        """Rates and weights without a teacher."""
        return {
            "event_rate": float(activity.events[0, 0]),
            "output": activity.output,
            "output_error": abs(target - activity.output),
            "direct_weight": float(circuit.hidden.direct[0, 0]),
            "weight": float(
                (circuit.hidden.direct - circuit.hidden.inhibition * activity.left.gain.get("pv", 1.0))[0, 0]
            ),
        }


@dataclass(eq=False)
class _Circuit:
    """The cells of a seed, and by how much the output is to be more active."""

    image: np.ndarray
    hidden: Area
    output: Area
    feedback: Feedback
    change: float
    gain: float


@dataclass(frozen=True, eq=False)
class _Activity:
    """Event rates of both cells, each of shape (1, 1)."""

    pv: np.ndarray
    events: np.ndarray
    top: np.ndarray
    left: Spared

    @classmethod
    def of(cls, circuit: _Circuit, left: Spared) -> _Activity:
        """What the input evokes."""
        events, pv = excite(circuit.hidden, circuit.image, left)
        return cls(pv, events, excite(circuit.output, events)[0], left)

    @property
    def output(self) -> float:
        """Event rate of the output cell."""
        return float(self.top[0, 0])


#: What is recorded after every update, and what the burst probability was in it.
_TRACES = {
    "burst_probability": "burst probability of the pyramidal cell in this update",
    "event_rate": "event rate of the pyramidal cell",
    "output": "event rate of the output cell",
    "output_error": "distance between the output and its target",
    "direct_weight": "excitatory weight onto the pyramidal cell",
    "weight": "excitatory weight less what lesions leave of that from PV",
}
