"""Arms against a control, paired by seed: difference, interval, effect size, tests. Imports metrics and errors.

Computed with scipy and statsmodels, which are imported when something is compared and not before.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError, unknown_name
from .metrics import Metric

__all__ = ["TESTS", "Comparison", "compare", "paired_values"]

TESTS = ("wilcoxon", "t")
#: Differences that vary by less than this part of the values are rounding, not variation between seeds.
_ROUNDING = 1e-12
#: A test on fewer pairs than this can never reach p < 0.05: the smallest Wilcoxon p is 2**(1 - n).
_FEWEST = 6
#: Up to so many pairs the test is exact also where differences are tied.
_MOST_TIED = 13


@dataclass(frozen=True)
class Comparison:
    """One metric of one arm against the control.

    Attributes
    ----------
    metric, unit : str
    arm, control : str
        Labels.
    n : int
        Seeds in which both have a value.
    dropped : int
        Seeds of either that were left out because the other has no value there: failed runs, undefined metrics.
    mean, control_mean : float
        Over the `n` pairs, in `unit`.
    difference : float
        Mean of arm minus control, in `unit`.
    low, high : float
        Bootstrap interval of `difference` at the confidence `level`; NaN for fewer than two pairs.
    level : float
    d_z : float
        Effect size: `difference` over the standard deviation of the differences; NaN where that is 0.
    test : str
        ``"wilcoxon"`` or ``"t"``.
    p, p_holm : float
        Two-sided p of the paired test, and with Holm's correction over the arms of this metric.
    margin : float
        Differences within ``(-margin, margin)`` count as none, in `unit`; NaN where no margin was given.
    p_equivalence, p_equivalence_holm : float
        p of the two one-sided t tests (TOST) that the difference lies within the margin, and corrected.
    note : str
        What a reader must know, such as too few seeds; empty if nothing.
    """

    metric: str
    unit: str
    arm: str
    control: str
    n: int
    dropped: int
    mean: float
    control_mean: float
    difference: float
    low: float
    high: float
    level: float
    d_z: float
    test: str
    p: float
    p_holm: float
    margin: float
    p_equivalence: float
    p_equivalence_holm: float
    note: str

    @property
    def equivalent(self) -> bool | None:
        """Whether the arm equals the control within the margin at this level; None where no margin was given."""
        if math.isnan(self.margin):
            return None
        return self.p_equivalence_holm < 1 - self.level


def compare(
    arms: Mapping[str, Mapping[str, Metric]],
    seeds: Sequence[int] | Mapping[str, Sequence[int]],
    *,
    control: str = "control",
    metrics: Iterable[str] | None = None,
    test: str = "wilcoxon",
    level: float = 0.95,
    margin: float | Mapping[str, float] | None = None,
    resamples: int = 9999,
) -> list[Comparison]:
    """Compare every arm with the control, seed by seed.

    Parameters
    ----------
    arms : mapping of str to mapping of str to Metric
        Label to metrics; the control is one of them.
    seeds : sequence of int, or mapping of str to sequence of int
        Seeds in the order of ``Metric.per_seed``, of all arms or of each.
    control : str
    metrics : iterable of str, optional
        All of the control's by default.
    test : {"wilcoxon", "t"}
        The signed-rank test leaves out zero differences and is exact for up to 50 pairs without ties and up to 13 with.
    level : float
        Confidence of the interval, and 1 - alpha of the equivalence test.
    margin : float or mapping of str to float, optional
        Margin of the equivalence test in the metric's unit, for all metrics or for those named.
    resamples : int
        Of the bootstrap (bias-corrected and accelerated), whose random numbers are the same in every call.

    Returns
    -------
    list of Comparison
        Metric by metric, in each the arms in their order, without the control.

    Raises
    ------
    ArgumentError
        If a name does not exist, or a number is not allowed.
    """
    if control not in arms:
        raise unknown_name("control", control, arms)
    if test not in TESTS:
        raise unknown_name("test", test, TESTS)
    if not 0 < level < 1:
        raise ArgumentError(f"level={level!r} is not allowed; a confidence lies between 0 and 1, such as 0.95.")
    if resamples < 100:
        raise ArgumentError(f"resamples={resamples!r} is not allowed; give at least 100.")
    names = list(arms[control] if metrics is None else metrics)
    for name in names:
        if name not in arms[control]:
            raise unknown_name("metric", name, arms[control])
    margins = _margins(margin, names)
    rows = [
        [
            _compare(arms, seeds, name, arm, control, test, level, margins.get(name), resamples)
            for arm in arms
            if arm != control
        ]
        for name in names
    ]
    return _corrected(rows)


def paired_values(
    arms: Mapping[str, Mapping[str, Metric]],
    seeds: Sequence[int] | Mapping[str, Sequence[int]],
    metric: str,
    arm: str,
    control: str = "control",
) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Values of the seeds in which both an arm and the control have one.

    Returns
    -------
    seeds : list of int
        In the control's order.
    values, control_values : ndarray, shape (pairs,)
    """
    one, other = (_by_seed(arms, seeds, metric, label) for label in (arm, control))
    both = [seed for seed in other if seed in one]
    return both, np.array([one[s] for s in both], dtype=float), np.array([other[s] for s in both], dtype=float)


