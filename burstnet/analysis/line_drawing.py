"""Drawing along trajectories: where a run moves, where it should, and by how much it misses. Imports metrics, trials, result and errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import unknown_name
from ..result import Result
from .metrics import Curve, Metric
from .trials import whole_trials

__all__ = ["PARTS", "Drawn", "drawing_metrics", "drawn", "error_parts", "errors", "switching_metrics", "target_path"]

#: Parts of the movement whose error is given apart.
PARTS = 5
#: Trials of a block of training.
BLOCK = 100


@dataclass(frozen=True, eq=False)
class Drawn:
    """The movements of a phase.

    Attributes
    ----------
    time : ndarray, shape (bins,)
        Middles of bins from the onset of the cue to the end of the movement [s].
    cue : ndarray of int, shape (trials,)
    position : ndarray, shape (seeds, trials, bins, 2)
        Radius of the circle of end points is 1. It lags behind the nuclei by as much as the olive's comparison does.
    target : ndarray, shape (trials, bins, 2)
    rate : ndarray, shape (seeds, trials, bins)
        Mean rate of the nuclei that reach the cortex [Hz], with the same lag.
    """

    time: np.ndarray
    cue: np.ndarray
    position: np.ndarray
    target: np.ndarray
    rate: np.ndarray


def target_path(progress: np.ndarray, angle: np.ndarray | float, arc: float = 0.0) -> np.ndarray:
    """Points along a trajectory from the origin to the unit circle.

    Parameters
    ----------
    progress : array_like
        0 at the origin, 1 at the end; broadcasts with `angle`.
    angle : array_like
        Of the end point.
    arc : float
        0 is a straight line at constant speed, 1 a semicircle.

    Returns
    -------
    ndarray, shape (..., 2)
    """
    progress, angle = np.broadcast_arrays(np.asarray(progress, dtype=float), np.asarray(angle, dtype=float))
    along = (1 - arc) * progress + arc * (1 - np.cos(np.pi * progress)) / 2
    across = arc * np.sin(np.pi * progress) / 2
    x, y = np.cos(angle), np.sin(angle)
    return np.stack([along * x - across * y, along * y + across * x], axis=-1)


def drawn(result: Result, phase: str) -> Drawn:
    """The movements of the whole trials of a phase, none where a run that was cut holds none.

    Raises
    ------
    ArgumentError
        If there is no such phase.
    """
    if phase not in result.phases:
        raise unknown_name("phase", phase, result.phases)
    settings = {
        name: float(value["value"])
        for name, value in next(p["settings"] for p in result.about["timeline"] if p["name"] == phase).items()
    }
    trial, onset, movement = (settings[name] for name in ("trial", "cue_onset", "movement"))
    # the timeline is made of nothing but trials
    starts = whole_trials(result, phase, trial, origin=0.0)
    data = result.data
    # a sample is the mean of the interval that ends with it
    sampled = data["state_time"].values
    interval = float(sampled[1] - sampled[0])
    bins = round(movement / interval)
    first = np.rint((starts + onset - sampled[0]) / interval).astype(int)
    at = first[:, None] + np.arange(1, bins + 1)
    time = (np.arange(bins) + 0.5) * interval
    cues = round(settings["cues"])
    cue = np.rint(starts / trial).astype(int) % cues
    angle = settings["first_angle"] + settings["rotation"] + 2 * np.pi * cue / cues
    position = np.stack([data[f"effectors_position_{x}_mean"].values[:, at] for x in "xy"], axis=-1)
    target = target_path(np.clip(time / movement, 0, 1), angle[:, None], settings["arc"])
    return Drawn(time, cue, position, target, data["effectors_output_rate_mean"].values[:, at])


def errors(movements: Drawn) -> np.ndarray:
    """Mean squared error of every trial, over x, y and time, shape (seeds, trials)."""
    return np.asarray(((movements.position - movements.target) ** 2).mean(axis=(2, 3)))


def error_parts(movements: Drawn) -> dict[str, np.ndarray]:
    """What the mean squared error is made of, one value a seed.

    Returns
    -------
    dict of str to ndarray, shape (seeds,)
        ``bias``, the squared distance of a cue's mean path from its target; ``spread``, the variance of trials around it; and
        ``short``, by how much the end of the mean path falls short in its own direction, where 1 is all.
    """
    bias, spread, short = [], [], []
    for cue in np.unique(movements.cue):
        mine = movements.cue == cue
        mean = movements.position[:, mine].mean(axis=1)
        target = movements.target[mine][0]
        bias.append(((mean - target) ** 2).mean(axis=(1, 2)))
        spread.append(((movements.position[:, mine] - mean[:, None]) ** 2).mean(axis=(1, 2, 3)))
        last = slice(-max(1, len(target) // 10), None)
        end = target[last].mean(axis=0)
        short.append(1 - (mean[:, last].mean(axis=1) @ end) / (end @ end))
    return {name: np.mean(v, axis=0) for name, v in (("bias", bias), ("spread", spread), ("short", short))}


def _tested(result: Result, phase: str) -> dict[str, Metric | Curve]:
    """What is measured in a test; nothing where the run does not have it, or no whole trial of it."""
    movements = drawn(result, phase) if phase in result.phases else None
    if movements is None or not movements.cue.size:
        return {}
    squared = ((movements.position - movements.target) ** 2).mean(axis=(1, 3))
    parts = np.stack([part.mean(axis=1) for part in np.array_split(squared, PARTS, axis=1)], axis=1)
    found: dict[str, Metric | Curve] = {
        f"{phase}.error": Metric("1", errors(movements).mean(axis=1)),
        f"{phase}.error_along": Curve("1", parts, "fifth", np.arange(1.0, PARTS + 1)),
        f"{phase}.nuclear_rate": Metric("Hz", movements.rate.mean(axis=(1, 2))),
    }
    return found | {f"{phase}.{part}": Metric("1", values) for part, values in error_parts(movements).items()}


def drawing_metrics(result: Result) -> dict[str, Metric | Curve]:
    """What a run of the protocol ``line-drawing`` is judged by.

    Returns
    -------
    dict of str to Metric or Curve
        Of the tests ``before``, ``after`` and ``cut``, with the teacher off and plasticity frozen: ``.error``, the mean squared
        error over x, y and time; ``.error_along``, the same in fifths of the movement; ``.bias``, ``.spread`` and
        ``.short`` of `error_parts`; ``.nuclear_rate`` [Hz]. ``after.relative_to_cut`` and ``after.relative_to_silent``, the
        error over that of the cut loop and of an output of 0. ``training.error`` over blocks of 100 trials is with guidance,
        teacher and plasticity and proves nothing. Phases that a run does not have are left out.
    """
    found: dict[str, Metric | Curve] = {}
    for phase in ("before", "after", "cut"):
        found |= _tested(result, phase)
    if "after.error" in found:
        after = found["after.error"].per_seed
        silent = float((drawn(result, "after").target ** 2).mean())
        found["after.relative_to_silent"] = Metric("1", after / silent)
        if "cut.error" in found:
            found["after.relative_to_cut"] = Metric("1", after / found["cut.error"].per_seed)
    if "training" in result.phases:
        each = errors(drawn(result, "training"))
        blocks = each[:, : each.shape[1] // BLOCK * BLOCK].reshape(len(each), -1, BLOCK).mean(axis=-1)
        if blocks.shape[1]:
            found["training.error"] = Curve("1", blocks, "block", np.arange(1.0, blocks.shape[1] + 1))
    return found


def switching_metrics(result: Result) -> dict[str, Metric | Curve]:
    """What a run of the protocol ``task-switching`` is judged by.

    Returns
    -------
    dict of str to Metric or Curve
        As in `drawing_metrics` of the tests ``learned``, of the first set of trajectories when it was learned; ``other``, of
        the second when that was learned; ``switched``, of the first again without any retraining. ``untouched.error`` of
        the second set before it was learned. ``change_percent``, of the error of the first set from ``learned`` to ``switched``.
    """
    found: dict[str, Metric | Curve] = {}
    for phase in ("learned", "untouched", "other", "switched"):
        found |= _tested(result, phase)
    if {"learned.error", "switched.error"} <= set(found):
        change = found["switched.error"].per_seed / found["learned.error"].per_seed - 1
        found["change_percent"] = Metric("%", 100 * change)
    return found
