"""A cortex that is taught late or seldom: errors of its tests, trials until it has learned, and what its cerebellum predicts.

Imports metrics, result and errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError
from ..result import Result
from .metrics import Curve, Metric

__all__ = ["DecouplingTrials", "decoupling_metrics", "lesion_cost", "test_errors", "trials_of"]


@dataclass(frozen=True, eq=False)
class DecouplingTrials:
    """The trials of a run, in their order.

    Attributes
    ----------
    pattern : ndarray of int, shape (trials,)
    target : ndarray, shape (trials,)
        Event rate that the pattern should cause [Hz].
    response : ndarray, shape (seeds, trials)
        Event rate of the output while the pattern is shown [Hz].
    lack : ndarray, shape (seeds, trials)
        What the teacher finds missing, as a part of the error of the largest teaching current, also where it does not speak.
    prediction : ndarray, shape (seeds, trials)
        The same as the nuclei say it.
    test : ndarray of int, shape (trials,)
        Number of the test that a trial belongs to, -1 in training. In a test nobody teaches and nothing learns.
    trained : ndarray of int, shape (trials,)
        Trials of training before it.
    """

    pattern: np.ndarray
    target: np.ndarray
    response: np.ndarray
    lack: np.ndarray
    prediction: np.ndarray
    test: np.ndarray
    trained: np.ndarray


def trials_of(result: Result) -> DecouplingTrials:
    """The trials of a run of ``feedback-decoupling``.

    Raises
    ------
    ArgumentError
        If the run holds no whole trial, or does not begin at the beginning.
    """
    knobs = {name: float(value["value"]) for name, value in result.about["timeline"][0]["settings"].items()}
    trial, onset, duration = (knobs[name] for name in ("trial", "onset", "duration"))
    data = result.data
    time, state_time = data["time"].values, data["state_time"].values
    # the mean over the interval that ends with a sample; the one before the next trial is after all of this trial's teaching
    number = int((min(time[-1], state_time[-1]) + 1e-6) / trial)
    if number < 1 or min(start for start, _ in result.phases.values()) > 1e-9:
        raise ArgumentError("This run is not allowed; it must begin at 0 s and hold at least one whole trial.")
    starts = np.arange(number) * trial + onset
    total = data["output_event_total"].values
    first, last = (np.searchsorted(time, starts + since - 1e-6) for since in (0.0, duration))
    response = (total[:, last] - total[:, first]) / (duration * result.about["populations"]["output"])
    told = np.searchsorted(state_time, (np.arange(number) + 1) * trial - 1e-6)
    k = np.arange(number)
    patterns, levels = round(knobs["patterns"]), max(2, round(knobs["levels"]))
    pattern = k % patterns
    target = knobs["lowest"] + (knobs["highest"] - knobs["lowest"]) * (pattern % levels) / (levels - 1)
    block, tests = round(knobs["block"]), round(knobs["tests"])
    within, blocks = k % (block + tests), k // (block + tests)
    return DecouplingTrials(
        pattern,
        target,
        response,
        data["olive_lack_mean"].values[:, told],
        data["olive_prediction_mean"].values[:, told],
        np.where(within < tests, blocks, -1),
        blocks * block + np.maximum(within - tests, 0),
    )


def test_errors(trials: DecouplingTrials) -> tuple[np.ndarray, np.ndarray]:
    """Root of the mean square over patterns of mean response less target, test by test.

    Returns
    -------
    trained : ndarray, shape (tests,)
        Trials of training before each test.
    errors : ndarray, shape (seeds, tests)
        Hz.
    """
    found, trained = [], []
    for test in range(trials.test.max() + 1):
        mine = trials.test == test
        missed = []
        for pattern in np.unique(trials.pattern[mine]):
            those = mine & (trials.pattern == pattern)
            missed.append(trials.response[:, those].mean(axis=1) - trials.target[those][0])
        found.append(np.sqrt(np.mean(np.square(missed), axis=0)))
        trained.append(trials.trained[mine][0])
    return np.array(trained), np.stack(found, axis=1)


test_errors.__test__ = False  # type: ignore[attr-defined]  # no test of pytest's


def decoupling_metrics(result: Result) -> dict[str, Metric | Curve]:
    """What a run of ``feedback-decoupling`` is judged by.

    Returns
    -------
    dict of str to Metric or Curve
        Of tests, with the teacher off, the cerebellum off the dendrites and all plasticity frozen: ``untrained_error``; ``error``, over trials of
        training; ``mean_error``, over all tests but the first, the area under that curve; ``final_error``, over the last two [Hz].
        ``trials_to_criterion``: of training until the error first is half of that of a cortex that answers all patterns alike,
        a block more than there are where it never is. ``prediction_correlation``, of training without tests: what the nuclei say
        against what the teacher lacks; NaN where either does not vary.
    """
    trials = trials_of(result)
    trained, errors = test_errors(trials)
    criterion = float(np.std(trials.target[: trials.pattern.max() + 1])) / 2
    reached = errors <= criterion
    block = trained[-1] / max(1, len(trained) - 1)
    first = np.where(reached.any(axis=1), trained[reached.argmax(axis=1)], trained[-1] + block)
    later = slice(1, None) if len(trained) > 1 else slice(None)
    taught = trials.test < 0
    return {
        "untrained_error": Metric("Hz", errors[:, 0]),
        "mean_error": Metric("Hz", errors[:, later].mean(axis=1)),
        "final_error": Metric("Hz", errors[:, -2:].mean(axis=1)),
        "trials_to_criterion": Metric("trials", first.astype(float)),
        "prediction_correlation": Metric("1", _correlations(trials.lack[:, taught], trials.prediction[:, taught])),
        "error": Curve("Hz", errors, "trials", trained.astype(float)),
    }


def _correlations(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Of each row of one with that of the other."""
    if not one.shape[1]:
        return np.full(len(one), np.nan)
    a, b = (x - x.mean(axis=1, keepdims=True) for x in (one, other))
    size = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.asarray((a * b).sum(axis=1) / np.where(size > 0, size, np.nan))


def lesion_cost(lesioned: Result, intact: Result, after: int, blocks: int = 3) -> np.ndarray:
    """How much larger the error is in tests that follow a lesion than in the same tests without it.

    Parameters
    ----------
    lesioned, intact : Result
        Of the same seeds.
    after : int
        Trials of training after which the lesion was made.
    blocks : int
        So many tests are averaged, from the first after that on.

    Returns
    -------
    ndarray, shape (seeds,)
        Hz.

    Raises
    ------
    ArgumentError
        If the seeds differ, or there are not so many tests.
    """
    if list(lesioned.seeds) != list(intact.seeds):
        raise ArgumentError(
            f"seeds {list(lesioned.seeds)} and {list(intact.seeds)} are not allowed; both results have the same."
        )
    trained, one = test_errors(trials_of(lesioned))
    other = test_errors(trials_of(intact))[1]
    at = np.flatnonzero(trained > after)[:blocks]
    if len(at) < blocks:
        raise ArgumentError(f"after={after} is not allowed; {blocks} tests must follow, up to {trained[-1]} trials.")
    return np.asarray((one - other)[:, at].mean(axis=1))
