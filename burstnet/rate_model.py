"""RateModel: a network that numpy trains session by session, described as a circuit is. Imports cells' parameters, rate_lesions, streams.

It stands where a `Circuit` stands in an experiment, so that lesions, studies, results and the command line are the same.
One session counts as one second of the timeline.
"""

from __future__ import annotations

import dataclasses
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from .cells.fragment import ParameterSet
from .circuit import RunArgument
from .errors import ArgumentError, unknown_name
from .rate_lesions import RateLesions
from .streams import generator
from .timeline import Phase, Timeline

__all__ = ["RateModel", "RateRun", "Recorded", "sessions_of"]


@dataclass(frozen=True, eq=False)
class Recorded:
    """An array that the run of one seed leaves.

    Parameters
    ----------
    values : array_like of numbers
        NaN where undefined. Of the same shape whatever the seed and the lesion.
    dims : tuple of str
        Name of each axis. An array named as its only axis is the axis's coordinate, the same for all seeds.
    unit : str
        ``"1"`` for a plain number.
    doc : str
        What it is, in a few words.
    """

    values: ArrayLike
    dims: tuple[str, ...] = ("session",)
    unit: str = "1"
    doc: str = ""


class RateModel(ABC):
    """Base of models that numpy runs. A subclass is a frozen dataclass of what is fixed when it is made.

    Attributes
    ----------
    name : str
    parameters : ParameterSet
        What ``--set`` may change; no name in common with the protocol's.
    packages : tuple of str
        What it computes with, besides burstnet; results and what is kept of a study depend on their versions.
    """

    name: str
    parameters: ParameterSet
    packages: ClassVar[tuple[str, ...]] = ("numpy",)

    @property
    @abstractmethod
    def populations(self) -> Mapping[str, int]:
        """Name to number of cells."""

    @property
    def projections(self) -> Mapping[str, tuple[str, str]]:
        """Name to the population that it comes from and the one that it goes to."""
        return {}

    @property
    @abstractmethod
    def lesionable(self) -> Mapping[str, tuple[str, ...]]:
        """Population or projection to the kinds of lesions that the model knows there."""

    def computed_on(self) -> dict[str, str]:
        """What a result says of the device that it was computed on, besides the machine, such as the GPU."""
        return {}

    def check(self) -> None:  # noqa: B027 there is nothing to check where a model needs nothing
        """Raise an `ArgumentError` if something that a run needs is not there, such as files or a package; called before any run."""

    @abstractmethod
    def session_s(self, protocol: Any) -> float:
        """Roughly how long a session takes on one core [s], for estimates."""

    def memory(self, protocol: Any) -> float:
        """Roughly what a run needs [bytes]."""
        return 2e8

    @abstractmethod
    def run(self, run: RateRun) -> Mapping[str, Recorded]:
        """Train and test one seed; arrays without an axis for the seed."""

    def arguments(self) -> dict[str, RunArgument]:
        """Every settable name, as of a `Circuit`."""
        found = self.parameters.parameters()
        return {name: RunArgument(self.name, name, parameter) for name, parameter in found.items()}

    def fixed(self) -> dict[str, str]:
        """What was chosen when it was made, as text: fields of the dataclass that are numbers or words, besides sizes."""
        fields: Any = dataclasses.fields(self) if dataclasses.is_dataclass(self) else ()
        chosen = {field.name: getattr(self, field.name) for field in fields}
        return {
            name: str(value)
            for name, value in chosen.items()
            if isinstance(value, (str, int, float)) and name not in self.populations
        }

    def describe(self) -> dict[str, Any]:
        """What decides the outcome besides parameters: what the model is made of, and its code."""
        modules = {kind.__module__ for kind in type(self).__mro__ if issubclass(kind, RateModel)}
        code = {name: text for module in modules for name, text in _sources(module).items()}
        return {"model": self.name, "populations": dict(self.populations), "fixed": self.fixed(), "code": code}


def _sources(module: str) -> dict[str, str]:
    """The text of a module and of those named after it, by file name; none where there is no file, as in a notebook."""
    file = getattr(sys.modules[module], "__file__", None)
    if file is None or not file.endswith(".py"):
        return {}
    return {
        path.name: path.read_text(encoding="utf-8") for path in sorted(Path(file).parent.glob(f"{Path(file).stem}*.py"))
    }


@dataclass(frozen=True, eq=False)
class RateRun:
    """What the run of one seed is given.

    Attributes
    ----------
    seed : int
    protocol : ParameterSet
        With the values that were set.
    parameters : ParameterSet
        Those of the model, with the values that were set.
    stop : int
        Number of sessions.
    timeline : Timeline
    lesions : RateLesions
    report : callable or None
        Called with the fraction that is done.
    """

    seed: int
    protocol: Any
    parameters: Any
    stop: int
    timeline: Timeline
    lesions: RateLesions
    report: Callable[[float], None] | None = None

    @property
    def sessions(self) -> Iterator[int]:
        """Every session in turn; says how far the run is."""
        for session in range(self.stop):
            yield session
            if self.report:
                self.report((session + 1) / self.stop)

    def random(self, stream: str, index: int = 0) -> np.random.Generator:
        """The random numbers of a name, for instance of a session's trials; see `burstnet.streams.generator`."""
        return generator(self.seed, stream, index)

    def phase(self, session: int) -> Phase:
        """The phase of the timeline that a session is in.

        Raises
        ------
        ArgumentError
            If the timeline does not last so long.
        """
        for phase in self.timeline.phases:
            start, stop = self.timeline.span(phase.name)
            if round(start) <= session < round(stop):
                return phase
        raise ArgumentError(f"session={session} is not allowed; the timeline has {self.stop}.")

    def factor(self, target: str, session: int) -> np.ndarray:
        """What lesions leave of a target's output, see `RateLesions.factor`."""
        return self.lesions.factor(target, session)

    def learning(self, target: str, session: int) -> np.ndarray:
        """What lesions leave of a target's learning, see `RateLesions.learning`."""
        return self.lesions.learning(target, session)

    def current(self, target: str, session: int) -> np.ndarray:
        """What lesions add to a population's input, see `RateLesions.current`."""
        return self.lesions.current(target, session)

    def clamped(self, target: str, name: str, session: int) -> np.ndarray:
        """A parameter in every cell: the model's own, or what a lesion clamps it at."""
        if name not in self.parameters.declared():
            raise unknown_name(f"parameter of lesion {target}:clamp", name, self.parameters.declared())
        return self.lesions.clamped(target, name, session, float(getattr(self.parameters, name)))


def sessions_of(timeline: Timeline) -> int:
    """How many sessions a timeline has.

    Raises
    ------
    ArgumentError
        If a phase is not a whole number of sessions, each of them a second, or there is no session at all.
    """
    for phase in timeline.phases:
        if abs(float(phase.duration) - round(float(phase.duration))) > 1e-9:
            raise ArgumentError(
                f"phase {phase.name!r} of {phase.duration} is not allowed; a rate model counts whole sessions, each as a second."
            )
    found = round(float(timeline.duration))
    if not 1 <= found < 1e7:
        raise ArgumentError(f"{found} sessions are not allowed; a timeline has at least one, and less than 10 million.")
    return found
