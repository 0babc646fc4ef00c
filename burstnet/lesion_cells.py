"""Which cells lesions hit and in which steps, for circuits and rate models alike. Imports control, lesion and random."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

import numpy as np
from brian2.units.fundamentalunits import Quantity

from .control import Window
from .errors import ArgumentError
from .lesion import Lesion
from .quantities import format_quantity
from .random import pair_uniform, stream_number

__all__ = ["Placed", "Site", "hit_cells", "largest_rank", "lesion_ranks", "lesion_stream", "placed"]

#: A lesion, the first step of one of its windows, the first step after it, and its rise a step.
Placed = tuple[Lesion, float, float, float]


class Site(Protocol):
    """One thing that lesions of one kind act on."""

    @property
    def target(self) -> str:
        """As a lesion names it."""

    @property
    def kind(self) -> str:
        """As a lesion names it."""


AnySite = TypeVar("AnySite", bound=Site)


def placed(
    lesions: Iterable[Lesion], site_of: Callable[[Lesion], AnySite], dt: Quantity, steps: int
) -> dict[AnySite, list[Placed]]:
    """Every window of every lesion, by site, in steps.

    Parameters
    ----------
    lesions : iterable of Lesion
    site_of : callable
        The site that a lesion acts on.
    dt : Quantity [second]
        Length of a step.
    steps : int
        Length of the run.

    Raises
    ------
    ArgumentError
        If a lesion begins after the run, or contradicts another.
    """
    taken: dict[AnySite, list[Placed]] = {}
    for lesion in lesions:
        site = site_of(lesion)
        for start, stop in lesion.windows:
            first, last, rise = Window(0.0, start, stop, lesion.onset).steps(dt)
            if first >= steps:
                raise ArgumentError(
                    f"lesion {str(lesion)!r} begins at {format_quantity(start)}, but the run ends at {format_quantity(steps * dt)}."
                )
            for other, begun, ended, _ in taken.get(site, ()):
                if site.kind != "current" and first < ended and begun < last:
                    raise ArgumentError(
                        f"lesions {str(other)!r} and {str(lesion)!r} contradict each other: both act on {site.target!r} at the same time."
                    )
            taken.setdefault(site, []).append((lesion, first, last, rise))
    return taken


def lesion_stream(population: str) -> int:
    """The stream of random numbers from which the subsets of a population are drawn."""
    return stream_number(f"{population}.lesion")


def lesion_ranks(population: str, n: int, seed: int) -> np.ndarray:
    """The uniform number of each of `n` cells that decides whether a fraction hits it, as a program draws it."""
    return np.ravel(pair_uniform(seed, lesion_stream(population), np.arange(n), 0))


def largest_rank(lesion: Lesion, population: str, n: int, seed: int) -> float:
    """The largest rank of a cell that a lesion hits; below every rank if it hits none."""
    hit = round(lesion.fraction * n)
    if hit in (0, n):
        return 1.0 if hit else -1.0
    return float(np.partition(lesion_ranks(population, n, seed), hit - 1)[hit - 1])


def hit_cells(lesion: Lesion, population: str, n: int, seed: int) -> np.ndarray:
    """Which of the `n` cells of a population a lesion hits, of bool."""
    return lesion_ranks(population, n, seed) <= largest_rank(lesion, population, n, seed)
