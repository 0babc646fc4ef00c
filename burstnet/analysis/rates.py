"""Event rates and burst probability in bins of time, and their spread over seeds. Imports result and errors."""

from __future__ import annotations

import numpy as np

from ..errors import ArgumentError
from ..result import Result

__all__ = [
    "baseline_burst_probability",
    "binned_burst_probability",
    "binned_rate",
    "counted_populations",
    "mean_and_sd",
    "windowed_burst_probability",
    "windowed_rate",
]


def binned_rate(
    result: Result, population: str, event: str = "event", width: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """Events or bursts per cell and second, counted in bins one after the other.

    Parameters
    ----------
    result : Result
    population : str
    event : {"event", "burst"}
    width : float
        Width of a bin [s], rounded to the sampling interval of the counts. What is left at the end is left out.

    Returns
    -------
    centres : ndarray, shape (bins,)
        Middle of each bin [s].
    rate : ndarray, shape (seeds, bins)
        Rate [Hz].

    Raises
    ------
    ArgumentError
        If the population does not exist, its counts were not recorded, or the width is not above 0 s.
    """
    edges, counts = _binned_counts(result, population, event, width)
    return (edges[1:] + edges[:-1]) / 2, counts / (result.populations[population] * np.diff(edges))


def binned_burst_probability(result: Result, population: str, width: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Bursts over events, counted in bins one after the other.

    Parameters
    ----------
    result : Result
    population : str
    width : float
        Width of a bin [s], rounded to the sampling interval of the counts.

    Returns
    -------
    centres : ndarray, shape (bins,)
        Middle of each bin [s].
    probability : ndarray, shape (seeds, bins)
        NaN where a bin has no event.

    Raises
    ------
    ArgumentError
        As `binned_rate`.
    """
    edges, events = _binned_counts(result, population, "event", width)
    _, bursts = _binned_counts(result, population, "burst", width)
    probability = np.divide(bursts, events, out=np.full(events.shape, np.nan), where=events > 0)
    return (edges[1:] + edges[:-1]) / 2, probability


def windowed_rate(result: Result, population: str, event: str, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Events or bursts per cell and second in many windows at once, such as one of every example of a task.

    Parameters
    ----------
    result : Result
    population : str
    event : {"event", "burst"}
    starts, stops : ndarray, shape (windows,)
        Seconds, rounded to the sampling interval of the counts.

    Returns
    -------
    ndarray, shape (seeds, windows)
        Rate [Hz]; NaN for a window of no length.

    Raises
    ------
    ArgumentError
        If the population does not exist or its counts were not recorded.
    """
    lengths, counts = _windowed_counts(result, population, event, starts, stops)
    cell_seconds = np.broadcast_to(result.populations[population] * lengths, counts.shape)
    return np.divide(counts, cell_seconds, out=np.full(counts.shape, np.nan), where=cell_seconds > 0)


def windowed_burst_probability(result: Result, population: str, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Bursts over events counted in many windows at once.

    Parameters
    ----------
    result, population, starts, stops
        See `windowed_rate`.

    Returns
    -------
    ndarray, shape (seeds, windows)
        NaN where a window has no event.

    Raises
    ------
    ArgumentError
        As `windowed_rate`.
    """
    _, events = _windowed_counts(result, population, "event", starts, stops)
    _, bursts = _windowed_counts(result, population, "burst", starts, stops)
    return np.divide(bursts, events, out=np.full(events.shape, np.nan), where=events > 0)


def mean_and_sd(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and sample standard deviation over seeds, of those seeds in which a value is defined.

    Parameters
    ----------
    values : ndarray, shape (seeds, n)

    Returns
    -------
    mean, sd : ndarray, shape (n,)
        NaN where fewer than one or two seeds have a value.
    """
    defined = np.isfinite(values)
    number = defined.sum(axis=0)
    total = np.where(defined, values, 0.0).sum(axis=0)
    mean = np.divide(total, number, out=np.full(number.shape, np.nan), where=number > 0)
    squares = (np.where(defined, values - mean, 0.0) ** 2).sum(axis=0)
    return mean, np.sqrt(np.divide(squares, number - 1, out=np.full(number.shape, np.nan), where=number > 1))


def counted_populations(result: Result) -> list[str]:
    """Populations whose events and bursts were counted, from the lowest area up."""
    return [p for p in result.populations if all(f"{p}_{event}_total" in result.data for event in ("event", "burst"))]


def baseline_burst_probability(result: Result) -> float | None:
    """The baseline p_b of the learning rules, from the parameters; None if there is none or they differ."""
    found = set()
    for name, text in result.about.get("parameters", {}).items():
        if name.rpartition(".")[2] == "p_b":
            try:
                found.add(float(text))
            except ValueError:
                return None
    return found.pop() if len(found) == 1 else None


def _windowed_counts(
    result: Result, population: str, event: str, starts: np.ndarray, stops: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lengths [s], shape (windows,), and counts of all cells, shape (seeds, windows)."""
    time, total = _counts(result, population, event)
    middles = (time[1:] + time[:-1]) / 2
    first, last = (np.searchsorted(middles, np.asarray(edge, dtype=float)) for edge in (starts, stops))
    return time[last] - time[first], (total[:, last] - total[:, first]).astype(float)


def _binned_counts(result: Result, population: str, event: str, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Edges [s], shape (bins + 1,), and counts of all cells, shape (seeds, bins)."""
    if not width > 0:
        raise ArgumentError(f"width={width!r} is not allowed; a bin is wider than 0 s.")
    time, total = _counts(result, population, event)
    if len(time) < 2:
        raise ArgumentError(f"The counts of {population!r} were sampled {len(time)} times; a bin needs two samples.")
    stride = min(max(1, round(width / (time[1] - time[0]))), len(time) - 1)
    return time[::stride], np.diff(total[:, ::stride], axis=1)


def _counts(result: Result, population: str, event: str) -> tuple[np.ndarray, np.ndarray]:
    """Samples in time [s], shape (time,), and counts since the start, shape (seeds, time)."""
    cells = result.populations
    name = f"{population}_{event}_total"
    if population not in cells or name not in result.data:
        had = [p for p in cells if f"{p}_{event}_total" in result.data]
        known = ", ".join(had) or "none"
        raise ArgumentError(f"No counts of {event}s of {population!r} in this result; it has those of: {known}.")
    # not result.data[...], which takes a hundred times as long
    return result.data.variables["time"].values, result.data.variables[name].values
