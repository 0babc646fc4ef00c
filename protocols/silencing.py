"""silencing: a pyramidal cell learns to be more active, intact or without one kind of interneuron. Imports its model."""

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
from burstnet.models import burstccn_dalean
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "Silencing"]

_SOURCE = "BurstCCN, published code of 2026, silencing"


@dataclass(frozen=True, kw_only=True)
class Silencing(ParameterSet):
    """The silencing protocol.

    References
    ----------
    Published code of BurstCCN (2026).
    """

    updates: Quantity = parameter(150.0, "steps of learning", _SOURCE, positive=True)
    least_change: Quantity = parameter(0.1, "least change of the output that is taught; each seed draws", _SOURCE)
    largest_change: Quantity = parameter(0.2, "largest change of the output that is taught", _SOURCE)

    NAME = "silencing"
    TITLE = "A pyramidal cell learns with and without its interneurons"

    def __post_init__(self) -> None:
        super().__post_init__()
        if float(self.updates) != round(float(self.updates)):
            raise ArgumentError(f"updates={float(self.updates):g} is not allowed; it is a whole number.")
        if float(self.least_change) > float(self.largest_change):
            raise ArgumentError(
                f"least_change={float(self.least_change):g} is not allowed; it is at most largest_change, {float(self.largest_change):g}."
            )

    def timeline(self) -> Timeline:
        """Training; an update lasts a second."""
        return Timeline([Phase("training", float(self.updates) * second)])

    def metrics(self, result: Result) -> dict[str, Metric]:
        """What learning changed, one value a seed.

        ``weight_change_percent`` of the excitatory weight; ``event_rate_change`` of the pyramidal cell;
        ``first_deviation`` of its burst probability from the baseline in the first update, ``last_deviation`` in the last;
        ``before.output_error`` and ``final.output_error``, without a teacher; ``before.direct_weight`` and ``final.direct_weight``;
        ``final.event_rate``.
        """
        data = result.data
        first, last = data["direct_weight_before"].values, data["direct_weight"].values[:, -1]
        rate = data["event_rate"].values[:, -1]
        deviation = data["burst_probability"].values - data["baseline"].values[:, None]
        found = {
            "event_rate_change": rate - data["event_rate_before"].values,
            "first_deviation": deviation[:, 0],
            "last_deviation": deviation[:, -1],
            "before.output_error": data["output_error_before"].values,
            "final.output_error": data["output_error"].values[:, -1],
            "before.direct_weight": first,
            "final.direct_weight": last,
            "final.event_rate": rate,
        }
        metrics = {name: Metric("1", np.asarray(values, dtype=float)) for name, values in found.items()}
        return metrics | {"weight_change_percent": Metric("%", np.asarray(100 * (last / first - 1), dtype=float))}


def _build(structure: Mapping[str, Any]) -> burstccn_dalean.BurstCCNDalean:
    return burstccn_dalean.BurstCCNDalean()


EXPERIMENT = Experiment(
    name=Silencing.NAME,
    title=Silencing.TITLE,
    citation=burstccn_dalean.CITATION,
    protocol=Silencing,
    build=_build,
    figure="burstnet.plots.silencing:silencing_figure",
    headline=("weight_change_percent", "first_deviation", "event_rate_change", "final.output_error"),
    curves=("direct_weight", "burst_probability", "event_rate"),
)
