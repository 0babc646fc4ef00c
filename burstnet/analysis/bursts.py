"""Bursts of single cells out of recorded spikes. Imports result."""

from __future__ import annotations

import numpy as np

from ..result import Result

__all__ = ["burst_spans", "cell_spikes"]

#: Kinds of spikes in the order of their codes.
KINDS = ("event", "burst", "further")


def cell_spikes(result: Result, population: str, seed: int, cell: int) -> tuple[np.ndarray, np.ndarray]:
    """Spikes of one cell in order of time.

    Parameters
    ----------
    result : Result
    population : str
    seed, cell : int

    Returns
    -------
    times : ndarray, shape (spikes,)
        Seconds.
    kinds : ndarray of int, shape (spikes,)
        0 for an event, 1 for the second spike of a burst, 2 for a further one.

    Raises
    ------
    ArgumentError
        If the spikes were not recorded.
    """
    times, kinds = [], []
    for code, kind in enumerate(KINDS):
        at, cells = result.spikes(population, seed, kind)
        times.append(at[cells == cell])
        kinds.append(np.full(len(times[-1]), code))
    joined = np.concatenate(times)
    order = np.argsort(joined, kind="stable")
    return joined[order], np.concatenate(kinds)[order]


def burst_spans(result: Result, population: str, seed: int, cell: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last spike of every burst of one cell.

    Parameters
    ----------
    result : Result
    population : str
    seed, cell : int

    Returns
    -------
    starts, stops : ndarray, shape (bursts,)
        Seconds. A burst whose first spike was not recorded starts at its second.

    Raises
    ------
    ArgumentError
        If the spikes were not recorded.
    """
    times, kinds = cell_spikes(result, population, seed, cell)
    second = np.flatnonzero(kinds == 1)
    ends = np.append(np.flatnonzero(kinds < 2), len(kinds))
    last = ends[np.searchsorted(ends, second, side="right")] - 1
    return times[np.maximum(second - 1, 0)], times[last]
