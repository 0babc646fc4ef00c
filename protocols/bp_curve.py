"""bp-curve: burst probability and event rate of a population against a dendritic current that is raised in steps.

Each step lasts a second, of which the second half is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2.units import ms, pA, second
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.burst_curves import BurstCurve, burst_curve
from burstnet.analysis.crossings import crossings
from burstnet.analysis.metrics import Curve, Metric
from burstnet.analysis.rates import windowed_rate
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.circuit import Circuit
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Experiment, Number, Whole
from burstnet.models import payeur2021, payeur2021_bp_curve
from burstnet.recording import Recording
from burstnet.result import Result
from burstnet.setups import Setup
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "BpCurve"]

_SOURCE = "Payeur et al. 2021, supplementary figures"
_AXIS = "i_dend_pA"
_SETTLE = 0.5


@dataclass(frozen=True, kw_only=True)
class BpCurve(ParameterSet):
    """The protocol of burst-probability curves.

    References
    ----------
    Payeur et al. (2021), Nature Neuroscience 24, supplementary figures; published program.
    """

    first: Quantity = parameter(-100 * pA, "dendritic current of the first step; -50 pA with the SST loop", _SOURCE)
    step: Quantity = parameter(50 * pA, "its rise from step to step", _SOURCE)
    steps: Quantity = parameter(10.0, "number of steps; 12 with the SST loop", _SOURCE)
    step_duration: Quantity = parameter(
        1 * second, "duration of a step, of which the second half counts", _SOURCE, positive=True
    )

    NAME = "bp-curve"
    TITLE = "Burst probability against dendritic current, with dendritic inhibition"

    def __post_init__(self) -> None:
        super().__post_init__()
        number = float(self.steps)
        if number != round(number) or not 1 <= number <= payeur2021_bp_curve.MOST_STEPS:
            raise ArgumentError(
                f"steps={number:g} is not allowed; give a whole number from 1 to {payeur2021_bp_curve.MOST_STEPS}."
            )
        if float(self.step) == 0:
            raise ArgumentError("step=0 pA is not allowed; the current changes from step to step.")

    def timeline(self) -> Timeline:
        """One phase for each current."""
        currents = [self.first + k * self.step for k in range(round(float(self.steps)))]
        return Timeline(
            [
                Phase(f"{float(amount / pA):.6g} pA", self.step_duration, {"dendritic_current": amount})
                for amount in currents
            ]
        )

    def recording(self, circuit: Circuit) -> Recording:
        """Counts, and the spikes of some cells."""
        return Recording(spikes=100, statistics=20 * ms)

    def metrics(self, result: Result) -> dict[str, Metric | Curve]:
        """Curves over ``i_dend_pA``, one a seed, and what stands out of them.

        ``bp_percent`` [%], ``er_hz`` and ``br_hz`` [Hz] of the pyramidal cells; ``pv_hz`` and ``sst_hz`` [Hz], firing rates,
        where there are such cells; ``bp_percent_at_50pA`` [%]; ``er_hz_at_first`` [Hz] at the lowest current;
        ``half_bp_pA`` where the burst probability passes 50 %. NaN where undefined.
        """
        curve = burst_curve(result, "dendritic_current", population="pyramidal", settle=_SETTLE)
        at = np.round(1e12 * curve.current, 6)

        def over(unit: str, values: np.ndarray) -> Curve:
            return Curve(unit, values, _AXIS, at)

        found: dict[str, Metric | Curve] = {
            "bp_percent": over("%", 100 * curve.burst_probability),
            "er_hz": over("Hz", curve.event_rate),
            "br_hz": over("Hz", curve.event_rate * curve.burst_probability),
        }
        starts, stops = self._windows(result, curve)
        for name in ("pv", "sst"):
            if name in result.populations:
                found[f"{name}_hz"] = over("Hz", windowed_rate(result, name, "event", starts, stops))
        percent = 100 * curve.burst_probability
        found["bp_percent_at_50pA"] = Metric("%", np.array([np.interp(50, at, row, np.nan, np.nan) for row in percent]))
        found["er_hz_at_first"] = Metric("Hz", curve.event_rate[:, 0])
        found["half_bp_pA"] = Metric("pA", np.array([_first(crossings(at, row, 50)) for row in percent]))
        return found

    @staticmethod
    def _windows(result: Result, curve: BurstCurve) -> tuple[np.ndarray, np.ndarray]:
        """Starts and stops of what is counted, in the order of the curve."""
        spans = np.array(list(result.phases.values()))
        order = np.argsort(
            [float(phase["settings"]["dendritic_current"]["value"]) for phase in result.about["timeline"]]
        )
        start, stop = spans[order].T
        return start + _SETTLE * (stop - start), stop


def _first(values: np.ndarray) -> float:
    return float(values[0]) if len(values) else float("nan")


#: Settings by short names, of one circuit each.
_SHORT = {
    "recurrent": {"recurrent_inhibition": ("recurrent.weight",)},
    "sst-loop": {
        "som_to_pyr": ("sst_to_pyramidal.weight",),
        "vip_current": ("sst.cell.vip_current",),
        "release": ("pyramidal_to_sst.U",),
    },
}
_EVERYWHERE = {"i_soma": ("pyramidal.cell.bias_soma",), "g_d": ("pyramidal.cell.g_d",)}


class _BpCurveExperiment(Experiment):
    """Settings that depend on the circuit: the staircase of the SST loop begins and ends later."""

    def prepare(self, settings: Mapping[str, Any] | None = None) -> Setup:
        """See `Experiment.prepare`."""
        given = dict(settings or {})
        kind = str(given.get("circuit", payeur2021_bp_curve.CIRCUITS[0]))
        for other, short in _SHORT.items():
            wrong = [name for name in short if name in given and kind in _SHORT and other != kind]
            if wrong:
                raise ArgumentError(f"{wrong[0]} is not a setting of circuit={kind}; use it with circuit={other}.")
        if kind == "sst-loop":
            given = {"first": -50 * pA, "steps": 12.0} | given
        return super().prepare(given)


def _build(structure: Mapping[str, Any]) -> Circuit:
    """The circuit of these structural settings."""
    chosen = dict(structure)
    kind = chosen.pop("circuit", payeur2021_bp_curve.CIRCUITS[0])
    sizes = {name.removesuffix(".n"): chosen.pop(name) for name in list(chosen) if name.endswith(".n")}
    return payeur2021_bp_curve.circuit(kind, sizes, published=payeur2021.Published(**chosen))


_STRUCTURE: dict[str, Whole | Number | Choice] = {
    "circuit": Choice("recurrent", "what inhibits the dendrites", payeur2021_bp_curve.CIRCUITS),
    **payeur2021.STRUCTURE,
    "pyramidal.n": Whole(None, "pyramidal cells; 4000, or 10 000 with the SST loop, by default"),
    "pv.n": Whole(None, "PV cells, with the SST loop; 1000 by default"),
    "sst.n": Whole(None, "SST cells, with the SST loop; 1000 by default"),
}

EXPERIMENT = _BpCurveExperiment(
    name=BpCurve.NAME,
    title=BpCurve.TITLE,
    citation=payeur2021.CITATION,
    protocol=BpCurve,
    build=_build,
    structure=_STRUCTURE,
    shorthands={**_EVERYWHERE, **{name: full for short in _SHORT.values() for name, full in short.items()}},
    figure="burstnet.plots.bp_curve:bp_curve_figure",
    headline=("bp_percent", "er_hz", "bp_percent_at_50pA", "er_hz_at_first", "half_bp_pA"),
)
