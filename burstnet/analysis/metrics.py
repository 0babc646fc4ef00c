"""A metric: one value a seed, with its unit. Never imports Brian2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Metric", "as_plain"]


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


def as_plain(metrics: dict[str, Metric]) -> dict[str, dict[str, Any]]:
    """Metrics as JSON-ready data; undefined values are None."""

    def number(value: float) -> float | None:
        return float(value) if np.isfinite(value) else None

    return {
        name: {"unit": m.unit, "mean": number(m.mean), "sd": number(m.sd), "per_seed": [number(v) for v in m.per_seed]}
        for name, m in metrics.items()
    }
