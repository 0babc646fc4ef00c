"""The network that learning rules are compared on: leaky tanh cells with a linear read-out. Imports errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError

__all__ = ["PROJECTIONS", "Activity", "Episode", "TanhNetwork"]

#: Names of the weights.
PROJECTIONS = ("W_in", "W_rec", "W_out")


@dataclass(frozen=True, eq=False)
class Episode:
    """Trials to learn from.

    Parameters
    ----------
    x : ndarray, shape (steps, trials, inputs)
    y : ndarray, shape (steps, trials, outputs)
        Targets.
    told : ndarray of bool, shape (steps,), optional
        Steps in which there is an error; all by default.

    Raises
    ------
    ArgumentError
        If the shapes do not fit each other.
    """

    x: np.ndarray
    y: np.ndarray
    told: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.x.ndim != 3 or self.y.ndim != 3 or self.x.shape[:2] != self.y.shape[:2]:
            raise ArgumentError(
                f"x of shape {self.x.shape} and y of shape {self.y.shape} are not allowed; give (steps, trials, inputs) and (steps, trials, outputs)."
            )
        if self.told is not None and np.shape(self.told) != self.x.shape[:1]:
            raise ArgumentError(
                f"told of shape {np.shape(self.told)} is not allowed; give one for each of {len(self.x)} steps."
            )

    @property
    def weight(self) -> np.ndarray:
        """1 in steps with an error, else 0: shape (steps, 1, 1)."""
        told = np.ones(len(self.x)) if self.told is None else np.asarray(self.told, dtype=float)
        return told[:, None, None]


@dataclass(frozen=True, eq=False)
class Activity:
    """What the network does in an episode.

    Attributes
    ----------
    h, r : ndarray, shape (steps + 1, trials, cells)
        Potentials and rates, from the silent state before the first step on.
    z : ndarray, shape (steps, trials, outputs)
    error : ndarray, shape (steps, trials, outputs)
        Output minus target, 0 where nothing is told.
    """

    h: np.ndarray
    r: np.ndarray
    z: np.ndarray
    error: np.ndarray

    @property
    def steepness(self) -> np.ndarray:
        """Derivative of the rates with respect to the potentials after each step: shape (steps, trials, cells)."""
        return np.asarray(1 - self.r[1:] ** 2)

    @property
    def loss(self) -> np.ndarray:
        """Half the squared error summed over steps and outputs: shape (trials,)."""
        return np.asarray((self.error**2).sum(axis=(0, 2)) / 2)


@dataclass(frozen=True, eq=False)
class TanhNetwork:
    """``h(t) = alpha h(t-1) + W_rec tanh(h(t-1)) + W_in x(t)`` and ``z(t) = W_out tanh(h(t))``.

    Parameters
    ----------
    W_in : ndarray, shape (cells, inputs)
    W_rec : ndarray, shape (cells, cells)
    W_out : ndarray, shape (outputs, cells)
    alpha : float
        What a cell keeps of its potential from step to step, from 0 to below 1.

    Raises
    ------
    ArgumentError
        If the shapes do not fit each other, or `alpha` is not allowed.

    References
    ----------
    Pemberton et al. (2024), Table 1, network without feedback.
    """

    W_in: np.ndarray
    W_rec: np.ndarray
    W_out: np.ndarray
    alpha: float = 0.1

    def __post_init__(self) -> None:
        cells = len(self.W_rec)
        if np.shape(self.W_rec) != (cells, cells) or len(self.W_in) != cells or np.shape(self.W_out)[1:] != (cells,):
            raise ArgumentError(
                f"W_in, W_rec and W_out of shapes {np.shape(self.W_in)}, {np.shape(self.W_rec)} and {np.shape(self.W_out)} are not allowed; give (cells, inputs), (cells, cells) and (outputs, cells)."
            )
        if not 0 <= self.alpha < 1:
            raise ArgumentError(f"alpha={self.alpha!r} is not allowed; it is from 0 to below 1.")

    @classmethod
    def random(
        cls, inputs: int, cells: int, outputs: int, random: np.random.Generator, alpha: float = 0.1
    ) -> TanhNetwork:
        """Weights uniform up to one over the square root of the number of cells, as in Pemberton et al. (2024)."""
        most = 1 / np.sqrt(cells)
        shapes = {"W_in": (cells, inputs), "W_rec": (cells, cells), "W_out": (outputs, cells)}
        return cls(**{name: random.uniform(-most, most, shape) for name, shape in shapes.items()}, alpha=alpha)

    def run(self, episode: Episode, noise: np.ndarray | None = None) -> Activity:
        """Show an episode.

        Parameters
        ----------
        episode : Episode
        noise : ndarray, shape (steps, trials, cells), optional
            Added to what the cells receive.
        """
        steps, trials, _ = episode.x.shape
        driven = episode.x @ self.W_in.T + (0 if noise is None else noise)
        h = np.zeros((steps + 1, trials, len(self.W_rec)))
        r = np.zeros_like(h)
        for t in range(steps):
            h[t + 1] = self.alpha * h[t] + r[t] @ self.W_rec.T + driven[t]
            r[t + 1] = np.tanh(h[t + 1])
        z = r[1:] @ self.W_out.T
        return Activity(h, r, z, (z - episode.y) * episode.weight)

    def changed(self, update: dict[str, np.ndarray], rate: float = 1.0) -> TanhNetwork:
        """The network after a step of that size along an update."""
        moved = {name: getattr(self, name) + rate * update[name] for name in PROJECTIONS}
        return TanhNetwork(**moved, alpha=self.alpha)
