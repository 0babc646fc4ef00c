"""What a learning rule is, and the card on which it says what a synapse must read. Imports network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from .network import Activity, Episode, TanhNetwork

__all__ = ["LocalityCard", "Rule", "cards", "outer"]


@dataclass(frozen=True)
class LocalityCard:
    """What a synapse between cells of the network reads to learn by a rule; the read-out learns by the delta rule in all.

    Attributes
    ----------
    name : str
    pre, post : str
        What of the cells before and behind the synapse.
    error : str
        Who is told what went wrong: each cell its own, or all the same number.
    feedback_weights : str
        What carries errors to the cells.
    other_synapses : bool
        Whether it reads weights of synapses elsewhere.
    later_steps : bool
        Whether what happens later in a trial is needed before a step can be learned from.
    phases : int
        How often a trial is run.
    signed : bool
        Whether the error has a sign.
    """

    name: str
    pre: str
    post: str
    error: str
    feedback_weights: str
    other_synapses: bool
    later_steps: bool
    phases: int = 1
    signed: bool = True

    @property
    def local_in_space(self) -> bool:
        """Whether it reads nothing of other synapses."""
        return not self.other_synapses

    @property
    def local_in_time(self) -> bool:
        """Whether it can learn while a trial runs."""
        return not self.later_steps

    def rows(self) -> list[tuple[str, str]]:
        """What there is to say, in words."""

        def word(true: bool) -> str:
            return "yes" if true else "no"

        return [
            ("before the synapse", self.pre),
            ("behind the synapse", self.post),
            ("error", self.error),
            ("carried by", self.feedback_weights),
            ("local in space", word(self.local_in_space)),
            ("local in time", word(self.local_in_time)),
            ("runs of a trial", str(self.phases)),
            ("signed error", word(self.signed)),
        ]

    def __str__(self) -> str:
        return "\n".join([self.name, *(f"  {what:<20}{said}" for what, said in self.rows())])


class Rule(ABC):
    """A learning rule. Subclasses are frozen dataclasses of what it can be set to."""

    @property
    @abstractmethod
    def card(self) -> LocalityCard:
        """What it reads."""

    @abstractmethod
    def update(self, network: TanhNetwork, episode: Episode, random: np.random.Generator) -> dict[str, np.ndarray]:
        """Change of every projection for a learning rate of 1, mean over trials.

        Parameters
        ----------
        network : TanhNetwork
            Left as it is.
        episode : Episode
        random : numpy.random.Generator
            Of rules that try things out.

        Returns
        -------
        dict of str to ndarray
            ``W_in``, ``W_rec`` and ``W_out``, shaped as they are: the negative gradient of the mean loss, or what the rule
            has in its place.
        """


def cards(rules: Iterable[Rule] | Mapping[str, Rule]) -> str:
    """The cards of several rules as one table of text, a rule a column."""
    columns = [rule.card for rule in (rules.values() if isinstance(rules, Mapping) else rules)]
    lines = [["", *(card.name for card in columns)]]
    lines += [[said[0][0], *(one for _, one in said)] for said in zip(*(card.rows() for card in columns), strict=True)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(f"{cell:<{w}}" for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def outer(behind: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Sum over steps, mean over trials, of the products: shape (cells behind, cells before)."""
    return np.asarray(np.tensordot(behind, before, axes=((0, 1), (0, 1))) / behind.shape[1])


def delta_rule(activity: Activity) -> np.ndarray:
    """Change of the read-out."""
    return -outer(activity.error, activity.r[1:])
