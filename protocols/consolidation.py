"""consolidation: after delayed association is learned with a cerebellum, replay in sleep lets the cortex do without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2.units import second
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.metrics import Metric
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Experiment, Whole
from burstnet.models import pemberton2024
from burstnet.models.pemberton2024_consolidation import RULES, CerebellarConsolidation, ConsolidationParameters
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "Consolidation"]

_SOURCE = "Pemberton et al. 2024, published code"


@dataclass(frozen=True, kw_only=True)
class Consolidation(ParameterSet):
    """The consolidation protocol.

    References
    ----------
    Pemberton et al. (2024), Nature Communications 15: 10913, Fig. 8; published code.
    """

    training: Quantity = parameter(40.0, "sessions of training", "burstnet", positive=True)
    sleep: Quantity = parameter(50.0, "sessions of sleep", _SOURCE, positive=True)

    NAME = "consolidation"
    TITLE = "Replay lets the cortex do without its cerebellum"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("training", "sleep"):
            value = float(getattr(self, name))
            if value != round(value):
                raise ArgumentError(f"{name}={value:g} is not allowed; it is a whole number of sessions.")

    def timeline(self) -> Timeline:
        """Training and sleep; a session lasts a second."""
        return Timeline([Phase("training", float(self.training) * second), Phase("sleep", float(self.sleep) * second)])

    def metrics(self, result: Result) -> dict[str, Metric]:
        """Part of the choices in fresh trials that are right, one value a seed, with and without the cerebellum.

        ``awake.accuracy`` and ``awake.accuracy_silenced`` of the session of training that did best, from which sleep starts; ``asleep.accuracy`` and
        ``asleep.accuracy_silenced`` after the last session of sleep, ``asleep.lowest_accuracy`` within sleep;
        ``asleep.drive_percent``: norm of the weights from cerebellum to cortex against that when awake;
        ``asleep.similarity``: cosine of the cortex's recurrent input and of its recurrent and cerebellar input when awake.
        """
        data, begins = result.data, round(result.phases["sleep"][0])
        right, silenced = (1 - data[name].values[:, begins:] for name in ("error", "error_silenced"))
        found = {
            "awake.accuracy": 1 - data["error_awake"].values,
            "awake.accuracy_silenced": 1 - data["error_awake_silenced"].values,
            "asleep.accuracy": right[:, -1],
            "asleep.lowest_accuracy": right.min(axis=1),
            "asleep.accuracy_silenced": silenced[:, -1],
            "asleep.similarity": data["similarity"].values[:, -1],
        }
        metrics = {name: Metric("1", np.asarray(values, dtype=float)) for name, values in found.items()}
        left = 100 * data["drive_norm"].values[:, -1] / data["drive_norm_awake"].values
        return metrics | {"asleep.drive_percent": Metric("%", left)}


def _build(structure: Mapping[str, Any]) -> CerebellarConsolidation:
    """The network of these structural settings."""
    return CerebellarConsolidation(
        **(pemberton2024.as_arguments(structure) | {"parameters": ConsolidationParameters()})
    )


EXPERIMENT = Experiment(
    name=Consolidation.NAME,
    title=Consolidation.TITLE,
    citation=pemberton2024.CITATION,
    protocol=Consolidation,
    build=_build,
    structure={
        "rule": Choice("least-squares", "how recurrent weights learn in sleep", RULES),
        "replayed": Whole(10, "trials that a session of sleep replays"),
        **{name: rule for name, rule in pemberton2024.STRUCTURE.items() if name != "feedback"},
    },
    figure="burstnet.plots.cerebellar_drive:consolidation_figure",
    headline=(
        "awake.accuracy",
        "awake.accuracy_silenced",
        "asleep.accuracy",
        "asleep.accuracy_silenced",
        "asleep.drive_percent",
        "asleep.similarity",
    ),
    curves=("error", "error_silenced"),
)
