"""Weights over time: mean of every seed and quantiles over cells. Imports result and errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError, unknown_name
from ..result import Result

__all__ = ["WeightSummary", "recorded_weights", "weight_summary"]


@dataclass(frozen=True, eq=False)
class WeightSummary:
    """The weights of one projection.

    Attributes
    ----------
    projection : str
    unit : str
        ``"1"`` for a plain number, ``"A"`` for a current.
    time : ndarray, shape (samples,)
        Seconds.
    mean : ndarray, shape (seeds, samples)
        Mean over cells (of a constant drive) or synapses.
    levels : tuple of float
        Levels of the quantiles.
    quantiles : ndarray, shape (levels, samples)
        Quantiles over cells within a seed, averaged over seeds: the spread between cells, without that between seeds.
    """

    projection: str
    unit: str
    time: np.ndarray
    mean: np.ndarray
    levels: tuple[float, ...]
    quantiles: np.ndarray


def recorded_weights(result: Result) -> list[str]:
    """Projections whose weights are in a result."""
    return [
        str(name).removesuffix("_weight")
        for name, found in result.data.data_vars.items()
        if str(name).endswith("_weight") and "state_time" in found.dims
    ]


def weight_summary(
    result: Result, projection: str | None = None, levels: tuple[float, ...] = (0.1, 0.9), samples: int = 201
) -> WeightSummary:
    """Mean and quantiles over cells of a projection's weights.

    Parameters
    ----------
    result : Result
    projection : str, optional
        The first that was recorded by default.
    levels : tuple of float
        Quantiles, 0 to 1.
    samples : int
        At most so many samples in time, evenly spaced from the first; the rest is skipped.

    Raises
    ------
    ArgumentError
        If no weights, or not those of `projection`, were recorded.
    """
    known = recorded_weights(result)
    if not known:
        raise ArgumentError("No weights were recorded; run with weights=(projection, ...).")
    if projection is not None and projection not in known:
        raise unknown_name("projection", projection, known)
    name = projection or known[0]
    variable = result.data[f"{name}_weight"]
    every = -(-(variable.shape[1] - 1) // max(1, samples - 1)) or 1
    weight = variable.values[:, ::every]
    quantiles = np.quantile(weight, levels, axis=2).mean(axis=1)
    time = result.data["state_time"].values[::every]
    return WeightSummary(name, variable.attrs.get("units", "1"), time, weight.mean(axis=2), tuple(levels), quantiles)
