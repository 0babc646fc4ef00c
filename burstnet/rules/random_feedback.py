"""Feedback alignment: errors go back through fixed random weights. Imports base, bptt, eprop and network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .base import LocalityCard, Rule, delta_rule, outer
from .bptt import sent_back
from .eprop import random_weights
from .network import Episode, TanhNetwork

__all__ = ["RandomFeedback"]


@dataclass(frozen=True)
class RandomFeedback(Rule):
    """Back-propagation through time whose way back is random: out of the read-out and from cell to cell.

    Parameters
    ----------
    seed : int
        Of the fixed random weights.

    References
    ----------
    Lillicrap et al. (2016), Nature Communications 7:13276, for layers; here also from step to step.
    """

    seed: int = 1

    @property
    def card(self) -> LocalityCard:
        """What it reads."""
        return LocalityCard(
            "random feedback",
            pre="rate",
            post="slope of the rate",
            error="one for each cell",
            feedback_weights="fixed random weights",
            other_synapses=False,
            later_steps=True,
        )

    def update(self, network: TanhNetwork, episode: Episode, random: np.random.Generator) -> dict[str, np.ndarray]:
        """As back-propagation with other weights; `random` is not used."""
        activity = network.run(episode)
        back = sent_back(
            activity,
            random_weights(network.W_out, self.seed, "alignment.readout"),
            random_weights(network.W_rec, self.seed, "alignment.recurrent"),
            network.alpha,
        )
        return {
            "W_in": -outer(back, episode.x),
            "W_rec": -outer(back, activity.r[:-1]),
            "W_out": delta_rule(activity),
        }
