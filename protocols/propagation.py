"""propagation: two areas between which events go up and bursts come down, driven by a somatic and a dendritic sine.

The sines run on absolute time and are switched on at the second phase. Everything is measured in bins of 50 ms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brian2.units import ms, pA, second
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.metrics import Metric
from burstnet.analysis.multiplexing import modulations, multiplexing_metrics, multiplexing_traces
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.circuit import Circuit
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Experiment, Number, Whole
from burstnet.models import payeur2021, payeur2021_propagation
from burstnet.recording import Recording
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "Propagation"]

_SOURCE = "Payeur et al. 2021, Fig. 3"
_BIN = 50 * ms
#: What is left out of the phase without modulation, until rates are stationary [s].
_SETTLE = 0.5


@dataclass(frozen=True, kw_only=True)
class Propagation(ParameterSet):
    """The propagation protocol.

    References
    ----------
    Payeur et al. (2021), Nature Neuroscience 24, Figure 3; published program.
    """

    somatic_amplitude: Quantity = parameter(200 * pA, "sine into the somata of the lower area", _SOURCE)
    somatic_period: Quantity = parameter(0.5 * second, "its period", _SOURCE, positive=True)
    somatic_offset: Quantity = parameter(0 * pA, "current around which it swings", _SOURCE)
    dendritic_amplitude: Quantity = parameter(100 * pA, "sine into the dendrites of the upper area", _SOURCE)
    dendritic_period: Quantity = parameter(0.5 * 5**0.5 * second, "its period", _SOURCE, positive=True)
    dendritic_offset: Quantity = parameter(100 * pA, "current around which it swings", _SOURCE)
    rest: Quantity = parameter(1 * second, "before the sines are switched on", _SOURCE)
    modulated: Quantity = parameter(3 * second, "sines on", _SOURCE, positive=True)

    NAME = "propagation"
    TITLE = "Events go up and bursts come down between two areas"

    def __post_init__(self) -> None:
        super().__post_init__()
        if float(self.rest) < 0:
            raise ArgumentError(f"rest={self.rest} is not allowed; a duration is at least 0 s.")

    def timeline(self) -> Timeline:
        """Without and with modulation."""
        steady = {
            f"{where}_{what}": getattr(self, f"{where}_{what}")
            for where in ("somatic", "dendritic")
            for what in ("offset", "period")
        }
        amplitudes = {f"{where}_amplitude": getattr(self, f"{where}_amplitude") for where in ("somatic", "dendritic")}
        return Timeline([Phase("rest", self.rest, steady), Phase("modulated", self.modulated, steady | amplitudes)])

    def recording(self, circuit: Circuit) -> Recording:
        """Counts in bins, and the spikes of some cells."""
        return Recording(spikes=200, statistics=_BIN, states=_BIN)

    def metrics(self, result: Result) -> dict[str, Metric]:
        """Means over 50-ms bins, and correlations of their traces, one value a seed.

        ``ER1``, ``BR1`` [Hz] and ``BP1`` of the lower area, the same with 2 of the upper one, ``PV`` and ``SST`` [Hz], while
        modulated; ``rest.ER1`` and so on before, without the first 0.5 s; ``ER1~I_s`` and so on correlations while
        modulated, of a single seed's traces. BP is the mean of the bins' burst probabilities.
        """
        traces = multiplexing_traces(result, float(_BIN / second))
        somatic, dendritic = modulations(result)
        start, stop = result.phases["modulated"]
        found: dict[str, Metric] = {}
        for prefix, window in {"": (start, stop), "rest.": (_SETTLE, start)}.items():
            # a run may be stopped before the sines, or begin with them
            if not ((traces.time >= window[0]) & (traces.time < window[1])).any():
                continue
            measured = multiplexing_metrics(traces, somatic=somatic, dendritic=dendritic, window=window)
            found |= {f"{prefix}{name}": metric for name, metric in measured.items() if not prefix or "~" not in name}
        return found


def _build(structure: Mapping[str, Any]) -> Circuit:
    """The propagation network of these structural settings."""
    chosen = dict(structure)
    sizes = {name.removesuffix(".n"): chosen.pop(name) for name in list(chosen) if name.endswith(".n")}
    return payeur2021_propagation.circuit(sizes, published=payeur2021.Published(**chosen))


#: Options of the published program that make a difference here.
_OPTIONS = ("driving_force", "facilitation_step", "initial_u", "adex_restart", "exponential")
_STRUCTURE: dict[str, Whole | Number | Choice] = {
    **{name: payeur2021.STRUCTURE[name] for name in _OPTIONS},
    "pyr1.n": Whole(4000, "pyramidal cells of the lower area"),
    "pyr2.n": Whole(4000, "pyramidal cells of the upper area"),
    "pv.n": Whole(1000, "PV cells"),
    "sst.n": Whole(1000, "SST cells"),
}

EXPERIMENT = Experiment(
    name=Propagation.NAME,
    title=Propagation.TITLE,
    citation=payeur2021.CITATION,
    protocol=Propagation,
    build=_build,
    structure=_STRUCTURE,
    figure="burstnet.plots.propagation:propagation_figure",
    headline=(
        *("ER1", "BP1", "ER2", "BP2", "PV", "SST"),
        *("ER1~I_s", "ER2~ER1", "BP2~I_d", "BP1~BR2", "ER1~I_d", "BP2~I_s"),
    ),
)
