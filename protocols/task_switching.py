"""task-switching: two sets of trajectories with the same cues, one after the other, on one fixed spiking cortex.

Each set has microzones of its own, which keeps the first by construction, or both are learned by the same. Tests are without
guidance, without teacher, and with all plasticity frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.line_drawing import switching_metrics
from burstnet.analysis.metrics import Curve, Metric
from burstnet.cells.fragment import parameter
from burstnet.circuit import Circuit
from burstnet.errors import ArgumentError
from burstnet.experiment import Experiment
from burstnet.models import cerebro_cerebellar
from burstnet.protocols.line_drawing import STRUCTURE, LineDrawing, build
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "TaskSwitching"]

_OURS = "ours"


@dataclass(frozen=True, kw_only=True)
class TaskSwitching(LineDrawing):
    """Two sets of trajectories in turn; `trials` are those of the first, and `rotation` turns the second against it."""

    second_trials: Quantity = parameter(1200, "trials of training of the second set", _OURS)
    rotation: Quantity = parameter(1.5707963267948966, "angle between the second and the first set", _OURS)
    shared: Quantity = parameter(0.0, "0: each set has microzones of its own, 1: both are learned by the same", _OURS)

    NAME = "task-switching"
    TITLE = "Two sets of trajectories in turn, with microzones for each or the same for both"

    def __post_init__(self) -> None:
        super().__post_init__()
        if float(self.shared) not in (0.0, 1.0):
            raise ArgumentError(f"shared={float(self.shared):g} is not allowed; it is 0 or 1.")

    def counted(self) -> tuple[str, ...]:
        """Fields that are numbers of trials."""
        return (*super().counted(), "second_trials")

    def timeline(self) -> Timeline:
        """The first set, its test, the second, its tests, and a test of the first again without any retraining."""
        tests, one, two = float(self.tests), float(self.trials), float(self.second_trials)
        first = self.shown()
        second = first | {"rotation": self.rotation, "context": 1 - self.shared}
        plan: list[tuple[str, float, dict[str, Quantity | float]]] = [
            ("first", one, first | self.trained(0 * self.trial, one)),
            ("learned", tests, first),
            ("untouched", tests, second),
            ("second", two, second | self.trained((one + 2 * tests) * self.trial, two)),
            ("other", tests if two else 0, second),
            ("switched", tests, first),
        ]
        return Timeline(Phase(name, n * self.trial, settings) for name, n, settings in plan if n)

    def metrics(self, result: Result) -> dict[str, Metric | Curve]:
        """See `burstnet.analysis.line_drawing.switching_metrics`."""
        return switching_metrics(result)


def _figure(result: Result) -> Any:
    from burstnet.plots.line_drawing import task_switching_figure

    return task_switching_figure(result)


def _build(structure: Mapping[str, Any]) -> Circuit:
    """The circuit of these structural settings, with two sets of microzones."""
    return build(structure, contexts=2)


EXPERIMENT = Experiment(
    name=TaskSwitching.NAME,
    title=TaskSwitching.TITLE,
    citation=cerebro_cerebellar.CITATION,
    protocol=TaskSwitching,
    build=_build,
    structure=STRUCTURE,
    figure="burstnet.protocols.task_switching:_figure",
    headline=("learned.error", "untouched.error", "other.error", "switched.error", "change_percent"),
)
