"""cerebellar-drive: a cortex that forgets learns a task with the help of a cerebellum, in rates.

After every session fresh trials are scored with weights fixed, as the network is and with the cerebellum off.
"""

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
from burstnet.experiment import Choice, Experiment
from burstnet.models import pemberton2024
from burstnet.models.pemberton2024_tasks import TASKS
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "CerebellarDrive"]

_SOURCE = "Pemberton et al. 2024, published code"
_OURS = "burstnet"


@dataclass(frozen=True, kw_only=True)
class CerebellarDrive(ParameterSet):
    """The cerebellar-drive protocol.

    References
    ----------
    Pemberton et al. (2024), Nature Communications 15: 10913; published code.
    """

    sessions: Quantity = parameter(12.0, "sessions of training", _OURS, positive=True)
    off_from: Quantity = parameter(10.0, "step of a trial from which on the cerebellum is off in a test", _SOURCE)
    off_until: Quantity = parameter(50.0, "step of a trial from which on it is on again", _SOURCE)
    criterion: Quantity = parameter(0.03, "error at which a task counts as learned", _OURS)

    NAME = "cerebellar-drive"
    TITLE = "A cerebellum drives a cortex that cannot remember"

    def __post_init__(self) -> None:
        super().__post_init__()
        if float(self.sessions) != round(float(self.sessions)):
            raise ArgumentError(f"sessions={float(self.sessions):g} is not allowed; it is a whole number.")
        if not 0 <= float(self.off_from) < float(self.off_until):
            raise ArgumentError(
                f"off_from={float(self.off_from):g} is not allowed; it is from 0 to less than off_until={float(self.off_until):g}."
            )

    def timeline(self) -> Timeline:
        """One phase; a session lasts a second."""
        return Timeline([Phase("training", float(self.sessions) * second)])

    def metrics(self, result: Result) -> dict[str, Metric]:
        """Errors of fresh trials, one value a seed: mean squared error, or part of the choices that are wrong.

        ``before.error``, ``first.error`` after the first session, ``final.error``, ``mean.error`` over sessions,
        ``final.error_silenced`` and ``final.error_silenced_part`` with the cerebellum off in all or a part of the trial,
        ``sessions_to_criterion`` (undefined where it is never reached). In choice tasks, of the session with the smallest
        error, ``best.accuracy`` and ``best.confidence``, the probability of the right choice, each also ``_silenced`` and
        ``_silenced_part``; ``late.selectivity`` of the cortex in the last five steps, and
        ``late.selectivity_silenced_part``. In ``evidence``
        the weight of a puff in each part of the cue period, ``evidence.weight.PART``, and what is left of it, as a factor,
        while the cerebellum is off in a part: ``evidence.kept_before`` of puffs before that part, ``evidence.kept_within`` of
        those in it, ``evidence.kept_after`` of those that follow.
        """
        data = result.data
        error = data["error"].values
        found = {
            "before.error": data["error_before"].values,
            "first.error": error[:, 0],
            "final.error": error[:, -1],
            "mean.error": error.mean(axis=1),
            "final.error_silenced": data["error_silenced"].values[:, -1],
            "final.error_silenced_part": data["error_silenced_part"].values[:, -1],
            "sessions_to_criterion": sessions_to(error, float(self.criterion)),
        }
        if "selectivity" in data:
            for k, test in enumerate(("", "_silenced", "_silenced_part")):
                found[f"best.accuracy{test}"] = 1 - data["best_error"].values[:, k]
                found[f"best.confidence{test}"] = data["best_confidence"].values[:, k]
            late = data["selectivity"].values[..., -5:].mean(axis=-1)
            found |= {"late.selectivity": late[:, 0], "late.selectivity_silenced_part": late[:, 2]}
        if "evidence_weight" in data:
            found |= _evidence(data["evidence_weight"].values)
        return {name: Metric("1", np.asarray(values, dtype=float)) for name, values in found.items()}


def _evidence(weight: np.ndarray) -> dict[str, np.ndarray]:
    """Weights of puffs, and what is left of them while the cerebellum is off in a part."""
    parts = weight.shape[2]
    intact, off = weight[:, :1].repeat(parts, axis=1), weight[:, 1 : 1 + parts]
    at, before = np.eye(parts, dtype=bool), np.tri(parts, k=-1, dtype=bool)
    found = {f"evidence.weight.{k + 1}": weight[:, 0, k] for k in range(parts)}
    for name, which in (("within", at), ("before", before), ("after", before.T)):
        found[f"evidence.kept_{name}"] = off[:, which].sum(axis=1) / intact[:, which].sum(axis=1)
    return found


def _build(structure: Mapping[str, Any]) -> pemberton2024.CerebellarDrive:
    """The network of these structural settings."""
    return pemberton2024.CerebellarDrive(**pemberton2024.as_arguments(structure))


EXPERIMENT = Experiment(
    name=CerebellarDrive.NAME,
    title=CerebellarDrive.TITLE,
    citation=pemberton2024.CITATION,
    protocol=CerebellarDrive,
    build=_build,
    structure={"task": Choice("lines", "what is learned", tuple(TASKS)), **pemberton2024.STRUCTURE},
    figure="burstnet.plots.cerebellar_drive:cerebellar_drive_figure",
    headline=(
        "first.error",
        "final.error",
        "final.error_silenced",
        "final.error_silenced_part",
        "sessions_to_criterion",
    ),
    curves=("error",),
)
