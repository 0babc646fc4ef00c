"""e-prop: eligibility traces in every synapse meet the error of the same step. Imports base and network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import unknown_name
from ..streams import generator
from .base import LocalityCard, Rule, delta_rule, outer
from .network import Activity, Episode, TanhNetwork

__all__ = ["FEEDBACKS", "EProp", "eligible", "random_weights"]

FEEDBACKS = ("symmetric", "random")


@dataclass(frozen=True)
class EProp(Rule):
    """A synapse keeps a trace of what came in, which decays as the cell's potential does; the error of a step meets it.

    What other cells make of this one's rate later is left out; that is all that tells it from the exact gradient.

    Parameters
    ----------
    feedback : str
        ``"symmetric"``: errors come through the transposed read-out. ``"random"``: through fixed random weights.
    seed : int
        Of the random weights.

    Raises
    ------
    ArgumentError
        If the feedback is neither.

    References
    ----------
    Bellec et al. (2020), e-prop 1, here of rate cells as in Pemberton et al. (2024).
    """

    feedback: str = "symmetric"
    seed: int = 1

    def __post_init__(self) -> None:
        if self.feedback not in FEEDBACKS:
            raise unknown_name("feedback", self.feedback, FEEDBACKS)

    @property
    def card(self) -> LocalityCard:
        """What it reads."""
        symmetric = self.feedback == "symmetric"
        return LocalityCard(
            f"e-prop, {self.feedback}",
            pre="trace of the rate",
            post="slope of the rate",
            error="one for each cell",
            feedback_weights="the transposed read-out" if symmetric else "fixed random weights",
            other_synapses=symmetric,
            later_steps=False,
        )

    def update(self, network: TanhNetwork, episode: Episode, random: np.random.Generator) -> dict[str, np.ndarray]:
        """Errors times traces; `random` is not used."""
        activity = network.run(episode)
        symmetric = self.feedback == "symmetric"
        weights = network.W_out if symmetric else random_weights(network.W_out, self.seed, "e-prop.feedback")
        return eligible(network, episode, activity, weights)


def eligible(network: TanhNetwork, episode: Episode, activity: Activity, feedback: np.ndarray) -> dict[str, np.ndarray]:
    """Updates by traces, with errors that come through `feedback`, shape (outputs, cells).

    The trace of a synapse depends on the cell before it alone, so that one for each input line is enough.
    """
    told = (activity.error @ feedback) * activity.steepness
    return {
        "W_in": -outer(told, _traces(episode.x, network.alpha)),
        "W_rec": -outer(told, _traces(activity.r[:-1], network.alpha)),
        "W_out": delta_rule(activity),
    }


def random_weights(like: np.ndarray, seed: int, stream: str) -> np.ndarray:
    """Fixed random weights, uniform and as large as those they stand in for."""
    most = np.sqrt(3 * np.mean(like**2))
    return np.asarray(generator(seed, stream).uniform(-most, most, like.shape))


def _traces(rates: np.ndarray, alpha: float) -> np.ndarray:
    """Sum of what came in, which loses the part ``1 - alpha`` in each step."""
    found = rates.copy()
    for t in range(1, len(found)):
        found[t] += alpha * found[t - 1]
    return found
