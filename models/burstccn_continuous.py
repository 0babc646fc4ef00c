"""BurstCCN in continuous time and rates: one area learns to follow what another network does with sine waves.

Somata and dendrites are leaky, errors never stop to arrive, and weights change all the time. Imports the interface of rate models.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp
from typing import Any

import numpy as np
from brian2.units import ms, second
from brian2.units.fundamentalunits import Quantity
from scipy.special import expit

from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Whole
from burstnet.models.burstccn_rate import CITATION
from burstnet.rate_model import RateModel, RateRun, Recorded

__all__ = ["CITATION", "STRUCTURE", "BurstCCNContinuous", "ContinuousParameters", "Waves", "waves"]

_SOURCE = "BurstCCN, published code of 2026, continuous time, sine task"
_INPUTS = 3
#: Steps of a session.
_SESSION = 1000
#: Steps in which a window of the recorded end of a run is kept.
_SHOWN = 500


@dataclass(frozen=True)
class ContinuousParameters(ParameterSet):
    """Numbers of the network and of its learning."""

    dt: Quantity = parameter(10 * ms, "step of all equations", _SOURCE, positive=True)
    tau_soma: Quantity = parameter(100 * ms, "time constant of somata", _SOURCE, positive=True)
    tau_dendrite: Quantity = parameter(100 * ms, "time constant of apical dendrites", _SOURCE, positive=True)
    tau_input: Quantity = parameter(200 * ms, "time constant of the trace of inputs", _SOURCE, positive=True)
    tau_trace: Quantity = parameter(
        100 * ms,
        "time constant of the trace of hidden cells, which moves twice a step as published",
        _SOURCE,
        positive=True,
    )
    tau_weights: Quantity = parameter(
        0.5 * second, "time constant of weights (there 1000 s over a rate of 2000)", _SOURCE, positive=True
    )
    forward_gain: Quantity = parameter(1.5, "gain of forward weights before learning", _SOURCE)
    target_gain: Quantity = parameter(3.0, "gain of the weights of the network that is followed", _SOURCE)
    shortest_period: Quantity = parameter(
        400 * ms, "of the sine waves; each frequency is drawn up to one over it", _SOURCE, positive=True
    )
    baseline: Quantity = parameter(0.5, "burst probability without an error", _SOURCE, positive=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("tau_soma", "tau_dendrite", "tau_input", "tau_trace"):
            if float(getattr(self, name)) < float(self.dt):
                raise ArgumentError(f"{name}={getattr(self, name)} is not allowed; it is at least dt, {self.dt}.")
        for name in ("forward_gain", "target_gain"):
            if float(getattr(self, name)) < 0:
                raise ArgumentError(f"{name}={float(getattr(self, name)):g} is not allowed; it is at least 0.")
        if not float(self.baseline) < 1:
            raise ArgumentError(f"baseline={float(self.baseline):g} is not allowed; it is between 0 and 1.")


_FEEDBACKS = ("tied", "random", "uncancelled", "none")
#: Settings of the network that are fixed when it is made.
STRUCTURE: dict[str, Any] = {
    "hidden.n": Whole(25, "hidden cells of both networks"),
    "feedback": Choice("tied", "burst and event feedback into the hidden area", _FEEDBACKS),
}


@dataclass(frozen=True, eq=False)
class Waves:
    """Sine waves, and what is to be made of them.

    Attributes
    ----------
    inputs : ndarray, shape (steps, 3)
    targets : ndarray, shape (steps,)
        Output of a leaky network of fixed weights that hears the same waves, from rest.
    """

    inputs: np.ndarray
    targets: np.ndarray


def waves(parameters: ContinuousParameters, rng: np.random.Generator, hidden: int, steps: int) -> Waves:
    """Three sine waves of random frequency and phase, and the output of a network of random weights.

    Parameters
    ----------
    parameters : ContinuousParameters
    rng : numpy.random.Generator
    hidden : int
        Cells of the hidden area of the network that is followed.
    steps : int
        Of ``dt`` each.
    """
    p = parameters
    dt = float(p.dt)
    frequency = rng.random(_INPUTS) * 2 * np.pi / float(p.shortest_period)
    phase = rng.random(_INPUTS) * 2 * np.pi
    inputs = np.cos(frequency * dt * np.arange(steps)[:, None] + phase)
    below, above = _drawn(rng, hidden, float(p.target_gain))
    leak = dt / float(p.tau_soma)
    driven = inputs @ below.T
    z, e, out, outs = np.zeros(hidden), np.zeros(hidden), 0.0, np.empty(steps)
    for k in range(steps):
        # the output hears its inputs a step late, as everywhere here
        out += leak * (float(above @ e) - out)
        z += leak * (driven[k] - z)
        e = expit(z)
        outs[k] = out
    return Waves(inputs, expit(outs))


def _drawn(rng: np.random.Generator, hidden: int, gain: float) -> tuple[np.ndarray, np.ndarray]:
    """Xavier-normal weights from the inputs to hidden cells, and from those to one output."""
    below = gain * np.sqrt(2 / (_INPUTS + hidden)) * rng.standard_normal((hidden, _INPUTS))
    return below, gain * np.sqrt(2 / (hidden + 1)) * rng.standard_normal(hidden)


@dataclass(eq=False)
class _Network:
    """Weights, and the state of all cells, at rest at first; one output."""

    below: np.ndarray
    above: np.ndarray
    burst: np.ndarray
    event: np.ndarray
    bias: np.ndarray
    bias_out: float = 0.0

    def __post_init__(self) -> None:
        hidden = len(self.below)
        self.z, self.u, self.e, self.trace = (np.zeros(hidden) for _ in range(4))
        self.z_out = self.e_out = self.b_out = self.p_out = 0.0
        self.p = np.zeros(hidden)
        self.heard = np.zeros(_INPUTS)


@dataclass(frozen=True, kw_only=True)
class BurstCCNContinuous(RateModel):
    """Three inputs, one hidden area and one output that follow a network of the same size with other weights.

    A session is 1000 steps. Nothing is taught or learned but in the phase named ``training``. The waves go on from phase to phase
    and do not repeat.

    Parameters
    ----------
    hidden : int
    feedback : {"tied", "random", "uncancelled", "none"}
        "tied": burst feedback is the forward weights, and event feedback cancels it; "random": fixed random weights, which events
        cancel; "uncancelled": tied bursts, and event feedback of none; "none": the hidden area hears nothing.
    parameters : ContinuousParameters

    References
    ----------
    Greedy et al. (2022), and the published code of its successor (2026).
    """

    hidden: int = 25
    feedback: str = "tied"
    parameters: ParameterSet = field(default_factory=ContinuousParameters)
    name = "burstccn_continuous"

    def __post_init__(self) -> None:
        STRUCTURE["feedback"].parse(self.feedback, "feedback")

    @property
    def populations(self) -> dict[str, int]:
        """Hidden cells and the output."""
        return {"area1": self.hidden, "output": 1}

    @property
    def projections(self) -> dict[str, tuple[str, str]]:
        """Feedback from the output."""
        return {"burst1": ("output", "area1"), "event1": ("output", "area1")}

    @property
    def lesionable(self) -> dict[str, tuple[str, ...]]:
        """Feedback and learning."""
        return {"area1": ("freeze", "silence", "scale"), "output": ("freeze",)} | dict.fromkeys(
            self.projections, ("scale",)
        )

    def session_s(self, protocol: Any) -> float:
        """A thousand steps of some twenty small operations."""
        return 0.05

    def run(self, run: RateRun) -> dict[str, Recorded]:
        """Follow the waves from session to session."""
        p = run.parameters
        seen = waves(p, run.random("waves"), self.hidden, _SESSION * run.stop)
        network = self._network(run)
        error, deviation = np.empty(run.stop), np.empty(run.stop)
        outputs = np.empty(_SESSION)
        for session in run.sessions:
            part = slice(_SESSION * session, _SESSION * (session + 1))
            taught = run.phase(session).name == "training"
            effects = self._effects(run, session)
            outputs, deviation[session] = self._follow(
                p, network, seen.inputs[part], seen.targets[part], effects, taught
            )
            error[session] = np.mean((outputs - seen.targets[part]) ** 2)
        # what a constant output at the mean of it all would miss
        missed = (seen.targets - seen.targets.mean()).reshape(-1, _SESSION)
        return {
            "constant_error": Recorded(
                (missed**2).mean(axis=1), ("session",), "1", "what the best constant would miss"
            ),
            "error": Recorded(error, ("session",), "1", "mean squared error of the output in the session"),
            "deviation": Recorded(deviation, ("session",), "1", "mean distance of burst probability from its baseline"),
            "output": Recorded(outputs[-_SHOWN:], ("step",), "1", "output in the last steps"),
            "target": Recorded(seen.targets[-_SHOWN:], ("step",), "1", "what it follows in the last steps"),
            "step": Recorded(np.arange(_SHOWN), ("step",), "1", "step of those shown"),
        }

    def _network(self, run: RateRun) -> _Network:
        """The network before learning, with this seed's weights."""
        p, rng = run.parameters, run.random("weights")
        below, above = _drawn(rng, self.hidden, float(p.forward_gain))
        apart = _drawn(rng, self.hidden, float(p.forward_gain))[1]
        burst = {"random": apart, "none": np.zeros(self.hidden)}.get(self.feedback, above.copy())
        event = np.zeros(self.hidden) if self.feedback == "uncancelled" else -float(p.baseline) * burst
        found = _Network(below, above, burst, event, np.zeros(self.hidden))
        found.p = np.full(self.hidden, float(p.baseline))
        found.p_out = float(p.baseline)
        return found

    def _effects(self, run: RateRun, session: int) -> _Effects:
        """What lesions leave in a session."""
        return _Effects(
            run.factor("area1", session),
            run.factor("burst1", session),
            run.factor("event1", session),
            run.learning("area1", session),
            float(run.learning("output", session)[0]),
        )

    def _follow(
        self,
        p: ContinuousParameters,
        net: _Network,
        inputs: np.ndarray,
        targets: np.ndarray,
        left: _Effects,
        taught: bool,
    ) -> tuple[np.ndarray, float]:
        """Outputs step by step, and the mean distance of burst probability from its baseline; all of it changes the network.

        Every cell hears what others did in the step before, and weights change by what was so before the step.
        """
        dt, p_b = float(p.dt), float(p.baseline)
        soma, dendrite, trace = dt / float(p.tau_soma), dt / float(p.tau_dendrite), dt / float(p.tau_trace)
        heard, rate = dt / float(p.tau_input), dt / float(p.tau_weights)
        tied, moved = self.feedback in ("tied", "uncancelled"), 0.0
        outputs = np.empty(len(inputs))
        for k, x in enumerate(inputs):
            net.heard += heard * (x - net.heard)
            e, p_, traced, e_out, b_out, p_out = net.e, net.p, net.trace, net.e_out, net.b_out, net.p_out
            net.z += soma * (net.below @ x + net.bias - net.z)
            net.e = expit(net.z) * left.rates
            net.z_out += soma * (float(net.above @ e) + net.bias_out - net.z_out)
            net.e_out = 1 / (1 + exp(-net.z_out))
            net.p_out = p_b * (1 + (targets[k] - net.e_out) * (1 - net.e_out)) if taught else p_b
            net.b_out = net.p_out * net.e_out
            arrived = net.burst * (b_out * left.bursts) + net.event * (e_out * left.events)
            net.u += dendrite * (2 / p_b * (1 - e) * arrived - net.u)
            net.p = 2 * p_b * expit(net.u)
            once = traced + trace * (e - traced)
            net.trace = once + trace * (e - once)
            outputs[k] = net.e_out
            moved += float(np.abs(net.p - p_b).mean())
            if taught:
                change = rate * left.learning * (p_ - p_b) * e
                net.below += change[:, None] * net.heard
                net.bias += change
                above = rate * left.learning_out * (p_out - p_b) * e_out
                net.above += above * traced
                net.bias_out += above
                if tied:
                    net.burst = net.above
                    net.event = net.event if self.feedback == "uncancelled" else -p_b * net.above
        return outputs, moved / len(inputs)


@dataclass(frozen=True, eq=False)
class _Effects:
    """What lesions leave of hidden rates, of feedback, and of learning."""

    rates: np.ndarray
    bursts: np.ndarray
    events: np.ndarray
    learning: np.ndarray
    learning_out: float
