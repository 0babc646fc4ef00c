"""Metrics: one value a seed, or a curve of values a seed, with units. Never imports Brian2."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Curve", "Metric", "as_plain", "scalars"]


@dataclass(frozen=True, eq=False)
class Metric:
    """A scalar measured in every seed.

    Parameters
    ----------
    unit : str
        Such as ``"Hz"``; ``"1"`` for a plain number.
    per_seed : ndarray, shape (seeds,)
        NaN where undefined.
    """

    unit: str
    per_seed: np.ndarray

    @property
    def mean(self) -> float:
        """Mean over the seeds in which it is defined; NaN if none."""
        values = self.per_seed[np.isfinite(self.per_seed)]
        return float(values.mean()) if values.size else float("nan")

    @property
    def sd(self) -> float:
        """Sample standard deviation over seeds; NaN for fewer than two."""
        values = self.per_seed[np.isfinite(self.per_seed)]
        return float(values.std(ddof=1)) if values.size > 1 else float("nan")


@dataclass(frozen=True, eq=False)
class Curve:
    """Values over a named axis, measured in every seed.

    Parameters
    ----------
    unit : str
    per_seed : ndarray, shape (seeds, points)
        NaN where undefined.
    over : str
        Name of the axis, with its unit: ``"i_dend_pA"``.
    at : ndarray, shape (points,)
        Where on the axis.
    """

    unit: str
    per_seed: np.ndarray
    over: str
    at: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Mean over the seeds in which a point is defined; NaN if none."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a point without a value
            return np.asarray(np.nanmean(self.per_seed, axis=0))

    @property
    def sd(self) -> np.ndarray:
        """Sample standard deviation over seeds; NaN for fewer than two."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return np.asarray(np.nanstd(self.per_seed, axis=0, ddof=1))

    def points(self, name: str) -> dict[str, Metric]:
        """One metric for each point: ``NAME[AXIS=VALUE]``."""
        return {f"{name}[{self.over}={at:g}]": Metric(self.unit, self.per_seed[:, k]) for k, at in enumerate(self.at)}


def scalars(metrics: Mapping[str, Metric | Curve]) -> dict[str, Metric]:
    """The same metrics, every curve as one metric for each of its points."""
    found: dict[str, Metric] = {}
    for name, metric in metrics.items():
        found |= metric.points(name) if isinstance(metric, Curve) else {name: metric}
    return found


def as_plain(metrics: Mapping[str, Metric | Curve]) -> dict[str, dict[str, Any]]:
    """Metrics as JSON-ready data; undefined values are None. A curve has lists, and its axis under ``over``."""

    def plain(value: Any) -> Any:
        if np.ndim(value):
            return [plain(v) for v in value]
        return float(value) if np.isfinite(value) else None

    return {
        name: {
            "unit": m.unit,
            **({"over": {m.over: plain(m.at)}} if isinstance(m, Curve) else {}),
            "mean": plain(m.mean),
            "sd": plain(m.sd),
            "per_seed": plain(m.per_seed),
        }
        for name, m in metrics.items()
    }
