"""Where the trials of a phase begin, also in a run that holds a part of it. Imports result and errors."""

from __future__ import annotations

import numpy as np

from ..errors import unknown_name
from ..result import Result

__all__ = ["whole_trials"]


def whole_trials(result: Result, phase: str, length: float, *, origin: float | None = None) -> np.ndarray:
    """Starts of a phase's whole trials.

    Parameters
    ----------
    result : Result
        Of a whole timeline, or of a part of it, as ``--until`` and ``--continue`` leave it.
    phase : str
    length : float
        Of a trial [s].
    origin : float, optional
        When a trial begins anywhere in the timeline [s], so that trials of which the run has the end alone are left out. Where
        the phase begins in this result by default.

    Returns
    -------
    ndarray, shape (trials,)
        Seconds; empty where the run holds no whole trial of the phase.

    Raises
    ------
    ArgumentError
        If the phase does not exist.
    """
    if phase not in result.phases:
        raise unknown_name("phase", phase, result.phases)
    start, stop = result.phases[phase]
    if origin is not None:
        start = origin + length * np.ceil((start - origin) / length - 1e-6)
    return start + length * np.arange(max(0, int((stop - start) / length + 1e-6)))
