"""Moving averages at every step, as the equations compute them. Never imports Brian2."""

from __future__ import annotations

import numpy as np

from ..result import Result

__all__ = ["exponential_average", "moving_averages"]

_EVENTS = ("event", "burst")


def exponential_average(values: np.ndarray, fraction: float) -> np.ndarray:
    """``y += fraction*(x - y)`` at every step, from zero.

    Parameters
    ----------
    values : ndarray, shape (..., steps)
        x.
    fraction : float
        dt/tau, in (0, 1).

    Returns
    -------
    ndarray, shape (..., steps)
        y after each step.
    """
    found = np.empty(values.shape)
    last = np.zeros(values.shape[:-1])
    stretch = max(1, int(20 / -np.log1p(-fraction)))  # short enough for the growing factor below
    for start in range(0, values.shape[-1], stretch):
        x = values[..., start : start + stretch]
        decay = (1 - fraction) ** np.arange(1, x.shape[-1] + 1)
        found[..., start : start + stretch] = decay * (last[..., None] + np.cumsum(fraction * x / decay, axis=-1))
        last = found[..., min(start + stretch, values.shape[-1]) - 1]
    return found


def moving_averages(result: Result, population: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Time and moving averages of event and burst rate of a population.

    At every step where all spikes were recorded, since brief excursions between samples matter for first-passage times
    and extremes; else as sampled.

    Returns
    -------
    time : ndarray [s], shape (samples,)
    event_average, burst_average : ndarray [Hz], shape (seeds, samples)
    """
    tau = result.about.get("readout_tau_s", {}).get(population)
    if not result.about.get("all_spikes") or tau is None:
        time, *averages = (result.data[n].values for n in ("time", *(f"{population}_{e}_average" for e in _EVENTS)))
        return time, averages[0], averages[1]
    steps = round(result.about["simulated_s"] / result.dt)
    rates = np.empty((2, len(result.seeds), steps))
    for k, seed in enumerate(result.seeds):
        for kind, event in enumerate(_EVENTS):
            times, _ = result.spikes(population, seed, event)
            rates[kind, k] = np.bincount(np.rint(times / result.dt).astype(int), minlength=steps)
    rates /= result.populations[population] * result.dt
    events, bursts = (exponential_average(rate, result.dt / tau) for rate in rates)
    return np.arange(steps) * result.dt, events, bursts
