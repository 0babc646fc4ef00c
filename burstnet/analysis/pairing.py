"""Pairing protocols of burst-dependent plasticity: weight changes out of a result. Imports rates, weights, result, errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..errors import ArgumentError, unknown_name
from ..result import Result
from .rates import mean_and_sd
from .weights import recorded_weights

__all__ = ["PairingCurve", "PairingData", "pairing_data"]

#: Payeur et al. 2021, Fig. 2B to D: frequencies [Hz] of periodic pairing, rates [Hz] of Poisson pairing, burst
#: probabilities of burst-Poisson pairing.
FREQUENCIES = np.linspace(1, 100, 20)
RATES = np.linspace(1, 50, 10)
PROBABILITIES = np.linspace(0, 0.45, 10)
#: Their initial burst probabilities of Poisson pairing, and event rates [Hz] of burst-Poisson pairing.
INITIAL_PROBABILITIES, EVENT_RATES = (0.3, 0.5), (5.0, 10.0)


@dataclass(frozen=True, eq=False)
class PairingCurve:
    """Weight change against what the protocol varies.

    Attributes
    ----------
    x : ndarray, shape (n,)
        Frequency or rate [Hz], or burst probability.
    change : ndarray, shape (realisations, n)
        Weight change.
    """

    x: np.ndarray
    change: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Mean over realisations, shape (n,)."""
        return mean_and_sd(self.change)[0]

    @property
    def sd(self) -> np.ndarray:
        """Sample standard deviation over realisations, shape (n,); NaN for fewer than two."""
        return mean_and_sd(self.change)[1]


@dataclass(frozen=True, eq=False)
class PairingData:
    """The three protocols.

    Attributes
    ----------
    periodic : PairingCurve or None
        Against frequency.
    poisson : dict of float to PairingCurve
        Initial burst probability to the curve against rate.
    burst_poisson : dict of float to PairingCurve
        Event rate [Hz] to the curve against burst probability.
    """

    periodic: PairingCurve | None = None
    poisson: Mapping[float, PairingCurve] = field(default_factory=dict)
    burst_poisson: Mapping[float, PairingCurve] = field(default_factory=dict)


def pairing_data(
    result: Result,
    *,
    periodic: str | None = "periodic",
    poisson: Mapping[float, str] | None = None,
    burst_poisson: Mapping[float, str] | None = None,
    frequencies: np.ndarray = FREQUENCIES,
    rates: np.ndarray = RATES,
    probabilities: np.ndarray = PROBABILITIES,
) -> PairingData:
    """Weight changes of all pairing protocols out of the sampled weights of one run.

    Parameters
    ----------
    result : Result
        With the weights of a projection for each condition. Synapse k of a projection is paired at value ``k % n`` of the
        n values that are varied, so that further synapses, and seeds, are realisations.
    periodic : str, optional
        Projection of periodic pairing; None for none.
    poisson, burst_poisson : mapping of float to str, optional
        Initial burst probability, or event rate [Hz], to projection. By default ``{0.3: "poisson_30", 0.5: "poisson_50"}``
        and ``{5: "burst_poisson_5", 10: "burst_poisson_10"}``.
    frequencies, rates, probabilities : ndarray
        What the protocols vary; those of Payeur et al. 2021 by default.

    Raises
    ------
    ArgumentError
        If weights of a projection were not recorded or do not fit the values that are varied.
    """
    if poisson is None:
        poisson = {p: f"poisson_{100 * p:g}" for p in INITIAL_PROBABILITIES}
    if burst_poisson is None:
        burst_poisson = {rate: f"burst_poisson_{rate:g}" for rate in EVENT_RATES}
    return PairingData(
        None if periodic is None else _curve(result, periodic, frequencies),
        {p: _curve(result, name, rates) for p, name in poisson.items()},
        {rate: _curve(result, name, probabilities) for rate, name in burst_poisson.items()},
    )


def _curve(result: Result, projection: str, x: np.ndarray) -> PairingCurve:
    known = recorded_weights(result)
    if projection not in known:
        raise unknown_name("projection", projection, known)
    weight = result.data[f"{projection}_weight"].values
    seeds, _, synapses = weight.shape
    if synapses % len(x):
        raise ArgumentError(
            f"{projection!r} has {synapses} sampled synapses; for {len(x)} values their number is a multiple of it."
        )
    change = (weight[:, -1] - weight[:, 0]).reshape(seeds * synapses // len(x), len(x))
    return PairingCurve(np.asarray(x, dtype=float), change)
