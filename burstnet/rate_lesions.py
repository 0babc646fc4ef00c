"""What lesions come to in a rate model, cell by cell and session by session. Imports lesion and lesion_cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from brian2.units import second
from brian2.units.fundamentalunits import Quantity

from .cells.fragment import Parameter
from .errors import ArgumentError, unknown_name
from .lesion import Lesion
from .lesion_cells import Placed, hit_cells, largest_rank, lesion_ranks, placed

if TYPE_CHECKING:
    from .rate_model import RateModel

__all__ = ["RateLesions", "RateSite", "resolve"]

#: One session counts as one second.
_SESSION = 1 * second


@dataclass(frozen=True)
class RateSite:
    """One thing that lesions of one kind act on.

    Attributes
    ----------
    target, kind : str
        As a lesion names them.
    population : str
        The population whose cells a fraction is taken of.
    """

    target: str
    kind: str
    population: str


def resolve(model: RateModel, lesion: Lesion) -> RateSite:
    """The site that a lesion acts on.

    Raises
    ------
    ArgumentError
        If the model has no such part, the part cannot be lesioned so, or the value is not allowed there.
    """
    lesionable = model.lesionable
    if lesion.target not in lesionable:
        raise unknown_name("lesion target", lesion.target, lesionable)
    kinds = lesionable[lesion.target]
    if lesion.kind not in kinds:
        raise ArgumentError(
            f"lesion {str(lesion)!r}: {lesion.kind!r} does not go with {lesion.target!r}; allowed there: {', '.join(kinds) or 'none'}."
        )
    if lesion.value is not None:
        like = Parameter(Quantity(1.0))
        if lesion.kind.startswith("clamp."):
            like = model.parameters.declared()[lesion.kind.removeprefix("clamp.")]
        like.checked(lesion.value, f"value of lesion {lesion.target}:{lesion.kind}")
    projections = model.projections
    population = lesion.target if lesion.target in model.populations else projections[lesion.target][1]
    return RateSite(lesion.target, lesion.kind, population)


class RateLesions:
    """The lesions of a run of one seed.

    Parameters
    ----------
    model : RateModel
    lesions : sequence of Lesion
    sessions : int
        Length of the run.
    seed : int
        Of the random subsets.

    Raises
    ------
    ArgumentError
        If a lesion does not fit the model, begins after the run, or contradicts another.
    """

    def __init__(self, model: RateModel, lesions: Sequence[Lesion], sessions: int, seed: int) -> None:
        self._kinds: Mapping[str, Sequence[str]] = model.lesionable
        self._cells: dict[str, tuple[str, int]] = {}
        for target in self._kinds:
            population = target if target in model.populations else model.projections[target][1]
            self._cells[target] = population, int(model.populations[population])
        self._seed = seed
        self._placed = {
            (site.target, site.kind): windows
            for site, windows in placed(lesions, lambda one: resolve(model, one), _SESSION, sessions).items()
        }

    def hit(self, lesion: Lesion) -> tuple[str, np.ndarray]:
        """The population of the cells that a lesion hits, and which they are."""
        population, n = self._cells[lesion.target]
        return population, hit_cells(lesion, population, n, self._seed)

    def factor(self, target: str, session: int) -> np.ndarray:
        """By what the output of every cell, or what arrives at it, is multiplied.

        Parameters
        ----------
        target : str
            A population, whose silenced cells have 0 and whose others are scaled, or a projection, which is scaled.
        session : int

        Returns
        -------
        ndarray, shape (cells,)
            1 where nothing is lesioned. Of a projection the cells are those that it goes to.
        """
        self._check(target, "silence", "scale")
        found = 1 + self._sum(target, "scale", session, less=1.0)
        population, n = self._cells[target]
        for lesion, start, stop, rise in self._at(target, "silence", session):
            # cells fall silent one after the other, as in a circuit
            cut = largest_rank(lesion, population, n, self._seed) * _level(session, start, stop, rise)
            found[lesion_ranks(population, n, self._seed) <= cut] = 0.0
        return found

    def learning(self, target: str, session: int) -> np.ndarray:
        """What is left of the learning of every cell: 0 where it is frozen, 1 where nothing is; shape (cells,)."""
        self._check(target, "freeze")
        return 1 - self._sum(target, "freeze", session)

    def current(self, target: str, session: int) -> np.ndarray:
        """What is added to the input of every cell; shape (cells,)."""
        self._check(target, "current")
        return self._sum(target, "current", session)

    def clamped(self, target: str, name: str, session: int, own: float) -> np.ndarray:
        """A parameter in every cell, where `own` is its value without lesions; shape (cells,)."""
        self._check(target, f"clamp.{name}")
        return own + self._sum(target, f"clamp.{name}", session, less=own)

    def _check(self, target: str, *kinds: str) -> None:
        """That the model declares what it asks for: a lesion that nobody can write would be none."""
        if not any(kind in self._kinds.get(target, ()) for kind in kinds):
            raise ArgumentError(f"{target}:{' or '.join(kinds)} is not a lesion that the model declares as lesionable.")

    def _at(self, target: str, kind: str, session: int) -> list[Placed]:
        return [one for one in self._placed.get((target, kind), ()) if one[1] <= session < one[2]]

    def _sum(self, target: str, kind: str, session: int, less: float = 0.0) -> np.ndarray:
        """Sum over lesions of their value, or 1, less a number, in the cells that they hit."""
        population, n = self._cells[target]
        found = np.zeros(n)
        for lesion, start, stop, rise in self._at(target, kind, session):
            amount = (1.0 if lesion.value is None else float(lesion.value)) - less
            hit = hit_cells(lesion, population, n, self._seed)
            found += amount * _level(session, start, stop, rise) * hit
        return found


def _level(session: int, start: float, stop: float, rise: float) -> float:
    """How far in a lesion is, 0 to 1."""
    return min(1.0, (session - start + 1) * rise) if start <= session < stop else 0.0
