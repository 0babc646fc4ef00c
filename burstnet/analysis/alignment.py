"""How well two vectors point the same way: an update with another rule's, predicted with true feedback. Imports errors.

Every function takes arrays of any shape and compares along one axis, or whole arrays; undefined values are NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..errors import ArgumentError, unknown_name

__all__ = ["Alignment", "align", "angle", "cosine", "descent_efficiency", "norm_ratio", "sign_agreement"]


@dataclass(frozen=True)
class Alignment:
    """One projection's update beside that of a reference.

    Attributes
    ----------
    cosine : float
        1: the same direction, 0: none of it, -1: the opposite.
    angle : float
        The same [degree].
    sign_agreement : float
        Part of the weights that both move and move the same way.
    norm_ratio : float
        Length of the update over that of the reference.
    cosine_per_cell : ndarray, shape (cells,)
        The cosine over the inputs of each cell that the projection goes to.
    """

    cosine: float
    angle: float
    sign_agreement: float
    norm_ratio: float
    cosine_per_cell: np.ndarray


def cosine(one: ArrayLike, other: ArrayLike, axis: int | None = None) -> np.ndarray:
    """Cosine of the angle between two vectors.

    Parameters
    ----------
    one, other : array_like of the same shape
    axis : int, optional
        Along which each vector lies; the whole array is one vector by default.

    Returns
    -------
    ndarray
        Without that axis. NaN where either vector is zero.

    Raises
    ------
    ArgumentError
        If the shapes differ.
    """
    a, b = _pair(one, other)
    # scaled first: gradients of a float32 network can be too small to be squared
    a, b = (v / _or_nan(np.abs(v).max(axis=axis, keepdims=True)) for v in (a, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (a * b).sum(axis=axis) / np.sqrt((a * a).sum(axis=axis) * (b * b).sum(axis=axis))
    return np.clip(found, -1.0, 1.0)


def angle(one: ArrayLike, other: ArrayLike, axis: int | None = None) -> np.ndarray:
    """Angle between two vectors [degree]; see `cosine`."""
    return np.degrees(np.arccos(cosine(one, other, axis)))


def sign_agreement(one: ArrayLike, other: ArrayLike, axis: int | None = None) -> np.ndarray:
    """Part of the entries that have the same sign, of those that are zero in neither; see `cosine`."""
    a, b = _pair(one, other)
    both = (a != 0) & (b != 0)
    same = (both & (np.sign(a) == np.sign(b))).sum(axis=axis)
    return np.asarray(same / _or_nan(both.sum(axis=axis)))


def norm_ratio(one: ArrayLike, other: ArrayLike, axis: int | None = None) -> np.ndarray:
    """Length of `one` over that of `other`; NaN where the latter is zero. See `cosine`."""
    a, b = _pair(one, other)
    lengths = [np.linalg.norm(v.ravel() if axis is None else v, axis=0 if axis is None else axis) for v in (a, b)]
    return np.asarray(lengths[0] / _or_nan(lengths[1]))


def descent_efficiency(update: Mapping[str, ArrayLike], gradient: Mapping[str, ArrayLike]) -> float:
    """How far a short step along an update lowers the loss, as a part of what the steepest step of that length does.

    Parameters
    ----------
    update : mapping of str to array_like
        Change of the weights of every projection.
    gradient : mapping of str to array_like
        Of the loss; the steepest step is against it.

    Returns
    -------
    float
        1 for steepest descent, 0 if nothing is gained to first order, negative if the loss rises. Unlike the cosine of each
        projection it is of all weights together.

    Raises
    ------
    ArgumentError
        If the names or shapes differ.
    """
    _same_names(update, gradient)
    whole = [
        np.concatenate([np.ravel(np.asarray(part[name], float)) for name in gradient]) for part in (update, gradient)
    ]
    return float(cosine(whole[0], -whole[1]))


def align(update: Mapping[str, ArrayLike], reference: Mapping[str, ArrayLike]) -> dict[str, Alignment]:
    """Compare updates projection by projection.

    Parameters
    ----------
    update, reference : mapping of str to array_like, shape (cells, inputs)
        Change of the weights of every projection, of the rule and of what it is compared with, such as back-propagation
        through time.

    Returns
    -------
    dict of str to Alignment

    Raises
    ------
    ArgumentError
        If the names or shapes differ.

    References
    ----------
    Payeur et al. (2021) and Murray (2019) use the angle; the list is that of Henha Eyono et al. (2022).
    """
    _same_names(update, reference)
    return {
        name: Alignment(
            cosine=float(cosine(update[name], other)),
            angle=float(angle(update[name], other)),
            sign_agreement=float(sign_agreement(update[name], other)),
            norm_ratio=float(norm_ratio(update[name], other)),
            cosine_per_cell=cosine(update[name], other, axis=1),
        )
        for name, other in reference.items()
    }


def _pair(one: ArrayLike, other: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    if a.shape != b.shape:
        raise ArgumentError(f"shapes {a.shape} and {b.shape} are not allowed; both have the same.")
    return a, b


def _or_nan(value: np.ndarray) -> np.ndarray:
    """The same, NaN where it is 0."""
    return np.where(value == 0, np.nan, value)


def _same_names(one: Mapping[str, ArrayLike], other: Mapping[str, ArrayLike]) -> None:
    for name in one:
        if name not in other:
            raise unknown_name("projection", name, other)
    for name in other:
        if name not in one:
            raise unknown_name("projection", name, one)
