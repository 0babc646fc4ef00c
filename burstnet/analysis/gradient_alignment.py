"""Summed weight changes beside gradients, over numbers of examples; signal and noise of an error. Imports alignment and errors."""

from __future__ import annotations

import numpy as np

from ..errors import ArgumentError
from .alignment import angle

__all__ = ["angles_over_examples", "example_numbers", "signal_to_noise", "summed_changes"]


def example_numbers(examples: int, interval: int) -> list[int]:
    """Numbers of examples to be summed: 1, 2 and 5 times powers of ten that are multiples of an interval.

    Parameters
    ----------
    examples : int
        The largest number allowed.
    interval : int
        Examples between two samples of the weights.

    Returns
    -------
    list of int
        The largest multiple of the interval if there is no other.
    """
    series = [m * 10**d for d in range(len(str(examples))) for m in (1, 2, 5)]
    found = [n for n in series if n <= examples and n % interval == 0]
    return found or [examples // interval * interval]


def summed_changes(drives: np.ndarray, below: np.ndarray, interval: int) -> np.ndarray:
    """Wanted changes of weights, summed over examples that follow each other.

    Parameters
    ----------
    drives : ndarray, shape (examples, cells)
        What moves each cell's potential in every example.
    below : ndarray, shape (examples, inputs)
        Rates of the area below.
    interval : int
        Examples of each sum; examples beyond a whole number of intervals are left out.

    Returns
    -------
    ndarray, shape (intervals, inputs, cells)
    """
    n = len(drives) // interval
    d, b = (x[: n * interval].reshape(n, interval, -1) for x in (drives, below))
    return np.asarray(b.transpose(0, 2, 1) @ d)


def angles_over_examples(changes: np.ndarray, wanted: np.ndarray, interval: int, numbers: list[int]) -> np.ndarray:
    """Angle between the summed change of weights and the wanted one for the same examples, by their number.

    Parameters
    ----------
    changes, wanted : ndarray, shape (intervals, ...)
        Summed over the examples of each interval.
    interval : int
        Examples of each.
    numbers : list of int
        Numbers of examples, multiples of `interval`.

    Returns
    -------
    ndarray, shape (numbers,)
        Degrees, the mean over all disjoint stretches of so many examples; the network was the same in all of them.

    Raises
    ------
    ArgumentError
        If shapes differ, or there are fewer examples than asked for.
    """
    if changes.shape != wanted.shape:
        raise ArgumentError(f"shapes {changes.shape} and {wanted.shape} are not allowed; both have the same.")
    totals = [np.concatenate([np.zeros_like(x[:1]), np.cumsum(x, axis=0)]) for x in (changes, wanted)]
    found = []
    for n in numbers:
        step = n // interval
        if n % interval or not 0 < step <= len(changes):
            raise ArgumentError(
                f"numbers={numbers} is not allowed; each is a multiple of {interval} up to {interval * len(changes)}."
            )
        one, other = (np.diff(total[::step], axis=0).reshape(len(changes) // step, -1) for total in totals)
        found.append(float(np.mean(angle(one, other, axis=1))))
    return np.array(found)


def signal_to_noise(errors: np.ndarray, image: np.ndarray) -> float:
    """Power of the mean over repetitions of an image, over the variance from one repetition to the next.

    Parameters
    ----------
    errors : ndarray, shape (presentations, cells)
        Of each cell in each presentation.
    image : ndarray of int, shape (presentations,)
        Which image it was; those that were shown once are left out.

    Returns
    -------
    float
        Both are means over images and cells. What noise adds to the power of a mean of few repetitions is taken off, so
        that pure noise has 0 on average. NaN without repetitions or without noise.
    """
    power, noise = [], []
    for one in np.unique(image):
        shown = errors[image == one]
        if len(shown) > 1:
            variance = shown.var(axis=0, ddof=1)
            power.append(np.mean(shown.mean(axis=0) ** 2 - variance / len(shown)))
            noise.append(np.mean(variance))
    return float(np.mean(power) / np.mean(noise)) if noise and np.mean(noise) > 0 else float("nan")
