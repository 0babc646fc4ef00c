"""feedback-rank: areas with few or many SST cells learn images; what of the error do their dendrites hear? Imports its model."""

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
from burstnet.experiment import Experiment
from burstnet.models import burstccn_dalean_images
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "FeedbackRank"]


@dataclass(frozen=True, kw_only=True)
class FeedbackRank(ParameterSet):
    """The feedback-rank protocol.

    References
    ----------
    Published code of BurstCCN (2026); the digits are our own.
    """

    epochs: Quantity = parameter(30.0, "epochs of training (published for Fashion-MNIST 2)", "burstnet", positive=True)

    NAME = "feedback-rank"
    TITLE = "The more SST cells, the more of the error goes down"

    def __post_init__(self) -> None:
        super().__post_init__()
        if float(self.epochs) != round(float(self.epochs)):
            raise ArgumentError(f"epochs={float(self.epochs):g} is not allowed; it is a whole number.")

    def timeline(self) -> Timeline:
        """Training; an epoch lasts a second."""
        return Timeline([Phase("training", float(self.epochs) * second)])

    def metrics(self, result: Result) -> dict[str, Metric]:
        """After the last epoch, one value a seed.

        ``final.error`` as a part of unseen images, ``final.train_error``, ``final.mse``; of area N
        ``final.participation.areaN``, ``final.effective_rank.areaN`` and ``final.error_participation.areaN``, how many directions
        apical potentials take, and errors that back-propagation would bring; ``final.apical_angle.areaN`` between the two;
        ``before.apical_angle.areaN``.
        """
        data = result.data
        found = {f"final.{name}": data[name].values[:, -1] for name in ("error", "train_error", "mse")}
        angles: dict[str, np.ndarray] = {}
        for k, area in enumerate(data["area"].values):
            for name in ("participation", "effective_rank", "error_participation"):
                found[f"final.{name}.area{area}"] = data[name].values[:, -1, k]
            angles[f"final.apical_angle.area{area}"] = data["apical_angle"].values[:, -1, k]
            angles[f"before.apical_angle.area{area}"] = data["apical_angle_before"].values[:, k]
        return {name: Metric("1", np.asarray(values, dtype=float)) for name, values in found.items()} | {
            name: Metric("degree", np.asarray(values, dtype=float)) for name, values in angles.items()
        }


def _build(structure: Mapping[str, Any]) -> burstccn_dalean_images.DaleanImages:
    """The network of these structural settings."""
    return burstccn_dalean_images.DaleanImages(**{name.removesuffix(".n"): value for name, value in structure.items()})


EXPERIMENT = Experiment(
    name=FeedbackRank.NAME,
    title=FeedbackRank.TITLE,
    citation=burstccn_dalean_images.CITATION,
    protocol=FeedbackRank,
    build=_build,
    structure=burstccn_dalean_images.STRUCTURE,
    figure="burstnet.plots.feedback_rank:feedback_rank_figure",
    headline=("final.error", "final.participation.area1", "final.apical_angle.area1"),
    curves=("error",),
)
