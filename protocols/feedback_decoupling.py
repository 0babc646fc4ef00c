"""feedback-decoupling: a cortex whose dendrites are taught late or seldom, with a cerebellum that predicts the teaching current.

Blocks of training stand between tests, in which nobody teaches, the cerebellum is off the dendrites, and nothing learns. Trials, teaching
and learning are equations of the circuit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brian2.units import Hz, ms
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.feedback_decoupling import decoupling_metrics
from burstnet.analysis.metrics import Curve, Metric
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.circuit import Circuit
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Experiment, Whole
from burstnet.models import cerebellum, feedback_decoupling
from burstnet.recording import Recording
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "FeedbackDecoupling"]

_OURS = "ours"
#: The clock on which an input looks whether a pattern is its own, and interval of what is recorded.
_TICK = 50 * ms


@dataclass(frozen=True, kw_only=True)
class FeedbackDecoupling(ParameterSet):
    """Learning with teaching that comes late or seldom.

    In a trial one of `patterns` input patterns, which come in turn, is shown for `duration`, and `delay` later the teaching current of so long
    a time reaches the dendrites. Pattern k has the target ``lowest`` for even and ``highest`` for odd k, with more `levels` values between.

    References
    ----------
    Boven et al. (2023), Nature Communications 14: 51, for the claim in rates.
    """

    delay: Quantity = parameter(200 * ms, "from the pattern to the teaching current", _OURS)
    every: Quantity = parameter(1, "of the times that a pattern is shown in training, one in so many is taught", _OURS)
    blocks: Quantity = parameter(10, "blocks of training", _OURS)
    block: Quantity = parameter(16, "trials of a block", _OURS, positive=True)
    tests: Quantity = parameter(8, "trials of a test, before each block and at the end", _OURS, positive=True)
    patterns: Quantity = parameter(4, "input patterns", _OURS, positive=True)
    levels: Quantity = parameter(2, "different targets", _OURS)
    lowest: Quantity = parameter(6.5 * Hz, "lowest target, an event rate of the output", _OURS, positive=True)
    highest: Quantity = parameter(11.5 * Hz, "highest target", _OURS, positive=True)
    trial: Quantity = parameter(600 * ms, "length of a trial", _OURS, positive=True)
    onset: Quantity = parameter(50 * ms, "of the pattern, from the beginning of a trial", _OURS, positive=True)
    duration: Quantity = parameter(200 * ms, "of the pattern, and of the teaching current", _OURS, positive=True)
    cortical_rate: Quantity = parameter(1.0, "factor on the cortical learning rate", _OURS)
    cerebellar_rate: Quantity = parameter(1.0, "factor on the cerebellar learning rate", _OURS)
    replaced: Quantity = parameter(
        1.0, "part of the cerebellar current that gives way while the teaching current arrives", _OURS
    )
    rest_rate: Quantity = parameter(35 * Hz, "rate of nuclei that predict nothing", _OURS, positive=True)
    span: Quantity = parameter(25 * Hz, "change of their rate for the largest teaching current", _OURS, positive=True)

    NAME = "feedback-decoupling"
    TITLE = "A spiking cerebellum predicts a teaching current that comes late or seldom"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("every", "blocks", "block", "tests", "patterns", "levels"):
            value, least = float(getattr(self, name)), 0 if name == "blocks" else 2 if name == "levels" else 1
            if value != int(value) or value < least:
                raise ArgumentError(f"{name}={value:g} is not allowed; give a whole number, at least {least}.")
        for name in ("block", "tests"):
            value = float(getattr(self, name))
            if value % float(self.patterns):
                raise ArgumentError(
                    f"{name}={value:g} is not allowed; give a multiple of the number of patterns, {float(self.patterns):g}."
                )
        rounds = float(self.block) / float(self.patterns)
        if float(self.every) > rounds:
            raise ArgumentError(
                f"every={float(self.every):g} is not allowed; a block of {float(self.block):g} trials shows each pattern {rounds:g} times, and rounds are counted anew in each."
            )
        for name in ("cortical_rate", "cerebellar_rate"):
            if float(getattr(self, name)) < 0:
                raise ArgumentError(f"{name}={float(getattr(self, name)):g} is not allowed; it is at least 0.")
        if not 0 <= float(self.replaced) <= 1:
            raise ArgumentError(f"replaced={float(self.replaced):g} is not allowed; it is from 0 to 1.")
        for name in ("trial", "onset", "duration"):
            ticks = float(getattr(self, name) / _TICK)
            if abs(ticks - round(ticks)) > 1e-6:
                raise ArgumentError(f"{name}={getattr(self, name)} is not allowed; it is a multiple of 50 ms.")
        needed = self.onset + self.duration + self.delay
        if float(self.delay) < 0 or float(needed) > float(self.trial) + 1e-9:
            raise ArgumentError(
                f"delay={self.delay} is not allowed; it is from 0 ms to what the trial leaves, {self.trial - self.onset - self.duration}."
            )

    def timeline(self) -> Timeline:
        """Blocks of a test and of training, and a last test."""
        here = ("blocks", "cortical_rate", "cerebellar_rate")
        shown = {name: getattr(self, name) for name in self.declared() if name not in here} | {"presenting": 1.0}
        training = shown | {
            "training": 1.0,
            "cortical_rate": self.cortical_rate,
            "cerebellar_rate": self.cerebellar_rate,
        }
        blocks, block, tests = (float(getattr(self, name)) for name in ("blocks", "block", "tests"))
        plan = [("training", blocks * (tests + block), training), ("after", tests, shown)]
        return Timeline(Phase(name, n * self.trial, settings) for name, n, settings in plan if n)

    def recording(self, circuit: Circuit) -> Recording:
        """Counts of events, and what olives compare, every 50 ms; no spikes."""
        means = {"olive": ("prediction", "lack", "said")}
        return Recording(spikes="none", statistics=_TICK, states=_TICK, means=means)

    def metrics(self, result: Result) -> dict[str, Metric | Curve]:
        """See `burstnet.analysis.feedback_decoupling.decoupling_metrics`."""
        return decoupling_metrics(result)


_SIZES = feedback_decoupling.SIZES
_OF_ZONE = ("granule", "golgi", "molecular_layer", "purkinje", "nuclei")
_STRUCTURE: dict[str, Whole | Choice] = {
    "inputs.n": Whole(_SIZES.mossy, "inputs of the cortex, all of them mossy fibres"),
    "output.n": Whole(100, "cortical cells that learn"),
    "granule.n": Whole(_SIZES.granule, "granule cells"),
    "golgi.n": Whole(_SIZES.golgi, "Golgi cells"),
    "molecular_layer.n": Whole(_SIZES.molecular_layer, "molecular-layer interneurons"),
    "purkinje.n": Whole(_SIZES.purkinje, "Purkinje cells of a microzone, and as many olivary cells"),
    "nuclei.n": Whole(_SIZES.nuclei, "nuclear cells of a microzone"),
    "stages": Whole(6, "stages of the granule cells' eligibility"),
    "baseline": Choice("moving", "what the cortex compares bursts with", feedback_decoupling.BASELINES),
}


def _build(structure: Mapping[str, Any]) -> Circuit:
    """The circuit of these structural settings."""
    chosen = {name: rule.default for name, rule in _STRUCTURE.items()} | dict(structure)
    sizes = {name: chosen[f"{name}.n"] for name in _OF_ZONE}
    return feedback_decoupling.circuit(
        outputs=chosen["output.n"],
        sizes=cerebellum.Sizes(mossy=chosen["inputs.n"], olive=sizes["purkinje"], **sizes),
        stages=chosen["stages"],
        baseline=chosen["baseline"],
    )


EXPERIMENT = Experiment(
    name=FeedbackDecoupling.NAME,
    title=FeedbackDecoupling.TITLE,
    citation=feedback_decoupling.CITATION,
    protocol=FeedbackDecoupling,
    build=_build,
    structure=_STRUCTURE,
    figure="burstnet.plots.feedback_decoupling:decoupling_figure",
    headline=(
        "untrained_error",
        "final_error",
        "mean_error",
        "trials_to_criterion",
        "prediction_correlation",
    ),
)
