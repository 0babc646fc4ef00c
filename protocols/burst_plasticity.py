"""burst-plasticity: weights follow the burst probability of the upper cells minus its moving average.

The common dendritic input of the upper cells is raised, lowered and brought back phase by phase; in the last phase the
lower cells burst more, which must leave the weights alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brian2.units import ms, pA, second
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.burst_plasticity import burst_plasticity_metrics
from burstnet.analysis.metrics import Metric
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.circuit import Circuit
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Experiment, Number, Whole
from burstnet.models import payeur2021, payeur2021_plasticity
from burstnet.recording import Recording
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "BurstPlasticity"]

_SOURCE = "Payeur et al. 2021, Fig. 2E-G"


@dataclass(frozen=True, kw_only=True)
class BurstPlasticity(ParameterSet):
    """The burst-plasticity protocol.

    References
    ----------
    Payeur et al. (2021), Nature Neuroscience 24, Figure 2E to G; published program.
    """

    high: Quantity = parameter(1.5, "common dendritic input where it is raised, in units of the first", _SOURCE)
    low: Quantity = parameter(0.55, "common dendritic input where it is lowered", _SOURCE)
    input_current: Quantity = parameter(40 * pA, "current into the lower cells' dendrites in the last phase", _SOURCE)
    settle: Quantity = parameter(5 * second, "beginning, without plasticity", _SOURCE)
    before: Quantity = parameter(15 * second, "still without plasticity", _SOURCE)
    phase: Quantity = parameter(25 * second, "each of the six phases with plasticity", _SOURCE)
    bin: Quantity = parameter(2.5 * second, "at what interval weights are sampled", _SOURCE, positive=True)

    NAME = "burst-plasticity"
    TITLE = "Weights follow burst probability minus its moving average"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("settle", "before", "phase"):
            if float(getattr(self, name)) < 0:
                raise ArgumentError(f"{name}={getattr(self, name)} is not allowed; a duration is at least 0 s.")
        if float(self.timeline().duration) <= 0:
            raise ArgumentError("All durations are 0 s; at least one phase must last.")

    def timeline(self) -> Timeline:
        """Two phases without and six with plasticity."""
        off = {"learning": 0.0}
        return Timeline(
            [
                Phase("settle", self.settle, off),
                Phase("before", self.before, off),
                Phase("plastic", self.phase),
                Phase("high", self.phase, {"common_input": self.high}),
                Phase("back_from_high", self.phase),
                Phase("low", self.phase, {"common_input": self.low}),
                Phase("back_from_low", self.phase),
                Phase("input_bursts", self.phase, {"input_current": self.input_current}),
            ]
        )

    def recording(self, circuit: Circuit) -> Recording:
        """Counts every 0.1 s, weights every `bin`, the spikes of some cells."""
        return Recording(spikes=50, statistics=100 * ms, states=self.bin, weights=("feedforward",), cells=20_000)

    def metrics(self, result: Result) -> dict[str, Metric]:
        """For every phase what the cells did in it and where the weights are at its end, one value a seed.

        ``PHASE.event_rate`` [Hz] and ``PHASE.burst_probability`` of the upper cells, ``PHASE.pre_event_rate`` and
        ``PHASE.pre_burst_probability`` of the lower ones, ``PHASE.average_end`` the moving average of the burst
        probability, ``PHASE.weight_end`` the mean weight, ``PHASE.weight_change_percent`` against the weights at the start,
        ``PHASE.weight_step_percent`` against those at the end of the phase before. The lower cells burst twice as often in
        the phase ``input_bursts``.
        """
        found = burst_plasticity_metrics(result, pre="input", post="output", projection="feedforward")
        last = None
        for phase in [name for name, (start, stop) in result.phases.items() if stop > start]:
            change = found[f"{phase}.weight_change_percent"].per_seed
            found[f"{phase}.weight_step_percent"] = Metric("%", change if last is None else change - last)
            last = change
        return found


def _build(structure: Mapping[str, Any]) -> Circuit:
    """The plasticity network of these structural settings."""
    chosen = dict(structure)
    n_input, n_output = (int(chosen.pop(f"{name}.n", 1000)) for name in ("input", "output"))
    return payeur2021_plasticity.circuit(n_input, n_output, published=payeur2021.Published(**chosen))


#: Options of the published program that make a difference here.
_OPTIONS = ("driving_force", "homeostatic_rate", "axonal_criterion")
_STRUCTURE: dict[str, Whole | Number | Choice] = {
    **{name: payeur2021.STRUCTURE[name] for name in _OPTIONS},
    "input.n": Whole(1000, "lower cells, with background input"),
    "output.n": Whole(1000, "upper cells, driven by the plastic projection"),
}

EXPERIMENT = Experiment(
    name=BurstPlasticity.NAME,
    title=BurstPlasticity.TITLE,
    citation=payeur2021.CITATION,
    protocol=BurstPlasticity,
    build=_build,
    structure=_STRUCTURE,
    figure="burstnet.plots.burst_plasticity:burst_plasticity_figure",
    headline=tuple(
        f"{phase}.{name}"
        for phase in ("before", "plastic", "high", "back_from_high", "low", "back_from_low", "input_bursts")
        for name in ("event_rate", "burst_probability", "weight_change_percent")
    ),
)
