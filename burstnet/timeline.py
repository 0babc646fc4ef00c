"""Phase and Timeline: what changes when. Imports control and errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from brian2.units import second
from brian2.units.fundamentalunits import Quantity

from .cells.fragment import Parameter
from .control import Window
from .errors import ArgumentError, unknown_name
from .quantities import format_quantity

__all__ = ["Phase", "Timeline"]


@dataclass(frozen=True)
class Phase:
    """A named stretch of a run in which knobs have given values.

    Parameters
    ----------
    name : str
    duration : Quantity [second]
    settings : mapping of str to Quantity
        Knob to its value in this phase; other knobs keep their default.
    """

    name: str
    duration: Quantity
    settings: Mapping[str, Quantity | float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        duration = Parameter(1 * second).checked(self.duration, f"duration of phase {self.name!r}")
        if float(duration) < 0:
            raise ArgumentError(
                f"duration of phase {self.name!r}={format_quantity(duration)} is not allowed; it is at least 0 s."
            )


@dataclass(frozen=True)
class Timeline:
    """Phases one after the other.

    Examples
    --------
    >>> from brian2 import second, pA, Hz
    >>> timeline = Timeline([Phase("rest", 5*second), Phase("teach", 10*second, {"teaching_gain": 80*pA/Hz})])
    >>> timeline.duration
    15. * second
    """

    phases: tuple[Phase, ...]

    def __init__(self, phases: Iterable[Phase]) -> None:
        object.__setattr__(self, "phases", tuple(phases))
        names = [phase.name for phase in self.phases]
        for name in names:
            if names.count(name) > 1:
                raise ArgumentError(f"phase {name!r} is there twice; names are unique in a timeline.")

    @property
    def duration(self) -> Quantity:
        """Sum of the phases [second]."""
        # Not sum(), which rounds otherwise since Python 3.12 and would miss the last phase's stop.
        return (self.span(self.phases[-1].name)[1] if self.phases else 0.0) * second

    def span(self, name: str) -> tuple[float, float]:
        """Start and stop of a phase in seconds."""
        start = 0.0
        for phase in self.phases:
            if phase.name == name:
                return start, start + float(phase.duration)
            start += float(phase.duration)
        raise unknown_name("phase", name, [phase.name for phase in self.phases])

    def spans(self) -> dict[str, tuple[float, float]]:
        """Phase to its start and stop in seconds, in order."""
        return {phase.name: self.span(phase.name) for phase in self.phases}

    def knobs(self) -> tuple[str, ...]:
        """Names of all knobs that a phase sets."""
        return tuple(dict.fromkeys(name for phase in self.phases for name in phase.settings))

    def windows(self, knob: str) -> tuple[Window, ...]:
        """One window for each phase that sets this knob, also where its value is the default."""
        return tuple(
            Window(phase.settings[knob], self.span(phase.name)[0] * second, self.span(phase.name)[1] * second)
            for phase in self.phases
            if knob in phase.settings
        )
