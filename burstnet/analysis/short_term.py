"""What a synapse with short-term plasticity makes of events and of bursts, in closed form. Imports errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError

__all__ = ["DEPRESSING", "FACILITATING", "Release", "burst_train", "regular_train", "response", "transmitted"]


@dataclass(frozen=True)
class Release:
    """Parameters of a Tsodyks-Markram synapse.

    Attributes
    ----------
    U : float
        Release probability at rest.
    tau_f, tau_d : float
        Time constants of facilitation and of recovery from depression [s].
    u0 : float or None
        Release probability before the first spike; U by default.
    f : float or None
        Step of facilitation, ``u += f*(1 - u)``; U by default.
    """

    U: float
    tau_f: float
    tau_d: float
    u0: float | None = None
    f: float | None = None


#: The facilitating and the depressing synapse of Payeur et al. 2021.
FACILITATING = Release(U=0.02, tau_f=0.1, tau_d=0.1)
DEPRESSING = Release(U=0.9, tau_f=1.0, tau_d=0.02)


def transmitted(
    spike_times: np.ndarray,
    U: float,
    tau_f: float,
    tau_d: float,
    u0: float | None = None,
    f: float | None = None,
    *,
    dt: float | None = None,
) -> np.ndarray:
    """The factor ``u*x`` that every spike transmits, by the map from spike to spike.

    Parameters
    ----------
    spike_times : ndarray, shape (spikes,)
        Seconds, in order of time.
    U, tau_f, tau_d, u0, f
        See `Release`.
    dt : float, optional
        Step of a forward Euler integration [s] that is to be matched, as of the published program, whose depressing
        synapses transmit up to 0.001 less for it. By default between spikes all decays are exact.

    Returns
    -------
    ndarray, shape (spikes,)

    Raises
    ------
    ArgumentError
        If times are not in order, or a number is not allowed.

    Notes
    -----
    Both the transmitted factor and what a spike changes take u and x before the spike: ``x -= u*x``, ``u += f*(1 - u)``.

    References
    ----------
    Tsodyks & Markram (1997), PNAS 94; Payeur et al. (2021).
    """
    times = np.asarray(spike_times, dtype=float)
    if (np.diff(times) < 0).any():
        raise ArgumentError("spike_times must be in order of time.")
    step, u = U if f is None else f, U if u0 is None else u0
    for name, value in (("U", U), ("u0", u), ("f", step)):
        if not 0 <= value <= 1:
            raise ArgumentError(f"{name}={value!r} is not allowed; it lies between 0 and 1.")
    for name, value in (("tau_f", tau_f), ("tau_d", tau_d)):
        if not value > 0:
            raise ArgumentError(f"{name}={value!r} is not allowed; a time constant is above 0 s.")
    intervals = np.diff(times, prepend=times[:1])
    forgotten, spent = (_decay(intervals, tau, dt) for tau in (tau_f, tau_d))
    found, x = np.empty(len(times)), 1.0
    for k in range(len(times)):
        u = U + (u - U) * forgotten[k]
        x = 1 + (x - 1) * spent[k]
        found[k] = u * x
        x -= u * x
        u += step * (1 - u)
    return found


def _decay(intervals: np.ndarray, tau: float, dt: float | None) -> np.ndarray:
    return np.exp(-intervals / tau) if dt is None else (1 - dt / tau) ** np.rint(intervals / dt)


def regular_train(rate: float, spikes: int) -> np.ndarray:
    """Times of so many spikes at equal intervals, the first at 0 s."""
    return np.arange(spikes) / rate


def burst_train(
    event_rate: float, burst_probability: float, events: int, *, size: int = 3, interval: float = 0.01
) -> np.ndarray:
    """Times of the spikes of events at equal intervals, of which a given part are bursts, spread evenly.

    Parameters
    ----------
    event_rate : float
        Hz.
    burst_probability : float
        Part of the events that are bursts.
    events : int
        Number of events.
    size : int
        Spikes in a burst.
    interval : float
        Between spikes of a burst [s].

    Returns
    -------
    ndarray, shape (spikes,)
        Seconds.

    Raises
    ------
    ArgumentError
        If bursts would run into the next event, or the probability is not between 0 and 1.
    """
    if not 0 <= burst_probability <= 1:
        raise ArgumentError(f"burst_probability={burst_probability!r} is not allowed; it lies between 0 and 1.")
    if (size - 1) * interval >= 1 / event_rate:
        raise ArgumentError(
            f"event_rate={event_rate!r} is not allowed; a burst of {size} spikes lasts {(size - 1) * interval:g} s, and events are further apart."
        )
    edges = np.floor(np.arange(events + 1) * burst_probability + 1e-9)
    spikes = np.where(np.diff(edges) > 0, size, 1)
    within = np.arange(spikes.sum()) - np.repeat(np.cumsum(spikes) - spikes, spikes)
    return np.repeat(np.arange(events) / event_rate, spikes) + interval * within


def response(
    release: Release,
    event_rate: float,
    burst_probability: float,
    *,
    size: int = 3,
    interval: float = 0.01,
    events: int = 400,
) -> float:
    """Mean transmitted factor per second [Hz] of a train of events and bursts, in its steady state.

    A postsynaptic conductance is on average proportional to it.

    Parameters
    ----------
    release : Release
    event_rate, burst_probability, size, interval, events
        See `burst_train`; the first quarter is left out.

    Raises
    ------
    ArgumentError
        As `burst_train` and `transmitted`.
    """
    times = burst_train(event_rate, burst_probability, events, size=size, interval=interval)
    factors = transmitted(times, release.U, release.tau_f, release.tau_d, release.u0, release.f)
    first = events // 4
    late = times >= (first - 0.5) / event_rate
    return float(factors[late].sum() * event_rate / (events - first))
