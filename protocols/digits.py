"""digits: networks in rates learn to classify images; are errors assigned to every area? Imports its model and analysis.

After every epoch unseen images are scored with weights fixed and no teacher, and updates compared with back-propagation's.
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
from burstnet.experiment import Experiment
from burstnet.models import burstccn_rate
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "Digits"]

_OURS = "burstnet"


@dataclass(frozen=True, kw_only=True)
class Digits(ParameterSet):
    """The digits protocol.

    References
    ----------
    Greedy et al. (2022); the images and sizes are our own.
    """

    epochs: Quantity = parameter(60.0, "epochs of training", _OURS, positive=True)
    calibration: Quantity = parameter(0.0, "epochs before training, without a teacher: only feedback learns", _OURS)
    criterion: Quantity = parameter(0.1, "error at which the images count as learned", _OURS)

    NAME = "digits"
    TITLE = "Images are classified by areas that errors reach as bursts"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("epochs", "calibration"):
            value = float(getattr(self, name))
            if value != round(value) or value < 0:
                raise ArgumentError(f"{name}={value:g} is not allowed; it is a whole number, at least 0.")

    def timeline(self) -> Timeline:
        """Calibration, if there is any, and training; an epoch lasts a second."""
        phases = [Phase("training", float(self.epochs) * second)]
        if self.calibration:
            phases.insert(0, Phase("calibration", float(self.calibration) * second))
        return Timeline(phases)

    def metrics(self, result: Result) -> dict[str, Metric]:
        """Errors, as parts of images, and angles, one value a seed.

        ``before.error``, ``final.error``, ``mean.error`` over epochs, ``final.train_error``, ``final.mse``,
        ``epochs_to_criterion`` (undefined where it is never reached). Angles of the last epoch, over all hidden areas:
        ``final.angle_bp`` and ``final.angle_fa`` of updates, ``final.angle_wy`` and ``final.angle_qy`` of feedback weights;
        ``before.angle_bp``; ``final.angle_bp.areaN`` of area N; ``final.deviation`` of burst probability.
        """
        data = result.data
        error = data["error"].values
        found = {
            "before.error": data["error_before"].values,
            "final.error": error[:, -1],
            "mean.error": error.mean(axis=1),
            "final.train_error": data["train_error"].values[:, -1],
            "final.mse": data["mse"].values[:, -1],
            "epochs_to_criterion": sessions_to(error, float(self.criterion)),
            "final.deviation": data["deviation"].values[:, -1].mean(axis=1),
        }
        angles = {"before.angle_bp": data["angle_bp_hidden_before"].values}
        for name in ("bp", "fa", "wy", "qy"):
            angles[f"final.angle_{name}"] = data[f"angle_{name}_hidden"].values[:, -1]
        for k, area in enumerate(data["area"].values):
            angles[f"final.angle_bp.area{area}"] = data["angle_bp"].values[:, -1, k]
        return {name: Metric("1", np.asarray(values, dtype=float)) for name, values in found.items()} | {
            name: Metric("degree", np.asarray(values, dtype=float)) for name, values in angles.items()
        }


def _build(structure: Mapping[str, Any]) -> burstccn_rate.BurstCCNRate:
    """The network of these structural settings, with the published numbers for its feedback."""
    return burstccn_rate.published_network(**{name.removesuffix(".n"): value for name, value in structure.items()})


EXPERIMENT = Experiment(
    name=Digits.NAME,
    title=Digits.TITLE,
    citation=burstccn_rate.CITATION,
    protocol=Digits,
    build=_build,
    structure=burstccn_rate.STRUCTURE,
    figure="burstnet.plots.digits:digits_figure",
    headline=("final.error", "epochs_to_criterion", "final.angle_bp", "final.angle_fa"),
    curves=("error", "angle_bp_hidden"),
)
