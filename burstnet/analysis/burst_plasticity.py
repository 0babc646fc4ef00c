"""A plastic projection whose weights follow burst probability minus its moving average.

Imports rates, weights, metrics, result and errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError
from ..result import Result
from .metrics import Metric
from .rates import binned_burst_probability, binned_rate, counted_populations
from .weights import weight_summary

__all__ = ["BurstPlasticityTraces", "burst_plasticity_metrics", "burst_plasticity_traces"]


@dataclass(frozen=True, eq=False)
class BurstPlasticityTraces:
    """What a plastic projection and the cells on its two sides do over time.

    Attributes
    ----------
    time : ndarray, shape (bins,)
        Middles of bins [s].
    event_rate, burst_probability : ndarray, shape (seeds, bins)
        Of the postsynaptic cells, counted in bins; Hz and 1.
    pre_event_rate, pre_burst_probability : ndarray, shape (seeds, bins)
        Of the presynaptic cells.
    average_time : ndarray, shape (samples,)
        Seconds.
    average : ndarray, shape (seeds, samples)
        Ratio of the postsynaptic moving averages of burst and event rate.
    weight_time : ndarray, shape (weight samples,)
        Seconds.
    weight : ndarray, shape (seeds, weight samples)
        Mean over synapses.
    phases : dict of str to tuple of float
        Name to start and stop [s].
    """

    time: np.ndarray
    event_rate: np.ndarray
    burst_probability: np.ndarray
    pre_event_rate: np.ndarray
    pre_burst_probability: np.ndarray
    average_time: np.ndarray
    average: np.ndarray
    weight_time: np.ndarray
    weight: np.ndarray
    phases: dict[str, tuple[float, float]]


def burst_plasticity_traces(
    result: Result,
    width: float = 2.5,
    *,
    pre: str | None = None,
    post: str | None = None,
    projection: str | None = None,
) -> BurstPlasticityTraces:
    """Traces of a run.

    Parameters
    ----------
    result : Result
    width : float
        Width of a bin [s].
    pre, post : str, optional
        Populations; the lowest and the top one whose events were counted by default.
    projection : str, optional
        The first whose weights were recorded by default.

    Raises
    ------
    ArgumentError
        If a name does not exist or something was not recorded.
    """
    pre, post = _ends(result, pre, post)
    time, event_rate = binned_rate(result, post, "event", width)
    summary = weight_summary(result, projection, (), samples=1001)
    return BurstPlasticityTraces(
        time=time,
        event_rate=event_rate,
        burst_probability=binned_burst_probability(result, post, width)[1],
        pre_event_rate=binned_rate(result, pre, "event", width)[1],
        pre_burst_probability=binned_burst_probability(result, pre, width)[1],
        average_time=result.data["time"].values,
        average=result.average_burst_probability(post),
        weight_time=summary.time,
        weight=summary.mean,
        phases={name: span for name, span in result.phases.items() if span[1] > span[0]},
    )


def burst_plasticity_metrics(
    result: Result, *, pre: str | None = None, post: str | None = None, projection: str | None = None
) -> dict[str, Metric]:
    """For every phase what the cells did in it and where the weights are at its end.

    Parameters
    ----------
    result, pre, post, projection
        See `burst_plasticity_traces`.

    Returns
    -------
    dict of str to Metric
        ``PHASE.event_rate`` [Hz] and ``PHASE.burst_probability`` of the postsynaptic cells over the whole phase, the same
        with ``pre_``; ``PHASE.average_end``, the moving average of the burst probability; ``PHASE.weight_end``, mean over
        synapses; ``PHASE.weight_change_percent``, against the weights at the start of the run.

    Raises
    ------
    ArgumentError
        As `burst_plasticity_traces`.
    """
    pre, post = _ends(result, pre, post)
    average, sampled = result.average_burst_probability(post), result.data["time"].values
    summary = weight_summary(result, projection, (), samples=1_000_000)
    first = summary.mean[:, 0]
    found: dict[str, Metric] = {}
    for phase, (start, stop) in result.phases.items():
        if stop <= start:
            continue
        for side, population in (("", post), ("pre_", pre)):
            found[f"{phase}.{side}event_rate"] = Metric("Hz", result.rate(population, "event", start, stop))
            probability = result.burst_probability(population, start, stop)
            found[f"{phase}.{side}burst_probability"] = Metric("1", probability)
        weight = summary.mean[:, int(np.argmin(np.abs(summary.time - stop)))]
        found[f"{phase}.average_end"] = Metric("1", average[:, int(np.argmin(np.abs(sampled - stop)))])
        found[f"{phase}.weight_end"] = Metric(summary.unit, weight)
        found[f"{phase}.weight_change_percent"] = Metric("%", 100 * (weight / first - 1))
    return found


def _ends(result: Result, pre: str | None, post: str | None) -> tuple[str, str]:
    counted = counted_populations(result)
    if not counted:
        raise ArgumentError("No population's events and bursts were counted; give populations a readout.")
    return pre or counted[0], post or counted[-1]
