"""What networks in rates that learn images have in common: epochs, scores, feedback and its lesions. Imports images and rate models."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from itertools import chain
from typing import Any, ClassVar, Protocol

import numpy as np

from burstnet.datasets import ImageSet, check_images, image_set
from burstnet.errors import ArgumentError
from burstnet.rate_model import RateModel, RateRun, Recorded

__all__ = ["CreditNetwork", "ImageNetwork", "Learner"]

#: Rules that send errors down through Y; only BurstCCN has an event feedback Q too.
_SENDS = ("burstccn", "backprop", "feedback-alignment", "burstprop", "edn")


class Learner(Protocol):
    """A network of one seed with what it learns from."""

    def epoch(self, session: int) -> None:
        """See every image once, and learn."""

    def scores(self, session: int) -> dict[str, Any]:
        """What is measured after an epoch, under the names of `ImageNetwork.scores`; session -1 is before learning."""


class ImageNetwork(RateModel):
    """Base of networks that learn a set of images, and are scored before learning and after every epoch.

    Attributes
    ----------
    images : str
        See `burstnet.datasets.image_set`.
    batch : int
        Images between two steps of learning; the rest of an epoch's images is left out.
    scores : mapping of str to (str, str)
        What is measured, with its unit and meaning: a number, or one for every hidden area.
    """

    images: str
    batch: int
    scores: ClassVar[Mapping[str, tuple[str, str]]]

    def check(self) -> None:
        """Whether the images are there."""
        check_images(self.images)

    @abstractmethod
    def learner(self, run: RateRun, data: ImageSet) -> Learner:
        """The network of this seed before learning."""

    def run(self, run: RateRun) -> dict[str, Recorded]:
        """Train, and score before and after every epoch.

        Raises
        ------
        ArgumentError
            If there are fewer images than a batch.
        """
        data = image_set(self.images)
        if self.batch > len(data.train):
            raise ArgumentError(
                f"batch={self.batch} is not allowed; there are {len(data.train)} images for training, and it is at most that."
            )
        learner = self.learner(run, data)
        scores: dict[str, np.ndarray] = {}
        for session in chain([-1], run.sessions):
            if session >= 0:
                learner.epoch(session)
            for name, value in learner.scores(session).items():
                kept = scores.setdefault(name, np.full((run.stop + 1, *np.shape(value)), np.nan))
                kept[session] = value
        found, areas = {}, 0
        for name, (unit, doc) in self.scores.items():
            axes = ("area",) if scores[name].ndim == 2 else ()
            areas = max(areas, scores[name].shape[1] if axes else 0)
            found[name] = Recorded(scores[name][:-1], ("session", *axes), unit, doc)
            found[f"{name}_before"] = Recorded(scores[name][-1], axes, unit, f"{doc}, before learning")
        return found | {"area": Recorded(np.arange(1, areas + 1), ("area",), "1", "hidden area, the lowest is 1")}


class CreditNetwork(ImageNetwork):
    """Base of networks whose errors reach hidden areas by one of several rules, through feedback that lesions can reach.

    Attributes
    ----------
    rule : str
        How errors reach hidden areas.
    feedback : str
        "own" (tied, random for feedback alignment) or one of `burstnet.models.burstccn_rate_network.FEEDBACKS`.
    """

    rule: str
    feedback: str

    def check_feedback(self) -> None:
        """Raise an `ArgumentError` where the feedback does not go with the rule."""
        if self.rule == "backprop" and self.weight_mode != "tied":
            raise ArgumentError(
                f"feedback={self.feedback!r} is not allowed with rule='backprop', which has 'tied'; use rule='feedback-alignment'."
            )
        if self.rule != "burstccn" and self.weight_mode in ("online-y", "online-q", "uncancelled"):
            raise ArgumentError(
                f"feedback={self.feedback!r} is not allowed with rule={self.rule!r}; only 'burstccn' has event feedback."
            )

    @property
    def weight_mode(self) -> str:
        """The feedback, with a rule's own filled in."""
        own = "random" if self.rule == "feedback-alignment" else "tied"
        return own if self.feedback == "own" else self.feedback

    @property
    @abstractmethod
    def above(self) -> list[str]:
        """Names of all areas above the image, lowest first."""

    @property
    def projections(self) -> dict[str, tuple[str, str]]:
        """Forward weights between areas, and the feedback that the rule has."""
        pairs = list(zip(self.above[1:], self.above[:-1], strict=True))
        found = {f"forward{k + 2}": (low, high) for k, (high, low) in enumerate(pairs)}
        kinds = ("burst", "event") if self.rule == "burstccn" else ("burst",) if self.rule in _SENDS else ()
        return found | {f"{kind}{k + 1}": pair for kind in kinds for k, pair in enumerate(pairs)}

    @property
    def lesionable(self) -> dict[str, tuple[str, ...]]:
        """Areas, their forward learning, and every feedback projection."""
        found: dict[str, tuple[str, ...]] = dict.fromkeys(self.above[:-1], ("silence", "scale", "freeze"))
        found["output"] = ("freeze",)
        return found | {name: ("scale", "freeze") for name in self.projections if name.startswith(("burst", "event"))}
