"""sine: a network in continuous time learns to follow what another one makes of sine waves. Imports its model and analysis."""

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
from burstnet.models import burstccn_continuous
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "Sine"]

_SOURCE = "BurstCCN, published code of 2026, continuous time, sine task"


@dataclass(frozen=True, kw_only=True)
class Sine(ParameterSet):
    """The sine protocol.

    References
    ----------
    Published code of BurstCCN (2026).
    """

    before: Quantity = parameter(5.0, "thousands of steps before learning", _SOURCE, positive=True)
    training: Quantity = parameter(200.0, "thousands of steps of learning", _SOURCE, positive=True)
    after: Quantity = parameter(5.0, "thousands of steps after learning", _SOURCE, positive=True)

    NAME = "sine"
    TITLE = "Errors that never stop teach a network to follow another"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.declared():
            value = float(getattr(self, name))
            if value != round(value):
                raise ArgumentError(f"{name}={value:g} is not allowed; it is a whole number of thousands.")

    def timeline(self) -> Timeline:
        """Before, training and after; a session of 1000 steps lasts a second here."""
        return Timeline([Phase(name, float(getattr(self, name)) * second) for name in ("before", "training", "after")])

    def metrics(self, result: Result) -> dict[str, Metric]:
        """Mean squared errors, one value a seed.

        ``before.error`` and ``after.error`` with neither teacher nor plasticity, ``after.log_error``, the common logarithm of the latter; ``first.error`` and ``last.error`` of the first
        thousand and the last five thousand steps of training (all of it where it is shorter); ``after.constant_error`` of a
        constant output at the mean of what is followed; ``training.deviation`` of burst probability.
        """
        data, error = result.data, result.data["error"].values
        parts = {name: slice(*(round(at) for at in result.phases[name])) for name in ("before", "training", "after")}
        trained = error[:, parts["training"]]
        found = {
            "before.error": error[:, parts["before"]].mean(axis=1),
            "first.error": trained[:, 0],
            "last.error": trained[:, -5:].mean(axis=1),
            "after.error": error[:, parts["after"]].mean(axis=1),
            "after.log_error": np.log10(error[:, parts["after"]].mean(axis=1)),
            "after.constant_error": data["constant_error"].values[:, parts["after"]].mean(axis=1),
            "training.deviation": data["deviation"].values[:, parts["training"]].mean(axis=1),
        }
        return {name: Metric("1", np.asarray(values, dtype=float)) for name, values in found.items()}


def _build(structure: Mapping[str, Any]) -> burstccn_continuous.BurstCCNContinuous:
    """The network of these structural settings."""
    settings = {name.removesuffix(".n"): value for name, value in structure.items()}
    return burstccn_continuous.BurstCCNContinuous(**settings)


EXPERIMENT = Experiment(
    name=Sine.NAME,
    title=Sine.TITLE,
    citation=burstccn_continuous.CITATION,
    protocol=Sine,
    build=_build,
    structure=burstccn_continuous.STRUCTURE,
    figure="burstnet.plots.sine:sine_figure",
    headline=("before.error", "after.error", "training.deviation"),
    curves=("error",),
)
