"""eyeblink: a spiking cerebellum learns to answer a tone just before an air puff, forgets it, and learns it again.

Training in the order acquisition, extinction, reacquisition; before and after each a test without the puff and with all
plasticity frozen. Stimuli, trials and learning are equations of the circuit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brian2.units import ms, second
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.eyeblink import eyeblink_metrics
from burstnet.analysis.metrics import Curve, Metric
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.circuit import Circuit
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Experiment, Whole
from burstnet.models import cerebellum, cerebellum_eyeblink
from burstnet.plasticity.cerebellar import RULES
from burstnet.recording import Recording
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "Eyeblink"]

_SOURCE = "De Schepper et al. 2022, published code"
_OURS = "ours"


@dataclass(frozen=True, kw_only=True)
class Eyeblink(ParameterSet):
    """Delay eyeblink conditioning.

    The conditioned stimulus begins `cs_onset` after the beginning of a trial and ends with the unconditioned one, which begins
    `isi` after it. Numbers of trials may be 0, which leaves the phase out.
    """

    rest: Quantity = parameter(10, "trials without any stimulus at the start", _OURS)
    acquisition: Quantity = parameter(100, "paired trials", _SOURCE)
    extinction: Quantity = parameter(120, "trials without the unconditioned stimulus", _OURS)
    reacquisition: Quantity = parameter(60, "paired trials after extinction", _OURS)
    probes: Quantity = parameter(10, "trials of each test", _OURS)
    isi: Quantity = parameter(300 * ms, "from the conditioned to the unconditioned stimulus", _OURS, positive=True)
    us_duration: Quantity = parameter(30 * ms, "unconditioned stimulus", _SOURCE, positive=True)
    us_shift: Quantity = parameter(
        0 * ms, "by which the unconditioned stimulus alone is moved; 500 ms, or -400 ms, unpair it", _OURS
    )
    cs_onset: Quantity = parameter(200 * ms, "from the beginning of a trial", _OURS, positive=True)
    trial: Quantity = parameter(1.2 * second, "length of a trial", _OURS, positive=True)
    extension: Quantity = parameter(0 * ms, "by which the conditioned stimulus is longer in tests", _OURS)
    learning_rate: Quantity = parameter(1.0, "factor on all learning rates", _OURS)
    nuclear_plasticity: Quantity = parameter(1.0, "factor on the learning rate of mossy fibres onto nuclei", _OURS)

    NAME = "eyeblink"
    TITLE = "Eyeblink conditioning of a spiking cerebellum"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("rest", "acquisition", "extinction", "reacquisition", "probes"):
            value = float(getattr(self, name))
            if value < 0 or value != int(value):
                raise ArgumentError(f"{name}={value:g} is not allowed; give a whole number of trials, at least 0.")
        for name in ("learning_rate", "nuclear_plasticity", "extension"):
            if float(getattr(self, name)) < 0:
                raise ArgumentError(f"{name}={getattr(self, name)} is not allowed; it is at least 0.")
        shown = self.cs_onset + self.isi + self.us_duration + self.extension
        if float(shown) > float(self.trial):
            raise ArgumentError(
                f"trial={self.trial} is not allowed; with these stimuli a trial lasts at least {shown}."
            )
        first, last = (float(self.cs_onset + self.isi + self.us_shift + x) for x in (0 * ms, self.us_duration))
        if first < 0 or last > float(self.trial):
            raise ArgumentError(
                f"us_shift={self.us_shift} is not allowed; the unconditioned stimulus must be within the trial."
            )

    def timeline(self) -> Timeline:
        """Rest, and training between tests."""
        times: dict[str, Quantity | float] = {
            name: getattr(self, name) for name in ("trial", "cs_onset", "isi", "us_duration", "us_shift")
        }
        tested = times | {"presenting": 1.0, "extension": self.extension}
        trained = times | {
            "presenting": 1.0,
            "learning": self.learning_rate,
            "nuclear_plasticity": self.nuclear_plasticity,
        }
        paired = trained | {"reinforced": 1.0}
        plan = (
            ("rest", self.rest, times),
            ("before", self.probes, tested),
            ("acquisition", self.acquisition, paired),
            ("acquired", self.probes, tested),
            ("extinction", self.extinction, trained),
            ("extinguished", self.probes, tested),
            ("reacquisition", self.reacquisition, paired),
            ("reacquired", self.probes, tested),
        )
        return Timeline(Phase(name, float(n) * self.trial, settings) for name, n, settings in plan if float(n))

    def recording(self, circuit: Circuit) -> Recording:
        """Spikes of the first cells of each population, which are all of a microzone, and some weights every second."""
        return Recording(
            spikes=20, statistics=1 * second, states=1 * second, weights=("parallel_fibres", "mossy_to_nuclei")
        )

    def metrics(self, result: Result) -> dict[str, Metric | Curve]:
        """See `burstnet.analysis.eyeblink.eyeblink_metrics`."""
        return eyeblink_metrics(result)


def _figure(result: Result) -> Any:
    from burstnet.plots.eyeblink import eyeblink_figure

    return eyeblink_figure(result)


_SIZES = cerebellum.Sizes()
_STRUCTURE: dict[str, Whole | Choice] = {
    **{
        f"{name}.n": Whole(getattr(_SIZES, name), f"{name.replace('_', ' ')} cells")
        for name in _SIZES.__dataclass_fields__
    },
    "rule": Choice("covariance", "of the parallel fibres", RULES),
    "stages": Whole(6, "stages of the granule cells' eligibility"),
}


def _build(structure: Mapping[str, Any]) -> Circuit:
    """The circuit of these structural settings."""
    chosen = {name: rule.default for name, rule in _STRUCTURE.items()} | dict(structure)
    sizes = cerebellum.Sizes(**{name: chosen[f"{name}.n"] for name in _SIZES.__dataclass_fields__})
    return cerebellum_eyeblink.circuit(sizes=sizes, rule=chosen["rule"], stages=chosen["stages"])


EXPERIMENT = Experiment(
    name=Eyeblink.NAME,
    title=Eyeblink.TITLE,
    citation=cerebellum.CITATION,
    protocol=Eyeblink,
    build=_build,
    structure=_STRUCTURE,
    figure="burstnet.protocols.eyeblink:_figure",
    headline=(
        "before.responses",
        *(f"acquisition.responses[block={k}]" for k in (2, 4, 6, 8, 10)),
        "acquired.responses",
        "acquired.size",
        "acquired.peak_time",
        "acquired.peak_error",
        *(f"extinction.responses[block={k}]" for k in (1, 4, 7, 10)),
        "extinguished.responses",
        "retention",
        "savings",
        "acquisition.evoked_first",
        "acquisition.evoked_last",
    ),
)
