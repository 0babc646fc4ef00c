"""line-drawing: a spiking cerebellum learns to drive a fixed spiking cortex along trajectories that a brief cue announces.

Training is guided: at first the cortex gets what the nuclei should say, and ever less of it. Tests before and after are
without guidance, without teacher, and with all plasticity frozen. Cues, trajectories and learning are equations of the circuit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brian2.units import Hz, ms, second
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.line_drawing import drawing_metrics
from burstnet.analysis.metrics import Curve, Metric
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.circuit import Circuit
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Experiment, Whole
from burstnet.models import cerebellum, cerebro_cerebellar
from burstnet.recording import Recording
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "STRUCTURE", "LineDrawing", "build"]

_OURS = "ours"
_SOURCE = "Pemberton et al. 2024"
#: The clock on which a cortical cell looks whether the cue is its own.
_TICK = 0.1
#: Interval over which positions are averaged.
_SAMPLE = 20 * ms


@dataclass(frozen=True, kw_only=True)
class LineDrawing(ParameterSet):
    """Drawing lines with a cerebellum.

    A trial begins with a current that silences the cortex, then `cue_onset` after its beginning one of `cues` cues is shown for
    `cue_duration` while the movement from the origin to that cue's point on the unit circle begins. Cues come in turn.
    """

    cues: Quantity = parameter(2, "cues, each with a point on the unit circle", _OURS, positive=True)
    trials: Quantity = parameter(1200, "trials of training", _OURS)
    tests: Quantity = parameter(40, "trials of each test", _OURS)
    guidance: Quantity = parameter(1.0, "part of the cortical drive that is the target's when training begins", _OURS)
    fade: Quantity = parameter(0.4, "part of training within which guidance falls to 0", _OURS, positive=True)
    learning_rate: Quantity = parameter(1.0, "factor on the learning rate", _OURS)
    anneal: Quantity = parameter(3.0, "the learning rate falls to 1/(1 + this) over training", _OURS)
    trial: Quantity = parameter(1.4 * second, "length of a trial", _OURS, positive=True)
    cue_onset: Quantity = parameter(300 * ms, "from the beginning of a trial", _OURS, positive=True)
    cue_duration: Quantity = parameter(200 * ms, "of a cue", _OURS, positive=True)
    movement: Quantity = parameter(1 * second, "from the cue to the end of the movement", _OURS, positive=True)
    arc: Quantity = parameter(0.0, "0: straight lines at constant speed, 1: semicircles to the same points", _SOURCE)
    first_angle: Quantity = parameter(0.3, "angle of the first cue's point", _OURS)
    rest_rate: Quantity = parameter(30 * Hz, "rate of the nuclei at the origin", _OURS, positive=True)
    span: Quantity = parameter(25 * Hz, "change of their rate for a movement by 1", _OURS, positive=True)

    NAME = "line-drawing"
    TITLE = "A spiking cerebellum drives a fixed cortex along lines"

    def __post_init__(self) -> None:
        super().__post_init__()
        cues = float(self.cues)
        if cues != int(cues):
            raise ArgumentError(f"cues={cues:g} is not allowed; give a whole number, at least 1.")
        for name in self.counted():
            value = float(getattr(self, name))
            if value < 0 or value % cues:
                raise ArgumentError(
                    f"{name}={value:g} is not allowed; give a multiple of the number of cues, {cues:g}, or 0."
                )
        for name in ("guidance", "learning_rate", "anneal"):
            if float(getattr(self, name)) < 0:
                raise ArgumentError(f"{name}={getattr(self, name)} is not allowed; it is at least 0.")
        for name in ("trial", "cue_onset", "cue_duration", "movement"):
            ticks = float(getattr(self, name)) / _TICK
            if abs(ticks - round(ticks)) > 1e-6:
                raise ArgumentError(f"{name}={getattr(self, name)} is not allowed; it is a multiple of 100 ms.")
        if float(self.cue_onset + self.movement) > float(self.trial) + 1e-9:
            raise ArgumentError(
                f"trial={self.trial} is not allowed; with this movement a trial lasts at least {self.cue_onset + self.movement}."
            )

    def counted(self) -> tuple[str, ...]:
        """Fields that are numbers of trials."""
        return ("trials", "tests")

    def shown(self) -> dict[str, Quantity | float]:
        """Knobs of a phase in which cues are shown and nothing else happens: a test."""
        names = (
            "cues", "trial", "cue_onset", "cue_duration", "movement", "arc", "first_angle", "rest_rate", "span", "fade", "anneal",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names} | {"presenting": 1.0, "rotation": 0.0, "context": 0.0}

    def trained(self, start: Quantity, number: float) -> dict[str, Quantity | float]:
        """Knobs of so many trials of training from `start` on, beside those of `shown`."""
        return {
            "taught": 1.0,
            "learning_rate": self.learning_rate,
            "guidance": self.guidance,
            "training_start": start,
            "training_length": number * self.trial,
        }

    def timeline(self) -> Timeline:
        """Test, training, test, and a test in which the nuclei no longer reach the cortex."""
        tests, number, shown = float(self.tests), float(self.trials), self.shown()
        plan: list[tuple[str, float, dict[str, Quantity | float]]] = [
            ("before", tests, shown),
            ("training", number, shown | self.trained(tests * self.trial, number)),
            ("after", tests if number else 0, shown),
            ("cut", tests, shown | {"held": 1.0}),
        ]
        return Timeline(Phase(name, n * self.trial, settings) for name, n, settings in plan if n)

    def recording(self, circuit: Circuit) -> Recording:
        """Position and rate of the nuclei every 20 ms; no spikes."""
        means = {"effectors": ("position_x", "position_y", "output_rate")}
        return Recording(spikes="none", statistics=_SAMPLE, states=_SAMPLE, means=means)

    def metrics(self, result: Result) -> dict[str, Metric | Curve]:
        """See `burstnet.analysis.line_drawing.drawing_metrics`."""
        return drawing_metrics(result)


def _figure(result: Result) -> Any:
    from burstnet.plots.line_drawing import line_drawing_figure

    return line_drawing_figure(result)


_CORTEX, _ZONE = cerebro_cerebellar.CorticalSizes(), cerebro_cerebellar.SIZES
_OF_ZONE = ("granule", "golgi", "molecular_layer", "purkinje", "nuclei")
STRUCTURE: dict[str, Whole | Choice] = {
    "feedback": Choice(
        "cerebellum",
        "what drives the cortex: microzones, or a read-out of the cortex itself",
        tuple(cerebro_cerebellar.FEEDBACKS),
    ),
    "cortex": Choice("fixed", "the cortex that is driven", tuple(cerebro_cerebellar.CORTICES)),
    "cortex.n": Whole(_CORTEX.cortex, "excitatory cells, all of them mossy fibres"),
    "interneurons.n": Whole(_CORTEX.interneurons, "inhibitory cells of the cortex"),
    "granule.n": Whole(_ZONE.granule, "granule cells"),
    "golgi.n": Whole(_ZONE.golgi, "Golgi cells"),
    "molecular_layer.n": Whole(_ZONE.molecular_layer, "molecular-layer interneurons"),
    "purkinje.n": Whole(_ZONE.purkinje, "Purkinje cells of a microzone, and as many olivary cells"),
    "nuclei.n": Whole(_ZONE.nuclei, "nuclear cells of a microzone"),
    "stages": Whole(6, "stages of the granule cells' eligibility"),
}


def build(structure: Mapping[str, Any], contexts: int = 1) -> Circuit:
    """The circuit of these structural settings."""
    chosen = {name: rule.default for name, rule in STRUCTURE.items()} | dict(structure)
    sizes = {name: chosen[f"{name}.n"] for name in _OF_ZONE}
    return cerebro_cerebellar.circuit(
        cortex=chosen["cortex"],
        feedback=chosen["feedback"],
        contexts=contexts,
        cortical_sizes=cerebro_cerebellar.CorticalSizes(
            cortex=chosen["cortex.n"], interneurons=chosen["interneurons.n"]
        ),
        sizes=cerebellum.Sizes(mossy=chosen["cortex.n"], olive=sizes["purkinje"], **sizes),
        stages=chosen["stages"],
    )


EXPERIMENT = Experiment(
    name=LineDrawing.NAME,
    title=LineDrawing.TITLE,
    citation=cerebro_cerebellar.CITATION,
    protocol=LineDrawing,
    build=build,
    structure=STRUCTURE,
    figure="burstnet.protocols.line_drawing:_figure",
    headline=(
        "before.error",
        "after.error",
        "cut.error",
        "after.relative_to_cut",
        "after.relative_to_silent",
        *(f"after.error_along[fifth={k}]" for k in (1, 3, 5)),
        "after.bias",
        "after.spread",
        "after.short",
        "after.nuclear_rate",
    ),
)
