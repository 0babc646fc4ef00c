"""RFLO: eligibility traces and errors through fixed random weights. Imports base, eprop and network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .base import LocalityCard, Rule
from .eprop import eligible, random_weights
from .network import Episode, TanhNetwork

__all__ = ["RFLO"]


@dataclass(frozen=True)
class RFLO(Rule):
    """Random-feedback local online learning.

    Parameters
    ----------
    seed : int
        Of the fixed random weights through which errors come.

    Notes
    -----
    In Murray's network cells leak behind their nonlinearity, in this one before it; therefore the slope stands outside of
    the trace here. With that, the rule is e-prop with random feedback; they were found independently.

    References
    ----------
    Murray (2019), Local online learning in recurrent networks with random feedback, eLife 8:e43299.
    """

    seed: int = 1

    @property
    def card(self) -> LocalityCard:
        """What it reads."""
        return LocalityCard(
            "RFLO",
            pre="trace of the rate",
            post="slope of the rate",
            error="one for each cell",
            feedback_weights="fixed random weights",
            other_synapses=False,
            later_steps=False,
        )

    def update(self, network: TanhNetwork, episode: Episode, random: np.random.Generator) -> dict[str, np.ndarray]:
        """Errors times traces; `random` is not used."""
        weights = random_weights(network.W_out, self.seed, "rflo.feedback")
        return eligible(network, episode, network.run(episode), weights)
