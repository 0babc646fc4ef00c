"""Learning curves over training sessions: when a criterion is reached. Imports only numpy."""

from __future__ import annotations

import numpy as np

__all__ = ["sessions_to"]


def sessions_to(error: np.ndarray, criterion: float) -> np.ndarray:
    """Sessions until an error is first at most a criterion.

    Parameters
    ----------
    error : ndarray, shape (seeds, sessions)
        After each session.
    criterion : float

    Returns
    -------
    ndarray, shape (seeds,)
        1 where the first session is enough, NaN where the criterion is never reached.
    """
    reached = np.asarray(error) <= criterion
    return np.where(reached.any(axis=1), 1.0 + reached.argmax(axis=1), np.nan)
