"""One quantity over time, seed by seed, with a bootstrap band of its mean. Imports rates, weights, result and errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError, unknown_name
from ..result import Result
from .rates import binned_burst_probability, binned_rate, counted_populations, mean_and_sd
from .weights import weight_summary

__all__ = ["QUANTITIES", "Curve", "bootstrap_band", "curve"]

#: What can be drawn over time.
QUANTITIES = ("event rate", "burst rate", "burst probability", "weight")
_RESAMPLES = 999


@dataclass(frozen=True, eq=False)
class Curve:
    """A quantity over time.

    Attributes
    ----------
    quantity : str
        One of `QUANTITIES`, or what a rate model records in every session.
    of : str
        The population or projection; empty for what a rate model records.
    unit : str
        ``"Hz"``, ``"1"`` for a plain number, ``"A"`` for a weight that is a current.
    time : ndarray, shape (n,)
        Seconds: middles of bins, or samples of a weight. Of a rate model middles of sessions, each a second.
    values : ndarray, shape (seeds, n)
        NaN where undefined.
    mean, low, high : ndarray, shape (n,)
        Mean over seeds and the ends of its bootstrap interval; NaN where fewer than one or two seeds have a value.
    """

    quantity: str
    of: str
    unit: str
    time: np.ndarray
    values: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def curve(
    results: Result | Iterable[Result],
    quantity: str = "event rate",
    of: str | None = None,
    *,
    width: float | None = None,
    level: float = 0.95,
) -> Curve:
    """A quantity of one arm over time.

    Parameters
    ----------
    results : Result or iterable of Result
        All seeds of the arm, in one result or in several; several are taken one at a time.
    quantity : {"event rate", "burst rate", "burst probability", "weight"} or str
        Or the name of what a rate model records in every session.
    of : str, optional
        Population, by default the top one whose events were counted; for a weight the projection, by default the first
        that was recorded. A weight is its mean over cells or synapses.
    width : float, optional
        Width of a bin [s]; a hundredth of the run by default, in short runs half a second or a twentieth of the run.
        Weights are shown as sampled.
    level : float
        Confidence of the band.

    Raises
    ------
    ArgumentError
        If there is no result, a name does not exist, something was not recorded, or the results' times differ.
    """
    if not 0 < level < 1:
        raise ArgumentError(f"level={level!r} is not allowed; a confidence lies between 0 and 1, such as 0.95.")
    name, unit, time = of or "", "1", np.empty(0)
    rows: list[np.ndarray] = []
    for result in [results] if isinstance(results, Result) else results:
        name, unit, own_time, values = _values(result, quantity, of, width)
        if rows and not np.array_equal(time, own_time):
            raise ArgumentError("results of one arm have different times; an arm has one timeline and one sampling.")
        time = own_time
        rows.append(values)
    if not rows:
        raise ArgumentError("results=[] is not allowed; an arm has at least one.")
    joined = np.concatenate(rows)
    return Curve(quantity, name, unit, time, joined, mean_and_sd(joined)[0], *bootstrap_band(joined, level))


def bootstrap_band(values: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Percentile bootstrap interval of the mean over seeds, from the same random numbers in every call.

    Parameters
    ----------
    values : ndarray, shape (seeds, n)
        NaN where undefined.
    level : float

    Returns
    -------
    low, high : ndarray, shape (n,)
        NaN where fewer than two seeds have a value.
    """
    low = np.full(values.shape[1], np.nan)
    high = low.copy()
    defined = np.isfinite(values)
    patterns, which = np.unique(defined, axis=1, return_inverse=True)
    for k, seeds in enumerate(patterns.T):
        if seeds.sum() > 1:
            from scipy.stats import bootstrap

            here = np.ravel(which) == k
            found = bootstrap(
                (values[np.ix_(seeds, here)],), np.mean, axis=0, vectorized=True, confidence_level=level,
                n_resamples=_RESAMPLES, batch=100, method="percentile", rng=np.random.default_rng(0),
            ).confidence_interval  # fmt: skip
            low[here], high[here] = found.low, found.high
    return low, high


def _values(
    result: Result, quantity: str, of: str | None, width: float | None
) -> tuple[str, str, np.ndarray, np.ndarray]:
    """Name, unit, time and values of one result."""
    if quantity not in QUANTITIES:
        every = [str(name) for name, found in result.data.data_vars.items() if found.dims == ("seed", "session")]
        if quantity not in every:
            raise unknown_name("quantity", quantity, [*QUANTITIES, *every])
        recorded = result.data[quantity]
        return "", recorded.attrs.get("units", "1"), result.data["session"].values + 0.5, recorded.values
    if quantity == "weight":
        found = weight_summary(result, of)
        return found.projection, found.unit, found.time, found.mean
    counted = counted_populations(result)
    name = of or (counted[-1] if counted else next(iter(result.populations)))
    if width is None:
        length = float(result.about["simulated_s"])
        width = max(length / 100, min(0.5, length / 20))
    if quantity == "burst probability":
        return name, "1", *binned_burst_probability(result, name, width)
    return name, "Hz", *binned_rate(result, name, quantity.removesuffix(" rate"), width)
