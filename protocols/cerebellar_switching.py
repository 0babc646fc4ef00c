"""cerebellar-switching: two tasks with the same cues, one after the other and back, with a cerebellum for each or one for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2.units import second
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.metrics import Metric
from burstnet.analysis.sessions import sessions_to
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Experiment, Number
from burstnet.models import pemberton2024
from burstnet.models.pemberton2024_switching import CerebellarSwitching as Network
from burstnet.models.pemberton2024_switching import SwitchingParameters
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "CerebellarSwitching"]

_TASKS = ("lines", "lines-constant", "semicircles")


@dataclass(frozen=True, kw_only=True)
class CerebellarSwitching(ParameterSet):
    """The cerebellar-switching protocol.

    References
    ----------
    Pemberton et al. (2024), Nature Communications 15: 10913; published code, with 50 and 10 sessions.
    """

    first: Quantity = parameter(20.0, "sessions of the first task", "burstnet", positive=True)
    second: Quantity = parameter(10.0, "sessions of the second task", "Pemberton et al. 2024", positive=True)
    again: Quantity = parameter(5.0, "sessions of the first task again", "burstnet")
    criterion: Quantity = parameter(0.03, "error at which a task counts as learned", "burstnet")

    NAME = "cerebellar-switching"
    TITLE = "Two tasks in turn, with a cerebellum for each or one for both"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("first", "second", "again"):
            value = float(getattr(self, name))
            if value != round(value) or value < 0:
                raise ArgumentError(f"{name}={value:g} is not allowed; it is a whole number of sessions.")

    def timeline(self) -> Timeline:
        """The three phases; a session lasts a second."""
        return Timeline([Phase(name, float(getattr(self, name)) * second) for name in ("first", "second", "again")])

    def metrics(self, result: Result) -> dict[str, Metric]:
        """Mean squared errors of fresh trials, one value a seed.

        ``first.error`` of the first task when it was learned; ``switched.error`` of it when the second was learned, before any
        retraining, and ``switched.change_percent`` against the former; ``again.error`` at the end. ``second.error_before``
        and ``second.error`` of the second task at the switch and when it was learned; ``again.error_second`` of it at the
        end. ``again.sessions_to_criterion``: sessions of retraining until the first task is at the criterion again, 0 if
        it still is.
        """
        one, two = (result.data[f"error_{name}"].values for name in ("first", "second"))
        learned, switched = (round(result.phases[name][1]) - 1 for name in ("first", "second"))
        found = {
            "before.error": result.data["error_before"].values,
            "first.error": one[:, learned],
            "switched.error": one[:, switched],
            "again.error": one[:, -1],
            "second.error_before": two[:, learned],
            "second.error": two[:, switched],
            "again.error_second": two[:, -1],
            "again.sessions_to_criterion": sessions_to(one[:, switched:], float(self.criterion)) - 1,
        }
        metrics = {name: Metric("1", np.asarray(values, dtype=float)) for name, values in found.items()}
        change = 100 * (found["switched.error"] / found["first.error"] - 1)
        return metrics | {"switched.change_percent": Metric("%", change)}


def _build(structure: Mapping[str, Any]) -> Network:
    """The network of these structural settings."""
    return Network(**(pemberton2024.as_arguments(structure) | {"parameters": SwitchingParameters()}))


EXPERIMENT = Experiment(
    name=CerebellarSwitching.NAME,
    title=CerebellarSwitching.TITLE,
    citation=pemberton2024.CITATION,
    protocol=CerebellarSwitching,
    build=_build,
    structure={
        "task": Choice("lines", "the first task", _TASKS),
        "second_task": Choice("semicircles", "the second task", _TASKS),
        "shared": Number(0.0, "part of the granule cells that both contexts share", 0, 1),
        **{name: rule for name, rule in pemberton2024.STRUCTURE.items() if name != "feedback"},
    },
    figure="burstnet.plots.cerebellar_drive:cerebellar_switching_figure",
    headline=(
        "first.error",
        "second.error_before",
        "second.error",
        "switched.error",
        "switched.change_percent",
        "again.sessions_to_criterion",
    ),
    curves=("error_first", "error_second"),
)
