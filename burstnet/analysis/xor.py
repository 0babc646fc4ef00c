"""The exclusive-or task: cost, and whether it is solved. Imports xor_examples, metrics, result and errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..result import Result
from .metrics import Metric
from .xor_examples import PATTERNS, TARGETS, Examples, PatternTraces, example_responses, examples, pattern_traces

__all__ = [
    "LINE",
    "XorSummary",
    "cost",
    "epoch_cost",
    "example_cost",
    "margins",
    "ordered",
    "separated",
    "xor_metrics",
    "xor_summary",
]

#: Event rate [Hz] that tells the two outputs apart.
LINE = 6.0


def cost(
    rate: np.ndarray, target: np.ndarray, *, low: float = 2.0, high: float = 10.0, clip: float = 0.01
) -> np.ndarray:
    """Cross-entropy of an output rate against a target of 0 or 1.

    Parameters
    ----------
    rate : ndarray, shape (..., examples)
        Mean over output cells of the moving average of the event rate [Hz].
    target : ndarray, shape (examples,)
    low, high : float
        Rates [Hz] that stand for 0 and 1.
    clip : float
        The output ``y = (rate - low)/(high - low)`` is kept this far from 0 and 1.

    Returns
    -------
    ndarray, shape (..., examples)
        ``-target*log(y) - (1 - target)*log(1 - y)``.

    References
    ----------
    Payeur et al. (2021), Fig. 4.
    """
    y = np.clip((np.asarray(rate, dtype=float) - low) / (high - low), clip, 1 - clip)
    target = np.asarray(target)
    return -target * np.log(y) - (1 - target) * np.log1p(-y)


def epoch_cost(costs: np.ndarray) -> np.ndarray:
    """Sum over the four examples of every epoch.

    Parameters
    ----------
    costs : ndarray, shape (..., examples)
        An epoch that is not whole is left out.

    Returns
    -------
    ndarray, shape (..., epochs)
    """
    costs = np.asarray(costs, dtype=float)
    epochs = costs.shape[-1] // len(PATTERNS)
    return costs[..., : epochs * len(PATTERNS)].reshape(*costs.shape[:-1], epochs, len(PATTERNS)).sum(axis=-1)


def example_cost(result: Result, population: str, shown: Examples) -> np.ndarray:
    """Cost of every example at the end of its prediction, from the moving average of the event rate.

    Parameters
    ----------
    result : Result
    population : str
        The output, whose readout has the time constant of the plasticity's moving average.
    shown : Examples

    Returns
    -------
    ndarray, shape (seeds, examples)

    Raises
    ------
    ArgumentError
        If the moving average was not recorded.
    """
    name = f"{population}_event_average"
    if name not in result.data:
        raise ArgumentError(f"The moving average of {population!r} was not recorded; give it a readout.")
    time, average = (result.data.variables[variable].values for variable in ("time", name))
    at = np.searchsorted((time[1:] + time[:-1]) / 2, shown.start + shown.teaching)
    return cost(average[:, at], shown.target)


def margins(rates: np.ndarray) -> np.ndarray:
    """How far the lower of the two outputs that should be high lies above the higher of those that should be low.

    Parameters
    ----------
    rates : ndarray, shape (..., 4)
        Output event rates [Hz] in the order of `PATTERNS`.

    Returns
    -------
    ndarray, shape (...)
        Hz.
    """
    rates = np.asarray(rates, dtype=float)
    on = np.array(TARGETS, dtype=bool)
    return rates[..., on].min(axis=-1) - rates[..., ~on].max(axis=-1)


def ordered(rates: np.ndarray) -> np.ndarray:
    """Whether (1,0) and (0,1) both lie above (0,0) and (1,1); see `margins`."""
    return margins(rates) > 0


def separated(rates: np.ndarray, line: float = LINE) -> np.ndarray:
    """Whether a line [Hz] tells the outputs that should be high from the others; see `margins`."""
    rates = np.asarray(rates, dtype=float)
    on = np.array(TARGETS, dtype=bool)
    return (rates[..., on] > line).all(axis=-1) & (rates[..., ~on] < line).all(axis=-1)


def xor_metrics(
    result: Result,
    *,
    populations: tuple[str, ...] = ("hidden_1", "hidden_2", "output"),
    tests: tuple[str, ...] = ("before", "after"),
    training: str = "training",
    length: float = 8.0,
    teaching: float = 7.2,
    settled: float = 2.0,
    origin: float | None = None,
) -> dict[str, Metric]:
    """What a run of the task is judged by.

    Parameters
    ----------
    result : Result
    populations : tuple of str
        Those that are reported; the last is the output.
    tests : tuple of str
        Phases without learning.
    training : str
        The phase with learning.
    length, teaching, settled, origin
        See `examples`.

    Returns
    -------
    dict of str to Metric
        ``TEST.(1,0).output_event_rate`` [Hz] and ``_burst_probability`` of the prediction, in each test;
        ``first_epoch.(1,0).output_taught_burst_probability``; ``TEST.margin`` [Hz], ``TEST.ordered`` and ``TEST.separated``
        (0 or 1); ``first_epoch.cost`` and ``last_epoch.cost``. Phases that a run does not have are left out.

    Raises
    ------
    ArgumentError
        If counts or moving averages were not recorded.
    """
    found: dict[str, Metric] = {}
    times: dict[str, Any] = {"length": length, "teaching": teaching, "settled": settled, "origin": origin}
    output = populations[-1]
    for test in tests:
        shown = examples(result, test, **times) if test in result.phases else None
        if shown is None or not shown.epochs:
            continue
        for name in populations:
            rate, probability = example_responses(result, name, shown.epoch(0))
            for k, pattern in enumerate(PATTERNS):
                found[f"{test}.{pattern}.{name}_event_rate"] = Metric("Hz", rate[:, k])
                found[f"{test}.{pattern}.{name}_burst_probability"] = Metric("1", probability[:, k])
        found[f"{test}.margin"] = Metric("Hz", margins(rate))
        found[f"{test}.ordered"] = Metric("1", ordered(rate).astype(float))
        found[f"{test}.separated"] = Metric("1", separated(rate).astype(float))
    trained = examples(result, training, **times) if training in result.phases else None
    if trained is not None and trained.epochs:
        for name in populations:
            _, probability = example_responses(result, name, trained.epoch(0), "teaching")
            for k, pattern in enumerate(PATTERNS):
                found[f"first_epoch.{pattern}.{name}_taught_burst_probability"] = Metric("1", probability[:, k])
        costs = epoch_cost(example_cost(result, output, trained))
        found["first_epoch.cost"], found["last_epoch.cost"] = Metric("1", costs[:, 0]), Metric("1", costs[:, -1])
    return found


@dataclass(frozen=True, eq=False)
class XorSummary:
    """What a run's figure shows.

    Attributes
    ----------
    tests : dict of str to ndarray, shape (seeds, 4)
        Test phase to output event rates [Hz] of the four patterns, without teacher.
    costs : ndarray, shape (seeds, epochs)
        Of every training epoch.
    epoch : PatternTraces
        One training epoch of all populations, the output last.
    number : int
        Which one, counted from 0.
    """

    tests: dict[str, np.ndarray]
    costs: np.ndarray
    epoch: PatternTraces
    number: int


def xor_summary(
    result: Result,
    *,
    populations: tuple[str, ...] = ("hidden_1", "hidden_2", "output"),
    tests: tuple[str, ...] = ("before", "after"),
    training: str = "training",
    epoch: int | None = None,
    width: float = 0.4,
    length: float = 8.0,
    teaching: float = 7.2,
    settled: float = 2.0,
    origin: float | None = None,
) -> XorSummary:
    """Test rates, costs and one epoch of a run.

    Parameters
    ----------
    result : Result
    populations, tests, training, length, teaching, settled, origin
        See `xor_metrics`.
    epoch : int, optional
        Training epoch that is shown; that after a fifth of them by default, as in the paper.
    width : float
        Width of a bin [s].

    Raises
    ------
    ArgumentError
        If there is no whole epoch of training, or counts or moving averages were not recorded; tests that a run does not
        have are left out.
    """
    times: dict[str, Any] = {"length": length, "teaching": teaching, "settled": settled, "origin": origin}
    output = populations[-1]
    trained = examples(result, training, **times)
    number = trained.epochs // 5 if epoch is None else epoch
    tested = {test: examples(result, test, **times) for test in tests if test in result.phases}
    return XorSummary(
        {test: example_responses(result, output, one.epoch(0))[0] for test, one in tested.items() if one.epochs},
        epoch_cost(example_cost(result, output, trained)),
        pattern_traces(result, populations, trained.epoch(number), width),
        number % trained.epochs,
    )
