"""Learning with predicted feedback: errors, criteria, dysmetria, and what lesions cost. Imports metrics, errors and result.

Arms are paired by seed: functions that compare two results want the same seeds in the same order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError
from ..result import Result
from .metrics import Curve, Metric

__all__ = [
    "Slope",
    "benefit",
    "change_after",
    "equivalence",
    "feedback_metrics",
    "lesion_cost",
    "performance",
    "retention",
    "slope",
]

#: Parts of training over which means are taken; the last is what "final" means.
_PARTS = 10


@dataclass(frozen=True)
class Slope:
    """A straight line through values of every seed.

    Attributes
    ----------
    per_seed : ndarray, shape (seeds,)
    mean, low, high : float
        Mean over seeds with its 95 % interval (Student's t).
    """

    per_seed: np.ndarray
    mean: float
    low: float
    high: float


def feedback_metrics(result: Result, *, criterion: float) -> dict[str, Metric | Curve]:
    """Metrics of a run of ``feedback-horizon``.

    Parameters
    ----------
    result : Result
    criterion : float
        Error that counts as learned.

    Returns
    -------
    dict of str to Metric or Curve
        ``final_error``, ``final_deviation``, ``final_roughness``: means over the last tenth of the sessions;
        ``mean_error``: over all sessions, the area under the learning curve over their number;
        ``sessions_to_criterion``: sessions of training after which the error first is at the criterion, all of them and one
        more where it never is; ``cosine_bootstrapped``, ``cosine_true``, ``prediction_error``: means over windows and
        sessions in which there is a cerebellum, NaN without one; ``untrained_error``; ``error_by_tenth``: curve of the mean
        error in each tenth of training.
    """
    error = _variable(result, "error")
    reached = error <= criterion
    first = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, error.shape[1] + 1)
    parts = np.array_split(np.arange(error.shape[1]), min(_PARTS, error.shape[1]))
    last = parts[-1]
    found: dict[str, Metric | Curve] = {
        "final_error": Metric("1", error[:, last].mean(axis=1)),
        "mean_error": Metric("1", error.mean(axis=1)),
        "sessions_to_criterion": Metric("sessions", first.astype(float)),
        "final_deviation": Metric("1", _variable(result, "deviation")[:, last].mean(axis=1)),
        "final_roughness": Metric("1", _variable(result, "roughness")[:, last].mean(axis=1)),
    }
    for name in ("cosine_bootstrapped", "cosine_true", "prediction_error"):
        found[name] = Metric("1", _mean(_variable(result, name)))
    found["untrained_error"] = Metric("1", _variable(result, "untrained_error"))
    found["error_by_tenth"] = Curve(
        "1", np.stack([error[:, part].mean(axis=1) for part in parts], axis=1), "last_session",
        np.array([part[-1] + 1.0 for part in parts]),
    )  # fmt: skip
    return found


def benefit(intact: Result, lesioned: Result) -> np.ndarray:
    """How much lower the mean error is with a cerebellum, as a part of that without.

    Returns
    -------
    ndarray, shape (seeds,)
        0: no difference; 0.25: a quarter lower.
    """
    _paired(intact, lesioned)
    one, other = (_variable(result, "error").mean(axis=1) for result in (intact, lesioned))
    return np.asarray((other - one) / other)


def slope(at: Sequence[float], values: np.ndarray) -> Slope:
    """The straight line through each seed's values by least squares.

    Parameters
    ----------
    at : sequence of float, shape (points,)
        For instance horizons.
    values : ndarray, shape (seeds, points)

    Raises
    ------
    ArgumentError
        If there are fewer than three points or two seeds.
    """
    x = np.asarray(at, dtype=float)
    if values.ndim != 2 or values.shape[1] != len(x) or len(x) < 3 or len(values) < 2:
        raise ArgumentError(f"values of shape {values.shape} at {len(x)} points are not allowed; give (seeds, points).")
    from scipy import stats

    centred = x - x.mean()
    found = values @ centred / (centred @ centred)
    half = stats.t.ppf(0.975, len(found) - 1) * found.std(ddof=1) / math.sqrt(len(found))
    return Slope(found, float(found.mean()), float(found.mean() - half), float(found.mean() + half))


def lesion_cost(lesioned: Result, intact: Result, session: int, length: int = 10) -> np.ndarray:
    """How much higher the error is after a lesion than without it.

    Parameters
    ----------
    lesioned, intact : Result
        Of the same seeds.
    session : int
        From which the lesion is.
    length : int
        Sessions over which the mean is taken.

    Returns
    -------
    ndarray, shape (seeds,)
        In the unit of the error.
    """
    _paired(lesioned, intact)
    one, other = (_window(result, "error", session, length) for result in (lesioned, intact))
    return np.asarray((one - other).mean(axis=1))


def performance(result: Result) -> np.ndarray:
    """1 for a perfect drawing, 0 for that of the untrained network: shape (seeds, sessions)."""
    return np.asarray(1 - _variable(result, "error") / _variable(result, "untrained_error")[:, None])


def retention(result: Result, session: int, length: int = 10) -> np.ndarray:
    """Performance in so many sessions from `session` on, over that in as many before: shape (seeds,)."""
    if not length <= session <= result.data.sizes["session"] - length:
        raise ArgumentError(f"session={session} is not allowed; there must be {length} before it and from it on.")
    held = performance(result)
    return np.asarray(
        held[:, session : session + length].mean(axis=1) / held[:, session - length : session].mean(axis=1)
    )


def equivalence(values: np.ndarray, low: float, high: float) -> float:
    """That the mean lies between two bounds: the larger p of two one-sided t tests (TOST).

    Parameters
    ----------
    values : ndarray, shape (seeds,)
        For instance retention, of which 0.9 to 1.1 counts as kept, or the benefit, of which -0.05 to 0.05 counts as none.
    low, high : float

    Returns
    -------
    float
        0 or 1 where values do not vary, as where arms are the same to the last bit.

    Raises
    ------
    ArgumentError
        If there are fewer than two seeds, or the bounds are not in order.
    """
    if values.ndim != 1 or len(values) < 2 or not low < high:
        raise ArgumentError(
            f"values of shape {values.shape} between {low:g} and {high:g} are not allowed; give two seeds or more, low < high."
        )
    if np.ptp(values) == 0:
        return float(not low < values[0] < high)
    from scipy import stats

    above = stats.ttest_1samp(values, low, alternative="greater").pvalue
    below = stats.ttest_1samp(values, high, alternative="less").pvalue
    return float(max(above, below))


def change_after(result: Result, variable: str, session: int, length: int = 10) -> np.ndarray:
    """Change of a variable, mean over its other axes, from so many sessions before `session` to the last so many.

    Returns
    -------
    ndarray, shape (seeds,)
    """
    held = _variable(result, variable)
    ends = [held[:, part] for part in (slice(session - length, session), slice(-length, None))]
    return _mean(ends[1]) - _mean(ends[0])


def _variable(result: Result, name: str) -> np.ndarray:
    return np.asarray(result.data[name].values, dtype=float)


def _mean(values: np.ndarray) -> np.ndarray:
    """Over everything but seeds, of what is defined: shape (seeds,)."""
    flat = values.reshape(len(values), -1)
    number = np.isfinite(flat).sum(axis=1)
    return np.asarray(np.nansum(flat, axis=1) / np.where(number > 0, number, np.nan))


def _window(result: Result, name: str, session: int, length: int) -> np.ndarray:
    held = _variable(result, name)
    if not 0 <= session <= held.shape[1] - length:
        raise ArgumentError(
            f"session={session} is not allowed; {length} sessions from it on must be among {held.shape[1]}."
        )
    return held[:, session : session + length]


def _paired(one: Result, other: Result) -> None:
    seeds = [result.data["seed"].values.tolist() for result in (one, other)]
    if seeds[0] != seeds[1]:
        raise ArgumentError(f"seeds {seeds[0]} and {seeds[1]} are not allowed; both results have the same.")