def _by_seed(
    arms: Mapping[str, Mapping[str, Metric]],
    seeds: Sequence[int] | Mapping[str, Sequence[int]],
    metric: str,
    arm: str,
) -> dict[int, float]:
    """Seed to value, where there is one; nothing if the arm lacks the metric."""
    if metric not in arms[arm]:
        return {}
    own, values = list(seeds[arm] if isinstance(seeds, Mapping) else seeds), arms[arm][metric].per_seed
    if len(own) != len(values):
        raise ArgumentError(f"arm {arm!r} has {len(own)} seeds, but {len(values)} values of {metric!r}.")
    return {seed: float(value) for seed, value in zip(own, values, strict=True) if np.isfinite(value)}


def _margins(margin: float | Mapping[str, float] | None, names: Sequence[str]) -> dict[str, float]:
    if margin is None:
        return {}
    given = dict(margin) if isinstance(margin, Mapping) else dict.fromkeys(names, margin)
    for name, value in given.items():
        if name not in names:
            raise unknown_name("metric with a margin", name, names)
        if not 0 < value < float("inf"):
            raise ArgumentError(f"margin={value!r} of {name!r} is not allowed; it is a number above 0, in its unit.")
    return given


def _compare(
    arms: Mapping[str, Mapping[str, Metric]],
    seeds: Sequence[int] | Mapping[str, Sequence[int]],
    metric: str,
    arm: str,
    control: str,
    test: str,
    level: float,
    margin: float | None,
    resamples: int,
) -> Comparison:
    pairs, values, reference = paired_values(arms, seeds, metric, arm, control)
    wanted = [set(seeds[label] if isinstance(seeds, Mapping) else seeds) for label in (arm, control)]
    dropped = len(wanted[0] | wanted[1]) - len(pairs)
    differences = values - reference
    n, nan = len(pairs), float("nan")
    if n:
        largest = max(np.abs(values).max(), np.abs(reference).max())
        if np.ptp(differences) <= _ROUNDING * largest:
            differences[:] = 0.0 if np.abs(differences).max() <= _ROUNDING * largest else differences.mean()
    varies = n > 1 and np.ptp(differences) > 0
    low, high = _interval(differences, level, resamples)
    p, p_equivalence = nan, nan
    if n > 1:
        p = _p(differences, test)
        p_equivalence = nan if margin is None else _p_equivalence(differences, margin)
    return Comparison(
        metric, arms[control][metric].unit, arm, control, n, dropped,
        mean=float(values.mean()) if n else nan,
        control_mean=float(reference.mean()) if n else nan,
        difference=float(differences.mean()) if n else nan,
        low=low, high=high, level=level,
        d_z=float(differences.mean() / differences.std(ddof=1)) if varies else nan,
        test=test, p=p, p_holm=nan,
        margin=nan if margin is None else float(margin), p_equivalence=p_equivalence, p_equivalence_holm=nan,
        note=_note(differences, dropped, test),
    )  # fmt: skip


