"""Who connects to whom: counter-based rules, or the user's own arrays. Imports random and errors.

A rule's graph is a pure function of (seed, projection, i, j), drawn inside the program: the seed is a run argument and
the graph is the same on every target.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError
from ..random import stream_number

__all__ = ["AllToAll", "Connectivity", "FixedIndegree", "FromArrays", "OneToOne", "WithProbability"]


#: Largest index that Brian2 holds.
_LARGEST = 2**31 - 1


class Connectivity:
    """Base of the rules."""

    #: Whether the seed changes the graph.
    seeded = False

    def arguments(self, stream: int) -> dict:
        """Keyword arguments of `brian2.Synapses.connect`."""
        raise NotImplementedError

    def check(self, name: str, n_source: int, n_target: int) -> None:
        """Refuse a rule that does not fit the populations' sizes."""

    def count(self, n_source: int, n_target: int) -> int | None:
        """Number of connections; None where the seed draws them."""
        return None

    def at_least(self, n_source: int, n_target: int) -> int:
        """A number of connections that every seed exceeds, but for one in 10^11."""
        return self.count(n_source, n_target) or 0


@dataclass(frozen=True)
class AllToAll(Connectivity):
    """Every cell to every cell."""

    def arguments(self, stream: int) -> dict:
        return {}

    def count(self, n_source: int, n_target: int) -> int | None:
        return n_source * n_target


@dataclass(frozen=True)
class OneToOne(Connectivity):
    """Cell i to cell i; the populations have equal sizes."""

    def arguments(self, stream: int) -> dict:
        return {"j": "i"}

    def check(self, name: str, n_source: int, n_target: int) -> None:
        if n_source != n_target:
            raise ArgumentError(
                f"projection {name!r}: OneToOne needs equal sizes, got {n_source} and {n_target} cells."
            )

    def count(self, n_source: int, n_target: int) -> int | None:
        return n_target


@dataclass(frozen=True)
class WithProbability(Connectivity):
    """Each ordered pair independently with probability `p`.

    Parameters
    ----------
    p : float
        From 0 to 1.
    autapses : bool
        Whether a cell may connect to itself; only for a projection of a population onto itself.
    like : str, optional
        Another projection between populations of the same sizes and with the same `p`, whose graph this one repeats.
    """

    p: float
    autapses: bool = True
    like: str | None = None
    seeded = True

    def __post_init__(self) -> None:
        if isinstance(self.p, bool) or not isinstance(self.p, (int, float, np.number)) or not 0 <= self.p <= 1:
            raise ArgumentError(f"p={self.p!r} is not allowed; a probability is from 0 to 1.")

    def arguments(self, stream: int) -> dict:
        stream = stream_number(self.like) if self.like else stream
        chosen = f"pair_bernoulli({float(self.p)!r}, run_seed_post, {stream}, i, j) > 0"
        return {"condition": chosen if self.autapses else f"i != j and {chosen}"}

    def at_least(self, n_source: int, n_target: int) -> int:
        pairs = n_source * n_target if self.autapses else max(0, n_source * n_target - max(n_source, n_target))
        return max(0, int(pairs * self.p - 7 * (pairs * self.p * (1 - self.p)) ** 0.5))


@dataclass(frozen=True)
class FixedIndegree(Connectivity):
    """Exactly `k` inputs for every target cell, drawn with replacement.

    Parameters
    ----------
    k : int
        Inputs per target cell.
    """

    k: int
    seeded = True

    def __post_init__(self) -> None:
        if isinstance(self.k, bool) or not isinstance(self.k, (int, np.integer)) or self.k < 1:
            raise ArgumentError(f"k={self.k!r} is not allowed; give a whole number of inputs, at least 1.")

    def arguments(self, stream: int) -> dict:
        return {"i": f"int(N_pre*pair_uniform(run_seed_post, {stream}, j, k)) for k in range({self.k})"}


@dataclass(frozen=True, eq=False)
class FromArrays(Connectivity):
    """Given pairs; the seed does not change the graph.

    Parameters
    ----------
    i, j : array_like of int, shape (synapses,)
        Source and target cells.
    """

    i: np.ndarray
    j: np.ndarray

    def __post_init__(self) -> None:
        for side in ("i", "j"):
            values = np.asarray(getattr(self, side))
            if values.ndim != 1 or not np.issubdtype(values.dtype, np.integer):
                raise ArgumentError(
                    f"{side} of shape {values.shape} and type {values.dtype} is not allowed; give a one-dimensional array of whole numbers."
                )
            if not len(values):
                raise ArgumentError(f"{side}=[] is not allowed; give at least one connection.")
            if values.min() < 0 or values.max() > _LARGEST:
                raise ArgumentError(
                    f"{side} holds {values.min()} to {values.max()}; cells are numbered from 0 to {_LARGEST}."
                )
            object.__setattr__(self, side, values.astype(np.int32))
        if len(self.i) != len(self.j):
            raise ArgumentError(f"i and j have {len(self.i)} and {len(self.j)} entries; they need equally many.")

    def arguments(self, stream: int) -> dict:
        return {"i": self.i, "j": self.j}

    def count(self, n_source: int, n_target: int) -> int | None:
        return len(self.i)

    def check(self, name: str, n_source: int, n_target: int) -> None:
        for side, values, n in (("i", self.i, n_source), ("j", self.j, n_target)):
            if values.max() >= n:
                raise ArgumentError(
                    f"projection {name!r}: {side} holds {values.min()} to {values.max()}; allowed are 0 to {n - 1}."
                )
