"""How many directions activity of a population takes over examples. Imports only numpy.

Every function takes an array of shape (examples, cells), from which each cell's mean over examples is taken away.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["centred", "effective_rank", "participation_ratio"]


def centred(activity: ArrayLike) -> np.ndarray:
    """The same, less each cell's mean over examples."""
    values = np.asarray(activity, dtype=float)
    return values - values.mean(axis=0)


def participation_ratio(activity: ArrayLike) -> float:
    """Number of directions among which variance is shared.

    Parameters
    ----------
    activity : array_like, shape (examples, cells)

    Returns
    -------
    float
        Square of the sum of the covariance's eigenvalues over the sum of their squares: 1 if there is one direction, the number of
        cells if all have the same share. NaN where nothing varies.
    """
    shares = _shares(activity)
    return float(1 / (shares**2).sum()) if shares.size else np.nan


def effective_rank(activity: ArrayLike) -> float:
    """Exponential of the entropy of the variance's shares; NaN where nothing varies.

    References
    ----------
    Roy & Vetterli (2007). The effective rank. EUSIPCO 2007, 606-610.
    """
    shares = _shares(activity)
    return float(np.exp(-(shares * np.log(shares)).sum())) if shares.size else np.nan


def _shares(activity: ArrayLike) -> np.ndarray:
    """Share of the variance that each direction with any has; empty where nothing varies."""
    variance = np.linalg.svd(centred(activity), compute_uv=False) ** 2
    total = variance.sum()
    return np.asarray(variance[variance > 0] / total) if total > 0 else np.empty(0)
