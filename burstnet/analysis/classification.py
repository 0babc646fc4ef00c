"""What a network that classifies answered: errors, learning curve, confusion. Imports result and metrics; never Brian2.

An image that is examined is answered by the class whose output cell had most events; classes that have equally many share it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError
from ..result import Result
from .metrics import Curve, Metric
from .sessions import sessions_to

__all__ = ["Answers", "Examination", "classification_metrics", "confusion", "epoch_errors", "epoch_means", "examined"]


@dataclass(frozen=True, eq=False)
class Answers:
    """Images that were examined, one after the other.

    Attributes
    ----------
    start : ndarray, shape (images,)
        Last step of the examination [s].
    counts : ndarray, shape (images, classes)
        Events of each output cell.
    label : ndarray of int, shape (images,)
    """

    start: np.ndarray
    counts: np.ndarray
    label: np.ndarray

    @property
    def credit(self) -> np.ndarray:
        """Share of each class in the answer, shape (images, classes); rows sum to 1."""
        best = self.counts == self.counts.max(axis=1, keepdims=True)
        return np.asarray(best / best.sum(axis=1, keepdims=True))

    @property
    def wrong(self) -> np.ndarray:
        """Part of each answer that is wrong, 0 to 1, shape (images,)."""
        return 1.0 - self.credit[np.arange(len(self.label)), self.label]

    def between(self, start: float, stop: float) -> Answers:
        """Those that end after `start` and not after `stop` [s]."""
        # an image ends with its last step, so half a step is safe on both sides
        here = (self.start > start) & (self.start <= stop)
        return Answers(self.start[here], self.counts[here], self.label[here])


@dataclass(frozen=True)
class Examination:
    """When a network is examined.

    Attributes
    ----------
    begun, epoch, trained : float
        Start of training, length of an epoch, its validation included, and of the training in it [s].
    images : int
        Examined after each epoch.
    """

    begun: float
    epoch: float
    trained: float
    images: int


def examined(result: Result, seed: int) -> Answers:
    """All answers of a seed.

    Raises
    ------
    ArgumentError
        If the run holds no answers, or the seed is not in it.
    """
    if "answers_counted" not in result.data:
        raise ArgumentError("This result holds no answers; it is not of a network that classifies.")
    if seed not in result.seeds:
        raise ArgumentError(f"seed={seed} is not in this result; it has {', '.join(map(str, result.seeds))}.")
    k, numbers = result.seeds.index(seed), result.data["answers_number"].values
    here = slice(int(numbers[:k].sum()), int(numbers[: k + 1].sum()))
    classes = result.populations["output"]
    time, counts, right = (
        result.data[f"answers_{name}"].values[here].reshape(-1, classes) for name in ("t", "counted", "right")
    )
    return Answers(time[:, 0], counts, right.argmax(axis=1))


def epoch_errors(answers: Answers, when: Examination, epochs: int) -> np.ndarray:
    """Error after each epoch, as a part of the images for validation; NaN for an epoch that was not run to its end."""
    found = np.full(epochs, np.nan)
    for k in range(epochs):
        here = answers.between(when.begun + k * when.epoch, when.begun + (k + 1) * when.epoch)
        if when.images and len(here.label) == when.images:
            found[k] = here.wrong.mean()
    return found


def epoch_means(result: Result, variable: str, when: Examination, epochs: int) -> np.ndarray:
    """Mean of a state over the training of each epoch, shape (seeds, epochs); NaN where it was not sampled.

    Parameters
    ----------
    result : Result
    variable : str
        In its data, over ``state_time``: ``"hidden1_signal_mean"``.
    when : Examination
    epochs : int
    """
    time, values = result.data["state_time"].values, result.data[variable].values
    interval = float(time[1] - time[0]) if len(time) > 1 else 0.0
    found = np.full((len(values), epochs), np.nan)
    for k in range(epochs):
        start = when.begun + k * when.epoch
        here = (time - interval >= start - 1e-9) & (time <= start + when.trained + 1e-9)
        # the first mean of a run that goes on is of an interval that it has not seen
        here &= np.isfinite(values).all(axis=0)
        if here.any():
            found[:, k] = values[:, here].mean(axis=1)
    return found


def confusion(answers: Answers, classes: int = 10) -> np.ndarray:
    """Answers over classes, in a row for each right class that sums to 1; NaN where a class was not shown.

    Returns
    -------
    ndarray, shape (classes, classes)
    """
    found = np.full((classes, classes), np.nan)
    for label in range(classes):
        shown = answers.label == label
        if shown.any():
            found[label] = answers.credit[shown].mean(axis=0)
    return found


def classification_metrics(
    result: Result, when: Examination, epochs: int, criterion: float
) -> Mapping[str, Metric | Curve]:
    """Errors as parts of images, rates and burst probabilities of areas, one value a seed.

    ``test.error`` at the end, without teacher and learning; ``validation.error`` after every epoch and
    ``last_validation.error``; ``epochs_to_criterion``; for every area its event rate in the test and, over the last fifth of
    training, ``AREA.burst_deviation``, how far the burst probability of all cells together is from rest. ``AREA.signal`` is how far
    that of a single cell is, on average over cells and the training of the last epoch that was run.
    """
    answers = [examined(result, seed) for seed in result.seeds]
    found: dict[str, Metric | Curve] = {}
    spans = result.phases
    if "test" in spans:
        tested = [a.between(*spans["test"]) for a in answers]
        found["test.error"] = Metric("1", np.array([a.wrong.mean() if len(a.label) else np.nan for a in tested]))
    if when.images:
        curve = np.stack([epoch_errors(a, when, epochs) for a in answers])
        found["validation.error"] = Curve("1", curve, "epoch", 1.0 + np.arange(epochs))
        found["last_validation.error"] = Metric("1", _last(curve))
        found["epochs_to_criterion"] = Metric("1", sessions_to(np.nan_to_num(curve, nan=np.inf), criterion))
    for name in list(result.populations)[1:]:
        if "test" in spans:
            found[f"test.{name}_event_rate"] = Metric("Hz", result.rate(name, "event", *spans["test"]))
        start, stop = spans["training"]
        late = (stop - (stop - start) / 5, stop)
        found[f"{name}.burst_deviation"] = Metric("1", result.burst_probability(name, *late) - _baseline(result, name))
        if f"{name}_signal_mean" in result.data:
            found[f"{name}.signal"] = Metric("1", _last(epoch_means(result, f"{name}_signal_mean", when, epochs)))
    return found


def _baseline(result: Result, name: str) -> float:
    return float(result.about["parameters"][f"{name}.cell.p_b"])


def _last(curve: np.ndarray) -> np.ndarray:
    """The last defined value of each row."""
    return np.array([row[np.isfinite(row)][-1] if np.isfinite(row).any() else np.nan for row in curve])