def _interval(differences: np.ndarray, level: float, resamples: int) -> tuple[float, float]:
    """Bootstrap interval of the mean; of differences that do not vary it is that one value."""
    if len(differences) < 2:
        return float("nan"), float("nan")
    if np.ptp(differences) == 0:
        return float(differences[0]), float(differences[0])
    from scipy.stats import bootstrap

    # A fixed seed: the same study gives the same table, whatever else is in it.
    found = bootstrap(
        (differences,), np.mean, vectorized=True, confidence_level=level, n_resamples=resamples, method="BCa",
        rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    return float(found.low), float(found.high)


def _p(differences: np.ndarray, test: str) -> float:
    """Two-sided p that the differences are centred on 0."""
    from scipy import stats

    moved = differences[differences != 0]
    if not len(moved):
        return 1.0
    if test == "wilcoxon" and len(set(np.abs(moved))) < len(moved) <= _MOST_TIED:
        # what wilcoxon would do with ties, in arrays and not a sample at a time: half a second less for each
        ranks = np.sign(moved) * stats.rankdata(np.abs(moved))
        exact = stats.permutation_test(
            (ranks,), np.sum, permutation_type="samples", n_resamples=np.inf, vectorized=True
        )
        return float(exact.pvalue)
    if test == "wilcoxon":
        return float(stats.wilcoxon(moved).pvalue)
    return float(stats.ttest_1samp(differences, 0.0).pvalue) if np.ptp(differences) > 0 else float("nan")


def _p_equivalence(differences: np.ndarray, margin: float) -> float:
    """P of TOST; 0 for arms that are identical, undefined for a constant difference."""
    if not differences.any():
        return 0.0
    if np.ptp(differences) == 0:
        return float("nan")
    from statsmodels.stats.weightstats import ttost_paired

    return float(ttost_paired(differences, np.zeros_like(differences), -margin, margin)[0])


def _note(differences: np.ndarray, dropped: int, test: str) -> str:
    """What a reader must know of this comparison."""
    said, n = [], len(differences)
    zeros = int((differences == 0).sum())
    if n == 0:
        said.append("no seed has a value in both arms")
    elif n == 1:
        said.append("one pair of seeds: no interval and no test")
    elif zeros == n:
        said.append("identical in every seed")
    elif np.ptp(differences) == 0:
        said.append("the same difference in every seed")
    elif test == "wilcoxon" and zeros:
        said.append(f"{zeros} zero difference{'s' * (zeros > 1)} left out of the test")
    if test == "wilcoxon" and 1 < n - zeros < _FEWEST:
        said.append(f"p cannot fall below {2.0 ** (1 - n + zeros):.3g} with {n - zeros} pairs")
    if dropped:
        said.append(f"{dropped} seed{'s' * (dropped > 1)} without a partner left out")
    return "; ".join(said)


def _corrected(rows: list[list[Comparison]]) -> list[Comparison]:
    """Every row, the arms of one metric, with Holm's correction."""

    def holm(values: Sequence[float]) -> list[float]:
        defined = [k for k, value in enumerate(values) if math.isfinite(value)]
        found = [float("nan")] * len(values)
        # One p alone needs no correction.
        adjusted = [values[k] for k in defined]
        if len(defined) > 1:
            from statsmodels.stats.multitest import multipletests

            adjusted = multipletests(adjusted, method="holm")[1].tolist()
        for k, value in zip(defined, adjusted, strict=True):
            found[k] = value
        return found

    with _quick_collections():
        return [
            dataclasses.replace(c, p_holm=p, p_equivalence_holm=q)
            for row in rows
            for c, p, q in zip(row, holm([c.p for c in row]), holm([c.p_equivalence for c in row]), strict=True)
        ]


@contextlib.contextmanager
def _quick_collections() -> Iterator[None]:
    """Keeps what is loaded out of the collection that statsmodels does in every correction, 40 ms each with all of scipy."""
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
