"""Where a sampled curve passes a level, between its samples. Imports nothing of burstnet."""

from __future__ import annotations

import numpy as np

__all__ = ["crossings"]


def crossings(x: np.ndarray, y: np.ndarray, level: float = 0.0) -> np.ndarray:
    """Places at which a curve passes through a level, by straight lines between its samples.

    Parameters
    ----------
    x : ndarray, shape (n,)
        In rising order.
    y : ndarray, shape (n,)
        Samples that are not finite are left out.
    level : float

    Returns
    -------
    ndarray, shape (crossings,)
        In rising order; a stretch that lies on the level counts where the curve arrives at it and where it leaves.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float) - level
    defined = np.isfinite(x) & np.isfinite(y)
    x, y = x[defined], y[defined]
    k = np.flatnonzero(y[1:] * y[:-1] < 0)
    between = x[k] - y[k] * (x[k + 1] - x[k]) / (y[k + 1] - y[k])
    return np.unique(np.concatenate([between, x[y == 0]]))
