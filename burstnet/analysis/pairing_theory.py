"""What pairing protocols should do to a synapse with burst-dependent plasticity. Imports nothing of burstnet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["PairingRule", "burst_poisson_expectation", "periodic_expectation", "poisson_expectation"]


@dataclass(frozen=True)
class PairingRule:
    """The learning rule ``dW = eta*(B - P*E)*x`` of one synapse, without bounds.

    Attributes
    ----------
    eta : float
        Learning rate.
    tau_pre : float
        Time constant of the presynaptic trace x of events [s].
    alpha : float
        Time constant of the moving averages behind P [s].
    limit : float
        Longest interval inside a burst [s].
    """

    eta: float = 0.1
    tau_pre: float = 0.05
    alpha: float = 15.0
    limit: float = 0.016


def periodic_expectation(
    frequency: np.ndarray,
    initial: tuple[float, float] = (5.0, 0.75),
    rule: PairingRule | None = None,
    *,
    pairs: int = 5,
    blocks: int = 15,
    pause: float = 1.0,
    gap: float = 10.0,
) -> np.ndarray:
    """Weight change by blocks of simultaneous pairs of pre- and postsynaptic spikes, in continuous time.

    Parameters
    ----------
    frequency : ndarray, shape (n,)
        Of the pairs [Hz].
    initial : tuple of float
        Moving averages of event and burst rate to begin with [Hz].
    rule : PairingRule, optional
    pairs, blocks : int
        Pairs in a block, and blocks.
    pause : float
        From one interval after the last pair to the end of a block [s].
    gap : float
        From the end of a block to the next [s]; the moving averages decay, the presynaptic trace is new.

    Returns
    -------
    ndarray, shape (n,)
        The published values come from a step of 0.1 ms, to whose multiples it rounds times of spikes; they differ from
        these by at most 0.5 %.

    References
    ----------
    Payeur et al. (2021), Fig. 2B.
    """
    rule = rule or PairingRule()
    interval = 1 / np.asarray(frequency, dtype=float)
    bursting = np.asarray(interval <= rule.limit)
    events, bursts = (np.full(interval.shape, float(value)) for value in initial)
    change = np.zeros(interval.shape)
    for _ in range(blocks):
        trace = np.zeros(interval.shape)
        for k in range(pairs):
            event = np.logical_or(~bursting, k == 0)
            burst = np.logical_and(bursting, k == 1)
            trace = trace * (np.exp(-interval / rule.tau_pre) if k else 1.0) + event
            change += rule.eta * (burst - bursts / events * event) * trace
            events = events + event / rule.alpha
            bursts = bursts + burst / rule.alpha
            decay = np.exp(-(interval if k < pairs - 1 else interval + pause + gap) / rule.alpha)
            events, bursts = events * decay, bursts * decay
    return change


def poisson_expectation(
    rate: np.ndarray,
    initial: tuple[float, float] = (5.0, 1.5),
    rule: PairingRule | None = None,
    *,
    dead_time: float = 0.002,
    duration: float = 100.0,
) -> np.ndarray:
    """Expected weight change by independent Poisson spikes with a dead time on both sides.

    Parameters
    ----------
    rate : ndarray, shape (n,)
        Of spikes [Hz].
    initial : tuple of float
        Moving averages of event and burst rate to begin with [Hz].
    rule : PairingRule, optional
    dead_time, duration : float
        Seconds.

    Returns
    -------
    ndarray, shape (n,)
        Zero where the burst probability ``1 - exp(-hazard*(limit - dead_time))`` equals the initial one.

    Notes
    -----
    Moving averages are replaced by their means, so that what the noise of their ratio adds is left out.

    References
    ----------
    Payeur et al. (2021), Fig. 2C and Methods.
    """
    rule = rule or PairingRule()
    rate = np.asarray(rate, dtype=float)
    hazard = rate / (1 - rate * dead_time)
    probability = -np.expm1(-hazard * (rule.limit - dead_time))
    return _stationary(rate * (1 - probability), probability, initial, rule, duration)


def burst_poisson_expectation(
    burst_probability: np.ndarray,
    event_rate: float = 5.0,
    initial: tuple[float, float] | None = None,
    rule: PairingRule | None = None,
    *,
    second_spike: float = 0.007,
    duration: float = 100.0,
) -> np.ndarray:
    """Expected weight change by events at random, each followed by a second spike with a given probability.

    Parameters
    ----------
    burst_probability : ndarray, shape (n,)
        Of both sides.
    event_rate : float
        Rate of events were there no bursts [Hz].
    initial : tuple of float, optional
        Moving averages of event and burst rate to begin with [Hz]; ``(event_rate, 0.2*event_rate)`` by default.
    rule : PairingRule, optional
    second_spike : float
        Mean time from an event to the second spike of its burst [s]. The interval to the next event begins there, so that
        bursts make events rarer: ``1/E = 1/event_rate + p*second_spike``.
    duration : float
        Seconds.

    Returns
    -------
    ndarray, shape (n,)
        All but linear, and zero at the initial burst probability.

    Notes
    -----
    As for `poisson_expectation`; not in the paper, which shows simulations only.

    References
    ----------
    Payeur et al. (2021), Fig. 2D.
    """
    probability = np.asarray(burst_probability, dtype=float)
    events = 1 / (1 / event_rate + probability * second_spike)
    return _stationary(events, probability, initial or (event_rate, 0.2 * event_rate), rule or PairingRule(), duration)


def _stationary(
    events: np.ndarray, probability: np.ndarray, initial: tuple[float, float], rule: PairingRule, duration: float
) -> np.ndarray:
    """Change in `duration` by stationary, independent activity of both sides with these event rates [Hz].

    With ``s = exp(-t/alpha)`` the mean of P is ``(B + (B_0 - B)*s)/(E + (E_0 - E)*s)`` and that of x is ``tau_pre*E``; the
    integral of ``eta*tau_pre*E*(B - P*E)`` is what is returned. It is the formula of the paper's Methods with the terms
    that cancel left out.
    """
    event_0, burst_0 = initial
    excess = event_0 / events - 1
    left = np.exp(-duration / rule.alpha)
    small = np.abs(excess) < 1e-9
    safe = np.where(small, 1.0, excess)
    decayed = np.where(small, 1 - left, (np.log1p(safe) - np.log1p(safe * left)) / safe)
    return rule.eta * rule.tau_pre * rule.alpha * events * (probability * event_0 - burst_0) * decayed
