"""Tasks of Pemberton et al. 2024: trajectories out of a cue that is gone, delayed association, accumulation of evidence.

A task is drawn once for a network (its cues) and then draws trials. Imports errors and numpy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from burstnet.errors import unknown_name

__all__ = ["TASKS", "Task", "Trials", "draw_task", "evidence_in_bins"]

#: Task to its meaning.
TASKS = {
    "lines": "from the origin to a point on the unit circle along a straight line, speed a half-cosine",
    "lines-constant": "the same at constant speed",
    "semicircles": "to the same points along a semicircle",
    "delayed-association": "one of two classes out of a cue, answered after a delay",
    "evidence": "on which side more puffs came: left, right, or a tie",
}
#: End points: the origin, and five on the unit circle.
_CUES = 6
_BITS = 10
#: The cues of delayed association in the published code, the same in every seed; they differ in six of ten bits.
_ASSOCIATED = (833, 990)
_STEPS = {"delayed-association": 15, "evidence": 50}
_SILENT = 5
_PUFF = 0.3


@dataclass(frozen=True, eq=False)
class Trials:
    """A batch of trials.

    Attributes
    ----------
    inputs : ndarray, shape (steps, trials, inputs)
    targets : ndarray, shape (steps, trials, outputs)
        Coordinates, or 1 for the right class.
    labels : ndarray of int, shape (trials,)
        Cue or class.
    """

    inputs: np.ndarray
    targets: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, eq=False)
class Task:
    """A task with its cues.

    Attributes
    ----------
    name : str
    steps, inputs, outputs : int
    classes : bool
        Whether the output is a choice, scored by accuracy, or a trajectory, scored by mean squared error.
    taught : ndarray of bool, shape (steps,)
        Steps at which the outcome is there to learn from.
    scored : ndarray of bool, shape (steps,)
        Steps at which the output is tested.
    draw : callable
        ``draw(rng, number)`` to `Trials`; with ``even=True`` every cue is shown equally often.
    """

    name: str
    steps: int
    inputs: int
    outputs: int
    classes: bool
    taught: np.ndarray
    scored: np.ndarray
    draw: Callable[..., Trials]


def draw_task(name: str, rng: np.random.Generator, *, noise: float = 0.1, answers: int | None = None) -> Task:
    """A task, with the cues that `rng` draws.

    Parameters
    ----------
    name : str
        A key of `TASKS`.
    rng : Generator
        Of the cues of trajectories; the same one gives the three kinds the same cues. Those of ``delayed-association`` are
        the published ones, and ``evidence`` has none.
    noise : float
        Standard deviation of the noise on every input at every step.
    answers : int, optional
        Last steps of a choice at which its outcome is there to learn from; 5 in ``delayed-association`` and 1 in ``evidence``
        by default, as published. Trajectories have one at every step.

    Raises
    ------
    ArgumentError
        If there is no such task.

    References
    ----------
    Pemberton et al. (2024), Methods; published code. Evidence after Deverett et al. (2019).
    """
    if name not in TASKS:
        raise unknown_name("task", name, TASKS)
    if name == "evidence":
        return _evidence(noise, answers or 1)
    if name == "delayed-association":
        return _association(_bits(np.array(_ASSOCIATED)), noise, answers or 5)
    return _trajectories(name, _cues(rng, _CUES), noise)


def evidence_in_bins(inputs: np.ndarray, bins: int) -> np.ndarray:
    """Puffs on the right minus those on the left in equal parts of the cue period.

    Parameters
    ----------
    inputs : ndarray, shape (steps, trials, 2)
        Of the task ``evidence``.
    bins : int

    Returns
    -------
    ndarray, shape (trials, bins)
    """
    puffs = np.round(inputs[: len(inputs) - _SILENT])
    parts = np.array_split(puffs[..., 1] - puffs[..., 0], bins)
    return np.stack([part.sum(axis=0) for part in parts], axis=1)


def _cues(rng: np.random.Generator, number: int) -> np.ndarray:
    """Different patterns of random bits, shape (number, bits)."""
    return _bits(rng.choice(2**_BITS, size=number, replace=False))


def _bits(codes: np.ndarray) -> np.ndarray:
    return ((codes[:, None] >> np.arange(_BITS)) & 1).astype(float)


def _labels(rng: np.random.Generator, cues: int, number: int, even: bool) -> np.ndarray:
    return np.arange(number) % cues if even else rng.integers(cues, size=number)


def _shown(cues: np.ndarray, labels: np.ndarray, steps: int, rng: np.random.Generator, noise: float) -> np.ndarray:
    """Inputs with the cue in the first step and noise in all."""
    inputs = noise * rng.standard_normal((steps, len(labels), cues.shape[1]))
    inputs[0] += cues[labels]
    return inputs


def _trajectories(name: str, cues: np.ndarray, noise: float, steps: int = 20) -> Task:
    angle = 2 * np.pi * np.arange(_CUES - 1) / (_CUES - 1)
    ends = np.vstack([np.zeros((1, 2)), np.stack([np.cos(angle), np.sin(angle)], axis=1)])
    turn = np.linspace(0, np.pi, steps)
    along = np.linspace(0, 1, steps) if name == "lines-constant" else (1 - np.cos(turn)) / 2
    across = np.sin(turn) / 2 if name == "semicircles" else np.zeros(steps)
    sideways = np.stack([-ends[:, 1], ends[:, 0]], axis=1)
    paths = along[:, None, None] * ends + across[:, None, None] * sideways

    def draw(rng: np.random.Generator, number: int, even: bool = False) -> Trials:
        labels = _labels(rng, len(cues), number, even)
        return Trials(_shown(cues, labels, steps, rng, noise), paths[:, labels], labels)

    always = np.ones(steps, dtype=bool)
    return Task(name, steps, _BITS, 2, False, always, always, draw)


def _association(cues: np.ndarray, noise: float, answers: int) -> Task:
    steps = _STEPS["delayed-association"]

    def draw(rng: np.random.Generator, number: int, even: bool = False) -> Trials:
        labels = _labels(rng, len(cues), number, even)
        targets = np.broadcast_to(np.eye(len(cues))[labels], (steps, number, len(cues)))
        return Trials(_shown(cues, labels, steps, rng, noise), targets, labels)

    step = np.arange(steps)
    return Task("delayed-association", steps, _BITS, len(cues), True, step >= steps - answers, step == steps - 1, draw)


def _evidence(noise: float, answers: int) -> Task:
    steps = _STEPS["evidence"]

    def draw(rng: np.random.Generator, number: int, even: bool = False) -> Trials:
        puff = rng.random((steps, number)) < _PUFF
        puff[steps - _SILENT :] = False
        right = rng.random((steps, number)) < 0.5
        sides = np.stack([puff & ~right, puff & right], axis=2).astype(float)
        more = sides.sum(axis=0)
        labels = np.where(more[:, 0] > more[:, 1], 0, np.where(more[:, 0] < more[:, 1], 1, 2))
        targets = np.broadcast_to(np.eye(3)[labels], (steps, number, 3))
        return Trials(sides + noise * rng.standard_normal(sides.shape), targets, labels)

    step = np.arange(steps)
    return Task("evidence", steps, 2, 3, True, step >= steps - answers, step == steps - 1, draw)
