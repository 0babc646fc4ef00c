"""Node perturbation: cells are shaken, and what helped is kept. Imports base and network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError
from .base import LocalityCard, Rule, delta_rule, outer
from .network import Episode, TanhNetwork

__all__ = ["NodePerturbation"]


@dataclass(frozen=True)
class NodePerturbation(Rule):
    """Every trial runs once as it is and once with noise in every cell; the change of its loss is told to all synapses.

    On average this is the gradient, with a variance that grows with the number of cells and steps.

    Parameters
    ----------
    sigma : float
        Standard deviation of the noise, small against the potentials.
    repeats : int
        Noisy runs of every trial, over which the update is averaged.

    Raises
    ------
    ArgumentError
        If a number is not allowed.

    References
    ----------
    Werfel, Xie and Seung (2005), Neural Computation 17, 2699-2718.
    """

    sigma: float = 1e-3
    repeats: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.sigma < float("inf"):
            raise ArgumentError(f"sigma={self.sigma!r} is not allowed; it is above 0.")
        if self.repeats < 1:
            raise ArgumentError(f"repeats={self.repeats!r} is not allowed; it is at least 1.")

    @property
    def card(self) -> LocalityCard:
        """What it reads."""
        return LocalityCard(
            "node perturbation",
            pre="rate",
            post="its noise",
            error="one number for all",
            feedback_weights="a broadcast",
            other_synapses=False,
            later_steps=True,
            phases=2,
        )

    def update(self, network: TanhNetwork, episode: Episode, random: np.random.Generator) -> dict[str, np.ndarray]:
        """Noise times what came in, by how much it changed the loss."""
        calm = network.run(episode)
        shape = (*episode.x.shape[:2], len(network.W_rec))
        found = {"W_in": np.zeros_like(network.W_in), "W_rec": np.zeros_like(network.W_rec)}
        for _ in range(self.repeats):
            noise = random.standard_normal(shape) * self.sigma
            worse = network.run(episode, noise).loss - calm.loss
            blamed = noise * (worse / self.sigma**2)[:, None]
            found["W_in"] -= outer(blamed, episode.x) / self.repeats
            found["W_rec"] -= outer(blamed, calm.r[:-1]) / self.repeats
        return found | {"W_out": delta_rule(calm)}
