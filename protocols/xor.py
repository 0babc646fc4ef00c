"""xor: a hierarchy of bursting cells learns exclusive or from a teaching current on the output's dendrites.

Four patterns are shown over and over, each for a while without and then with teacher and plasticity, between two tests with
neither. Presentation and teaching are equations of the circuit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brian2.units import ms, second
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.metrics import Metric
from burstnet.analysis.xor import xor_metrics
from burstnet.analysis.xor_examples import PATTERNS, examples
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.circuit import Circuit
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Experiment, Number, Whole
from burstnet.models import payeur2021, payeur2021_xor
from burstnet.recording import Recording
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "Xor"]

_SOURCE = "Payeur et al. 2021, Fig. 4"
_TICK = float(payeur2021_xor.TEACHER_INTERVAL / second)
#: What is left out of an example until rates are settled [s], at most half of its prediction.
_SETTLED = 2.0


@dataclass(frozen=True, kw_only=True)
class Xor(ParameterSet):
    """The exclusive-or protocol.

    Times are multiples of 0.4 s, the clock on which the teacher looks. With ``prediction=0s`` and ``teacher_follows=1`` there
    is one phase: teacher and plasticity are on through all of the training.

    References
    ----------
    Payeur et al. (2021), Nature Neuroscience 24, Figure 4; published program with 2000 examples.
    """

    examples: Quantity = parameter(400, "training examples, four to an epoch (published: 2000)", _SOURCE)
    burn_in: Quantity = parameter(6 * second, "before the first pattern", _SOURCE)
    example: Quantity = parameter(8 * second, "for which a pattern is shown", _SOURCE, positive=True)
    prediction: Quantity = parameter(7.2 * second, "of an example before teacher and plasticity come on", _SOURCE)
    learning_rate: Quantity = parameter(1.0, "factor on all learning rates", _SOURCE)
    teacher_follows: Quantity = parameter(
        0.0, "1: the teaching current is renewed every 0.4 s; 0: once an example", _SOURCE
    )

    NAME = "xor"
    TITLE = "Exclusive or learned with burst-dependent plasticity"

    def __post_init__(self) -> None:
        super().__post_init__()
        if float(self.examples) < 0 or float(self.examples) % 4:
            raise ArgumentError(f"examples={float(self.examples):g} is not allowed; give a multiple of 4, at least 0.")
        if float(self.teacher_follows) not in (0.0, 1.0):
            raise ArgumentError(f"teacher_follows={float(self.teacher_follows):g} is not allowed; it is 0 or 1.")
        if float(self.learning_rate) < 0:
            raise ArgumentError(f"learning_rate={float(self.learning_rate):g} is not allowed; it is at least 0.")
        for name in ("burn_in", "example", "prediction"):
            ticks = float(getattr(self, name)) / _TICK
            if ticks < 0 or abs(ticks - round(ticks)) > 1e-6:
                raise ArgumentError(f"{name}={getattr(self, name)} is not allowed; it is a multiple of {_TICK:g} s.")
        if float(self.prediction) > float(self.example):
            raise ArgumentError(f"prediction={self.prediction} is not allowed; an example lasts {self.example}.")

    def timeline(self) -> Timeline:
        """Burn-in, four patterns without learning, training, and the four again."""
        times: dict[str, Quantity | float] = {
            "first_pattern": self.burn_in,
            "pattern_duration": self.example,
            "prediction": self.prediction,
            "teacher_follows": self.teacher_follows,
        }
        shown: dict[str, Quantity | float] = times | {"presenting": 1.0}
        phases = [Phase("burn_in", self.burn_in, times), Phase("before", 4 * self.example, shown)]
        if float(self.examples):
            learning = shown | {"training": self.learning_rate}
            phases.append(Phase("training", float(self.examples) * self.example, learning))
            phases.append(Phase("after", 4 * self.example, shown))
        return Timeline(phases)

    def recording(self, circuit: Circuit) -> Recording:
        """Counts and averages every 0.4 s, some weights every 8 s; no spikes."""
        return Recording(
            spikes="none",
            statistics=400 * ms,
            states=8 * second,
            weights=tuple(p.name for p in circuit.projections if p.plasticity),
            cells=200,
        )

    def metrics(self, result: Result) -> dict[str, Metric]:
        """See `burstnet.analysis.xor.xor_metrics`."""
        return xor_metrics(result, **_times(result))


def _times(result: Result) -> dict[str, Any]:
    """Length of an example of a run, when teaching begins in it, when rates are settled, and when the first one began [s]."""
    settings = next(phase["settings"] for phase in result.about["timeline"] if phase["name"] == "before")
    length, teaching, origin = (
        float(settings[name]["value"]) for name in ("pattern_duration", "prediction", "first_pattern")
    )
    # where the teacher is always on, all of an example is prediction
    teaching = teaching or max(length - _TICK, length / 2)
    return {"length": length, "teaching": teaching, "settled": min(_SETTLED, teaching / 2), "origin": origin}


def _figure(result: Result) -> Any:
    from burstnet.plots.xor import xor_figure

    times = _times(result)
    # a run without training, or one that went on after it, shows its test
    whole = [
        name
        for name in ("training", "before", "after")
        if name in result.phases and examples(result, name, **times).epochs
    ]
    return xor_figure(result, training=whole[0] if whole else "training", **times)


def _build(structure: Mapping[str, Any]) -> Circuit:
    """The network of these structural settings."""
    chosen: dict[str, Any] = {name: rule.default for name, rule in _STRUCTURE.items()} | dict(structure)
    return payeur2021_xor.circuit(
        chosen["n"],
        published=payeur2021.Published(**{name: chosen[name] for name in _OPTIONS}),
        rule=chosen["rule"],
        feedback=chosen["feedback"],
        density=chosen["density"],
    )


#: Options of the published program that make a difference here.
_OPTIONS = ("driving_force", "homeostatic_rate", "axonal_criterion")
_STRUCTURE: dict[str, Whole | Number | Choice] = {
    "n": Whole(500, "cells in each of the five populations"),
    "rule": Choice("moving-average", "what bursts are compared with", payeur2021_xor.RULES),
    "feedback": Choice(
        "published",
        "what the output sends back: bursts, or bursts and the events that cancel them",
        payeur2021_xor.FEEDBACKS,
    ),
    "density": Number(None, "probability of a connection; 100/n by default", 0, 1),
    **{name: payeur2021.STRUCTURE[name] for name in _OPTIONS},
}

EXPERIMENT = Experiment(
    name=Xor.NAME,
    title=Xor.TITLE,
    citation=payeur2021.CITATION,
    protocol=Xor,
    build=_build,
    structure=_STRUCTURE,
    figure="burstnet.protocols.xor:_figure",
    headline=(
        *(f"{test}.{pattern}.output_event_rate" for test in ("before", "after") for pattern in PATTERNS),
        *(
            f"first_epoch.{pattern}.{name}_taught_burst_probability"
            for name in ("output", "hidden_1", "hidden_2")
            for pattern in PATTERNS[:2]
        ),
        "first_epoch.cost",
        "last_epoch.cost",
        "after.margin",
        "after.ordered",
        "after.separated",
    ),
)
