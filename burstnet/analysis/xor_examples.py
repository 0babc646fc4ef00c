"""Examples of the exclusive-or task, and what populations do in them. Imports rates, trials, result and errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError, unknown_name
from ..result import Result
from .rates import binned_burst_probability, binned_rate, windowed_burst_probability, windowed_rate
from .trials import whole_trials

__all__ = ["PATTERNS", "TARGETS", "Examples", "PatternTraces", "example_responses", "examples", "pattern_traces"]

#: The four inputs in the order in which Payeur et al. 2021 show them, and what is asked for.
PATTERNS = ("(0,0)", "(1,0)", "(0,1)", "(1,1)")
TARGETS = (0, 1, 1, 0)


@dataclass(frozen=True, eq=False)
class Examples:
    """Examples one after the other, epochs of four.

    Attributes
    ----------
    start : ndarray, shape (examples,)
        Seconds.
    length : float
        Of an example [s].
    teaching : float
        From here to its end an example is taught [s].
    settled : float
        From here to the teaching the prediction counts [s].
    """

    start: np.ndarray
    length: float = 8.0
    teaching: float = 7.2
    settled: float = 2.0

    @property
    def target(self) -> np.ndarray:
        """0 or 1 of every example."""
        return np.resize(TARGETS, len(self.start))

    @property
    def epochs(self) -> int:
        """Number of whole epochs."""
        return len(self.start) // len(PATTERNS)

    def epoch(self, number: int) -> Examples:
        """The examples of one epoch, counted from 0; from the end if negative.

        Raises
        ------
        ArgumentError
            If there is no such epoch.
        """
        if not -self.epochs <= number < self.epochs:
            raise ArgumentError(f"epoch={number} is not allowed; there are {self.epochs}, counted from 0.")
        first = len(PATTERNS) * (number % self.epochs)
        return Examples(self.start[first : first + len(PATTERNS)], self.length, self.teaching, self.settled)


def examples(
    result: Result,
    phase: str,
    *,
    length: float = 8.0,
    teaching: float = 7.2,
    settled: float = 2.0,
    origin: float | None = None,
) -> Examples:
    """The examples that a phase of a run consists of.

    Parameters
    ----------
    result : Result
    phase : str
        Begins with an epoch; what is left at its end is left out.
    length, teaching, settled : float
        See `Examples`.
    origin : float, optional
        Start of an epoch anywhere in the timeline [s]. Of a phase of which a run holds a part, as after ``--continue``, what
        comes before its first whole epoch is left out then.

    Raises
    ------
    ArgumentError
        If the phase does not exist, or the times of an example are not in order.
    """
    if not 0 <= settled < teaching <= length:
        raise ArgumentError(
            f"settled={settled:g}, teaching={teaching:g}, length={length:g} is not allowed; they are times of an example in this order, in seconds."
        )
    epochs = whole_trials(result, phase, length * len(PATTERNS), origin=origin)
    return Examples((epochs[:, None] + length * np.arange(len(PATTERNS))).ravel(), length, teaching, settled)


def example_responses(
    result: Result, population: str, shown: Examples, part: str = "prediction"
) -> tuple[np.ndarray, np.ndarray]:
    """Event rate and burst probability of a population in every example.

    Parameters
    ----------
    result : Result
    population : str
    shown : Examples
    part : {"prediction", "teaching"}
        Of the example: from settled to teaching, or from there to its end.

    Returns
    -------
    rate, burst_probability : ndarray, shape (seeds, examples)
        Hz and 1.

    Raises
    ------
    ArgumentError
        If a name does not exist or counts were not recorded.
    """
    parts = {"prediction": (shown.settled, shown.teaching), "teaching": (shown.teaching, shown.length)}
    if part not in parts:
        raise unknown_name("part", part, parts)
    start, stop = (shown.start + edge for edge in parts[part])
    return (
        windowed_rate(result, population, "event", start, stop),
        windowed_burst_probability(result, population, start, stop),
    )


@dataclass(frozen=True, eq=False)
class PatternTraces:
    """One epoch in bins.

    Attributes
    ----------
    time : ndarray, shape (bins,)
        Middles of bins from the start of the epoch [s].
    event_rate, burst_probability : dict of str to ndarray, shape (seeds, bins)
        Of each population; Hz and 1.
    length, teaching : float
        See `Examples`.
    """

    time: np.ndarray
    event_rate: dict[str, np.ndarray]
    burst_probability: dict[str, np.ndarray]
    length: float = 8.0
    teaching: float = 7.2


def pattern_traces(result: Result, populations: tuple[str, ...], epoch: Examples, width: float = 0.4) -> PatternTraces:
    """Event rates and burst probabilities of populations through one epoch.

    Parameters
    ----------
    result : Result
    populations : tuple of str
    epoch : Examples
        Of one epoch, see `Examples.epoch`.
    width : float
        Width of a bin [s].

    Raises
    ------
    ArgumentError
        If a population does not exist or its counts were not recorded.
    """
    rates, probabilities = {}, {}
    time = inside = np.empty(0)
    for name in populations:
        time, rate = binned_rate(result, name, "event", width)
        inside = (time > epoch.start[0]) & (time < epoch.start[-1] + epoch.length)
        rates[name] = rate[:, inside]
        probabilities[name] = binned_burst_probability(result, name, width)[1][:, inside]
    return PatternTraces(time[inside] - epoch.start[0], rates, probabilities, epoch.length, epoch.teaching)
