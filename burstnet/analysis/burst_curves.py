"""Burst probability and event rate against a current raised in steps. Imports rates, metrics, result and errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError, unknown_name
from ..result import Result
from .metrics import Metric
from .rates import counted_populations, mean_and_sd, windowed_burst_probability, windowed_rate

__all__ = ["BurstCurve", "burst_curve", "burst_curve_metrics", "spread_of_burst_probability"]


@dataclass(frozen=True, eq=False)
class BurstCurve:
    """The stationary response to a current.

    Attributes
    ----------
    current : ndarray, shape (n,)
        Ampere, in rising order.
    burst_probability : ndarray, shape (seeds, n)
        NaN where there was no event.
    event_rate : ndarray, shape (seeds, n)
        Hz.
    """

    current: np.ndarray
    burst_probability: np.ndarray
    event_rate: np.ndarray


def burst_curve(
    result: Result, current: str | Mapping[str, float], *, population: str | None = None, settle: float = 0.5
) -> BurstCurve:
    """Response of a population in a run whose phases are the steps of a current.

    Parameters
    ----------
    result : Result
    current : str or mapping of str to float
        The knob that the phases set, or phase to current [A].
    population : str, optional
        The first whose events were counted by default.
    settle : float
        Part of each phase that is left out at its beginning.

    Raises
    ------
    ArgumentError
        If a name does not exist, no phase sets the knob, or counts were not recorded.
    """
    if not 0 <= settle < 1:
        raise ArgumentError(f"settle={settle!r} is not allowed; the part that is left out is at least 0 and below 1.")
    counted = counted_populations(result)
    name = population or (counted[0] if counted else next(iter(result.populations)))
    values = _settings(result, current) if isinstance(current, str) else dict(current)
    for phase in values:
        if phase not in result.phases:
            raise unknown_name("phase", phase, result.phases)
    order = sorted((value, *result.phases[phase]) for phase, value in values.items())
    amount, start, stop = np.array(order, dtype=float).reshape(-1, 3).T
    start = start + settle * (stop - start)
    return BurstCurve(
        amount,
        windowed_burst_probability(result, name, start, stop),
        windowed_rate(result, name, "event", start, stop),
    )


def _settings(result: Result, knob: str) -> dict[str, float]:
    """Phase to value of a knob, of the phases that set it."""
    set_there = {phase["name"]: phase.get("settings", {}) for phase in result.about["timeline"]}
    found = {phase: float(settings[knob]["value"]) for phase, settings in set_there.items() if knob in settings}
    if not found:
        raise unknown_name("knob", knob, {name for settings in set_there.values() for name in settings})
    return found


def burst_curve_metrics(curve: BurstCurve) -> dict[str, Metric]:
    """Every point of a curve: ``bp_percent_at_-100pA`` [%] and ``er_hz_at_-100pA`` [Hz], and so on."""
    found: dict[str, Metric] = {}
    for k, current in enumerate(curve.current):
        at = f"at_{1e12 * current:g}pA"
        found[f"bp_percent_{at}"] = Metric("%", 100 * curve.burst_probability[:, k])
        found[f"er_hz_{at}"] = Metric("Hz", curve.event_rate[:, k])
    return found


def spread_of_burst_probability(curves: Mapping[str, BurstCurve], current: float) -> float:
    """Range over conditions, such as somatic currents, of the burst probability at one current.

    Parameters
    ----------
    curves : mapping of str to BurstCurve
    current : float
        Ampere; between two steps the curves are straight lines.

    Returns
    -------
    float
        Greatest minus least of the means over seeds; small where burst probability does not depend on event rate.

    Raises
    ------
    ArgumentError
        If there is no curve.
    """
    if not curves:
        raise ArgumentError("curves={} is not allowed; give at least one.")
    found = [np.interp(current, one.current, mean_and_sd(one.burst_probability)[0]) for one in curves.values()]
    return float(np.ptp(found))
