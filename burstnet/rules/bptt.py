"""Back-propagation through time, exact or within windows. Imports base and network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError
from .base import LocalityCard, Rule, delta_rule, outer
from .network import Activity, Episode, TanhNetwork

__all__ = ["BackPropagation", "sent_back"]


@dataclass(frozen=True)
class BackPropagation(Rule):
    """Errors go back through the read-out and through time: the steepest descent that other rules are compared with.

    Parameters
    ----------
    horizon : int, optional
        Errors do not leave windows of so many steps; all of the episode by default.

    Raises
    ------
    ArgumentError
        If the horizon is below 1.

    References
    ----------
    Werbos (1990); Williams and Peng (1990) for windows, here without overlap as in Boven et al. (2023).
    """

    horizon: int | None = None

    def __post_init__(self) -> None:
        if self.horizon is not None and self.horizon < 1:
            raise ArgumentError(
                f"horizon={self.horizon!r} is not allowed; it is at least 1, or None for all of the episode."
            )

    @property
    def card(self) -> LocalityCard:
        """What it reads."""
        return LocalityCard(
            "BPTT" if self.horizon is None else f"BPTT within {self.horizon} step{'s' * (self.horizon > 1)}",
            pre="rate",
            post="slope of the rate",
            error="one for each cell",
            feedback_weights="the transposed forward weights",
            other_synapses=True,
            later_steps=self.horizon != 1,
        )

    def update(self, network: TanhNetwork, episode: Episode, random: np.random.Generator) -> dict[str, np.ndarray]:
        """The negative gradient; `random` is not used."""
        activity = network.run(episode)
        back = sent_back(activity, network.W_out, network.W_rec, network.alpha, self.horizon)
        return {
            "W_in": -outer(back, episode.x),
            "W_rec": -outer(back, activity.r[:-1]),
            "W_out": delta_rule(activity),
        }


def sent_back(
    activity: Activity, readout: np.ndarray, recurrent: np.ndarray, alpha: float, horizon: int | None = None
) -> np.ndarray:
    """What reaches each cell in each step if errors go back through these weights: shape (steps, trials, cells).

    Parameters
    ----------
    activity : Activity
    readout : ndarray, shape (outputs, cells)
    recurrent : ndarray, shape (cells, cells)
        The forward weights for the gradient with respect to the potentials, others for what is not quite it.
    alpha : float
    horizon : int, optional
        Windows that nothing leaves.
    """
    steps, steepness = len(activity.error), activity.steepness
    found = (activity.error @ readout) * steepness
    for t in reversed(range(steps - 1)):
        if horizon is None or (t + 1) % horizon:
            found[t] += alpha * found[t + 1] + (found[t + 1] @ recurrent) * steepness[t]
    return np.asarray(found)
