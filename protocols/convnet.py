"""convnet: convolutional areas learn to classify images; do errors reach areas of shared weights? Imports its model and digits.

Epochs, scores and metrics are those of the protocol ``digits``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brian2.units.fundamentalunits import Quantity

from burstnet.cells.fragment import parameter
from burstnet.experiment import Experiment
from burstnet.models import burstccn_conv
from burstnet.protocols.digits import Digits

__all__ = ["EXPERIMENT", "ConvNet"]


@dataclass(frozen=True, kw_only=True)
class ConvNet(Digits):
    """The convnet protocol.

    References
    ----------
    Greedy et al. (2022), and the published code of its successor (2026): CIFAR-10, 400 epochs.
    """

    epochs: Quantity = parameter(30.0, "epochs of training", "burstnet", positive=True)

    NAME = "convnet"
    TITLE = "Images are classified by convolutional areas that errors reach as bursts"


def _build(structure: Mapping[str, Any]) -> burstccn_conv.BurstCCNConv:
    """The network of these structural settings, with the numbers that belong to its images and feedback."""
    return burstccn_conv.published_conv_network(**structure)


EXPERIMENT = Experiment(
    name=ConvNet.NAME,
    title=ConvNet.TITLE,
    citation=burstccn_conv.CITATION,
    protocol=ConvNet,
    build=_build,
    structure=burstccn_conv.STRUCTURE,
    figure="burstnet.plots.digits:digits_figure",
    headline=("final.error", "epochs_to_criterion", "final.angle_bp", "final.angle_fa"),
    curves=("error", "angle_bp_hidden"),
)
