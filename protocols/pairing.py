"""pairing: the weight change of one synapse by periodic, Poisson, or burst-Poisson spikes on both sides.

Every pair of cells is a condition and a realisation; a curve is the mean over the realisations of a seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2.units import second
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.crossings import crossings
from burstnet.analysis.metrics import Curve, Metric
from burstnet.analysis.pairing import PairingCurve, pairing_data
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.circuit import Circuit
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Experiment, Whole
from burstnet.models import payeur2021_pairing
from burstnet.recording import Recording
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "Pairing"]

_SOURCE = "Payeur et al. 2021, Fig. 2"
_SAMPLES = 0.5 * second
#: Train to the name of its axis in metrics.
_AXES = {"periodic": "frequency_Hz", "poisson": "rate_Hz", "burst-poisson": "burst_probability"}


@dataclass(frozen=True, kw_only=True)
class Pairing(ParameterSet):
    """The pairing protocol.

    References
    ----------
    Payeur et al. (2021), Nature Neuroscience 24, Figure 2B to D; published scripts.
    """

    duration: Quantity = parameter(
        100 * second, "of the pairing; periodic trains of 1 Hz are over after 90 s", _SOURCE, positive=True
    )

    NAME = "pairing"
    TITLE = "Weight change of a synapse by pairs of spikes, random spikes, and random bursts"

    def __post_init__(self) -> None:
        super().__post_init__()
        samples = float(self.duration / _SAMPLES)
        if abs(samples - round(samples)) > 1e-6:
            raise ArgumentError(
                f"duration={self.duration} is not allowed; weights are sampled every {_SAMPLES}, give a multiple of it."
            )

    def timeline(self) -> Timeline:
        """One phase."""
        return Timeline([Phase("pairing", self.duration)])

    def recording(self, circuit: Circuit) -> Recording:
        """Every weight, and no spike."""
        cells = circuit.population("pre").n
        return Recording(spikes="none", statistics=_SAMPLES, states=_SAMPLES, weights=("pairing",), cells=cells)

    def metrics(self, result: Result) -> dict[str, Metric | Curve]:
        """Weight change, one curve a seed.

        ``dW`` over ``frequency_Hz``, ``rate_Hz`` or ``burst_probability`` is the mean over realisations, ``dW_sd`` their
        sample standard deviation, where there are several; ``zero_crossing`` is where ``dW`` last rises through zero, NaN
        if it does not.
        """
        train, curve = _train_and_curve(result)
        change = curve.change.reshape(len(result.seeds), -1, len(curve.x))
        found: dict[str, Metric | Curve] = {"dW": Curve("1", change.mean(axis=1), _AXES[train], curve.x)}
        if change.shape[1] > 1:
            found["dW_sd"] = Curve("1", change.std(axis=1, ddof=1), _AXES[train], curve.x)
        found["zero_crossing"] = Metric(
            "1" if train == "burst-poisson" else "Hz", np.array([_rise(curve.x, row) for row in change.mean(axis=1)])
        )
        return found


def _rise(x: np.ndarray, y: np.ndarray) -> float:
    """The last place where a curve rises through zero; NaN if there is none."""
    found = [place for place in crossings(x, y) if np.interp(place, x, np.gradient(y, x)) > 0]
    return float(found[-1]) if found else float("nan")


def _train_and_curve(result: Result) -> tuple[str, PairingCurve]:
    data = pairing_data(result)
    if data.periodic is not None:
        return "periodic", data.periodic
    for train, curves in (("poisson", data.poisson), ("burst-poisson", data.burst_poisson)):
        for curve in curves.values():
            return train, curve
    raise ArgumentError(f"{result!r} is of no pairing protocol.")


def _build(structure: Mapping[str, Any]) -> Circuit:
    """The pairs of these structural settings."""
    return payeur2021_pairing.circuit(**structure)


_STRUCTURE: dict[str, Whole | Choice] = {
    "train": Choice("periodic", "how both cells spike", payeur2021_pairing.TRAINS),
    "realisations": Whole(None, "pairs for each condition; 20 by default, 1 of periodic trains"),
    "points": Whole(None, "conditions; 20 of periodic trains and 10 of the others by default"),
}


def _both(name: str) -> tuple[str, ...]:
    return f"pre.cell.{name}", f"post.cell.{name}"


EXPERIMENT = Experiment(
    name=Pairing.NAME,
    title=Pairing.TITLE,
    citation=payeur2021_pairing.CITATION,
    protocol=Pairing,
    build=_build,
    structure=_STRUCTURE,
    shorthands={
        "initial_p": ("post.cell.initial_p",),
        "initial_event_rate": ("post.cell.event_rate_0",),
        "event_rate": _both("event_rate"),
        "pairs": _both("pairs"),
        "blocks": _both("blocks"),
    },
    figure="burstnet.plots.pairing:pairing_figure",
    headline=("dW", "zero_crossing"),
)
