"""The deep spiking BurstCCN beside its twin in rates: what presentations report of it, and what the twin would learn from them.

The twin has the weights, biases and constants of the spiking network and one noiseless rate a cell, so that its gradients are
exact. Imports the describe layer, BurstCCN's rate network and rules, and results.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from brian2 import EventMonitor
from scipy.special import expit, logit

from burstnet.cells.fragment import Fragment
from burstnet.circuit import Circuit, Population
from burstnet.control import Knob, Signal
from burstnet.errors import unknown_name
from burstnet.models.burstccn_rate_network import Activity, Network, forward
from burstnet.models.burstccn_rate_rules import RULES, Strength
from burstnet.objects import Brian2Objects
from burstnet.result import Result

__all__ = ["REFERENCES", "Twin", "observed", "twin_of"]

#: What a weight change is compared with, see `Twin.drives`.
REFERENCES = ("bp", "fa", "rule", "other_feedback", "other_labels")


def observed(circuit: Circuit) -> Circuit:
    """The network of `burstnet.models.burstccn_deep.circuit`, which also reports at the end of presentations with a teacher.

    Returns
    -------
    Circuit
        While the new knob ``observing`` is 1, a result has ``shown_pixel`` and ``told_right``, what each presentation was and
        which output cell was right; while ``repeating`` is 1 too, ``AREA_account_error``: how far each cell's burst
        probability was from rest, summed over the steps with a teacher. Cells and synapses are those of the network.
    """
    knobs = (Knob("observing", 0.0), Knob("repeating", 0.0))
    signals = (
        Signal("presenting", "observing*training*(1 - examined)*int(elapsed >= length - 1)"),
        Signal("accounting", "repeating*presenting"),
    )
    return dataclasses.replace(
        circuit,
        populations=tuple(map(_reporting, circuit.populations)),
        knobs=circuit.knobs + knobs,
        signals=circuit.signals + signals,
        beside=(*circuit.beside, _reports),
    )


def _reporting(population: Population) -> Population:
    """The same cells, with what they report."""
    presented = {"presented": "presenting > 0.5"}
    account = Fragment(
        "account",
        equations="error : 1",
        first="error = error*(1 - beginning) + taught*(burst_probability - p_b)",
        events={"accounted": "accounting > 0.5"},
    )
    if population.name == "input":
        # of the image and not of the rate, which is 0 in the blank at the end of a presentation
        added = Fragment("shown", equations="pixel : 1", first="pixel = images(row*dt, i)", events=presented)
        reads: tuple[str, ...] = ("presenting",)
    elif population.name == "output":
        added, reads = account + Fragment("told", events=presented), ("presenting", "accounting")
    else:
        added, reads = account, ("taught", "beginning", "accounting")
    return dataclasses.replace(population, cell=population.cell + added, reads=population.reads + reads)


def _reports(objects: Brian2Objects) -> list[EventMonitor]:
    groups = objects.populations
    found = [
        EventMonitor(groups["input"], "presented", variables=["pixel"], name="shown"),
        EventMonitor(groups["output"], "presented", variables=["right"], name="told"),
    ]
    areas = [group for name, group in groups.items() if name != "input"]
    return found + [EventMonitor(g, "accounted", variables=["error"], name=f"{g.name}_account") for g in areas]


@dataclass(frozen=True, eq=False)
class Twin:
    """A rate network with the numbers of a spiking one.

    Attributes
    ----------
    network : Network
        Its ``bursts`` are the spiking network's Y, whatever lesions left of them in the run.
    feedback_gain, teacher_gain : float
        Of dendrites and of the teacher on the logit of burst probability.
    target_high, target_low : float
        Wanted activity of the right class and of others.
    """

    network: Network
    feedback_gain: float
    teacher_gain: float
    target_high: float
    target_low: float

    def activity(self, pixels: np.ndarray) -> Activity:
        """What images evoke; rates are parts of the highest one.

        Parameters
        ----------
        pixels : ndarray, shape (images, pixels)
        """
        return forward(self.network, pixels)

    def targets(self, right: np.ndarray) -> np.ndarray:
        """Wanted activity, for 1 where an output cell is right and 0 elsewhere."""
        return self.target_low + (self.target_high - self.target_low) * right

    def deviations(self, activity: Activity, right: np.ndarray) -> list[np.ndarray]:
        """Burst probability less p_b in every area, by the equations of the spiking cells without their noise.

        Parameters
        ----------
        activity : Activity
        right : ndarray, shape (images, classes)

        Returns
        -------
        list of ndarray, shape (images, cells)
            Lowest area first.
        """
        e, rest, p_b = activity.events, logit(self.network.baseline), self.network.baseline
        found = [expit(rest + self.teacher_gain * (self.targets(right) - e[-1]) / (e[-1] + 0.1)) - p_b]
        for k in reversed(range(len(e) - 1)):
            u = (found[0] * e[k + 1]) @ self.network.bursts[k]
            found.insert(0, expit(rest + self.feedback_gain * u * (1 - e[k])) - p_b)
        return found

    def drives(self, reference: str, activity: Activity, right: np.ndarray) -> list[np.ndarray]:
        """What moves each cell's potential; times the rates below it is the wanted change of weights.

        Parameters
        ----------
        reference : str
            ``bp``: against the exact gradient of half the squared error of the output. ``fa``: the same errors sent down
            through Y, feedback alignment. ``rule``: the spiking rule itself in rates, its saturation and its teacher
            included. And two that must not fit: ``other_feedback``, feedback alignment with the Y of the next cell, and
            ``other_labels``, with the label of the presentation before.
        activity : Activity
        right : ndarray, shape (images, classes)

        Returns
        -------
        list of ndarray, shape (images, cells)

        Raises
        ------
        ArgumentError
            If the reference is not known.
        """
        if reference not in REFERENCES:
            raise unknown_name("reference", reference, REFERENCES)
        if reference == "rule":
            return [d * e for d, e in zip(self.deviations(activity, right), activity.events, strict=True)]
        n = self.network
        feedback = {"bp": n.weights[1:], "other_feedback": [np.roll(y, 1, axis=1) for y in n.bursts]}
        sent = dataclasses.replace(n, bursts=feedback.get(reference, n.bursts))
        told = np.roll(right, 1, axis=0) if reference == "other_labels" else right
        exact = RULES["backprop"](sent, activity, self.targets(told), Strength(), np.random.default_rng(0))
        return [-delta for delta in exact.deltas]


def twin_of(result: Result, seed: int) -> Twin:
    """The twin of the network at the end of a run.

    Parameters
    ----------
    result : Result
        Of `observed`, with its final state.
    seed : int
    """
    state, areas = result.state(seed), list(result.populations)
    sizes = list(result.populations.values())
    number = {name: float(result.about["parameters"][name]) for name in _numbers(areas)}
    weights = [_weights(state[f"W{k}.w_W{k}"], m, n).T for k, (m, n) in _pairs(sizes)]
    bursts = [_weights(state[f"Y{k}.w_Y{k}"], n, m) for k, (m, n) in _pairs(sizes) if k > 1]
    p_b = number["output.cell.p_b"]
    biases = [state[f"{name}.bias"].copy() for name in areas[1:]]
    network = Network(weights, biases, bursts, [-p_b * y for y in bursts], "random", p_b)
    return Twin(network, *(number[name] for name in _numbers(areas)[1:]))


def _numbers(areas: Sequence[str]) -> list[str]:
    return ["output.cell.p_b", f"{areas[1]}.cell.feedback_gain"] + [
        f"output.cell.{name}" for name in ("teacher_gain", "target_high", "target_low")
    ]


def _pairs(sizes: Sequence[int]) -> list[tuple[int, tuple[int, int]]]:
    """Number of each projection upwards, and the sizes of what it joins."""
    return list(enumerate(zip(sizes[:-1], sizes[1:], strict=True), start=1))


def _weights(values: np.ndarray, source: int, target: int) -> np.ndarray:
    """Weights of all to all as (source, target)."""
    return np.asarray(values).reshape(source, target)
