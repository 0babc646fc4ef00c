"""What networks of Pemberton et al. 2024 are scored by: fresh trials without teacher, with and without their cerebellum.

Arrays and nothing else: imports the network, the tasks and numpy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from burstnet.models.pemberton2024_network import Activity, Network, run_trials, score, softmax
from burstnet.models.pemberton2024_tasks import Task, Trials, evidence_in_bins

__all__ = ["BINS", "SILENCED", "Scorer", "confidence", "evidence_weights", "mean_paths", "selectivity"]

#: Tests of a session: the cerebellum as it is, off in the whole trial, off in a part of it.
SILENCED = ("intact", "all", "part")
#: Equal parts of the cue period of the task ``evidence``.
BINS = 5


@dataclass(frozen=True, eq=False)
class Scorer:
    """Tests of one network.

    Attributes
    ----------
    task : Task
    network : Network
    off_from, off_until : int
        Steps of a trial in which the cerebellum is off in the test ``part``.
    """

    task: Task
    network: Network
    off_from: int
    off_until: int

    def gains(self) -> np.ndarray:
        """Factor of the cerebellum's output in every test, shape (tests, steps, 1)."""
        steps = np.arange(self.task.steps)
        part = (steps >= self.off_from) & (steps < self.off_until)
        off = np.stack([np.zeros_like(part), np.ones_like(part), part])
        return np.asarray(1.0 - off)[:, :, None]

    def activities(
        self, trials: Trials, gain: np.ndarray | float = 1.0, cells: np.ndarray | None = None
    ) -> list[Activity]:
        """Activity in the same trials in every test; `gain` and `cells` are what lesions leave."""
        return [run_trials(self.network, trials.inputs, gain=g * gain, cells=cells) for g in self.gains()]

    def errors(
        self, trials: Trials, gain: np.ndarray | float = 1.0, cells: np.ndarray | None = None
    ) -> tuple[float, ...]:
        """Mean squared error, or part of the choices that are wrong, in every test."""
        found = [score(a, trials, self.task) for a in self.activities(trials, gain, cells)]
        return tuple(1 - value if self.task.classes else value for value in found)


def mean_paths(activities: list[Activity], trials: Trials, task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Mean output for every cue, shape (tests, cues, steps, outputs), and the target, shape (cues, steps, outputs)."""
    cues = np.unique(trials.labels)
    shown = [trials.labels == cue for cue in cues]
    drawn = np.array([[a.output[:, which].mean(axis=1) for which in shown] for a in activities])
    return drawn, np.array([trials.targets[:, which].mean(axis=1) for which in shown])


def confidence(activity: Activity, trials: Trials, task: Task) -> float:
    """Mean probability of the right class in the steps that are scored."""
    right = softmax(activity.output[task.scored]) * trials.targets[task.scored]
    return float(right.sum(axis=2).mean())


def selectivity(activities: list[Activity], trials: Trials) -> np.ndarray:
    """How differently cortical cells fire in trials of the first two classes: mean over cells of the absolute difference.

    Returns
    -------
    ndarray, shape (tests, steps)
    """
    one, other = trials.labels == 0, trials.labels == 1
    means = [a.rates[:, one].mean(axis=1) - a.rates[:, other].mean(axis=1) for a in activities]
    return np.abs(np.array(means)).mean(axis=2)


def evidence_weights(
    scorer: Scorer, trials: Trials, gain: np.ndarray | float = 1.0, cells: np.ndarray | None = None
) -> np.ndarray:
    """What a puff weighs in the belief, by when it came and by when the cerebellum was off.

    The belief is the probability of "right" minus that of "left" at the last step; weights are its regression on the
    puffs on the right minus those on the left in each part of the cue period.

    Returns
    -------
    ndarray, shape (1 + BINS + 1, BINS)
        Rows: never off, off in one part after the other, off in the whole trial. Columns: parts of the cue period.

    References
    ----------
    Deverett et al. (2019); Pemberton et al. (2024), Fig. 5.
    """
    puffs = evidence_in_bins(trials.inputs, BINS)
    steps = np.arange(scorer.task.steps)
    parts = np.array_split(steps[: len(steps) - 5], BINS)
    design = np.column_stack([puffs, np.ones(len(puffs))])
    found = []
    for off in ([], *parts, steps):
        part = (1.0 - np.isin(steps, off))[:, None] * gain
        belief = softmax(run_trials(scorer.network, trials.inputs, gain=part, cells=cells).output[-1])
        found.append(np.linalg.lstsq(design, belief[:, 1] - belief[:, 0], rcond=None)[0][:BINS])
    return np.array(found)
