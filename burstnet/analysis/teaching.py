"""When a teacher was on and what it asked for, from a result's timeline. Imports result."""

from __future__ import annotations

from dataclasses import dataclass

from ..result import Result

__all__ = ["TeachingWindow", "teaching_windows"]


@dataclass(frozen=True)
class TeachingWindow:
    """A phase with a teacher or a target.

    Attributes
    ----------
    phase : str
    start, stop : float
        Seconds.
    gain : float
        Teaching current per rate [A/Hz]; 0 for a phase with a target that is not taught, as in a control.
    target : float or None
        Target rate [Hz].
    """

    phase: str
    start: float
    stop: float
    gain: float
    target: float | None

    @property
    def on(self) -> bool:
        """Whether there is a teaching current."""
        return self.gain != 0


def teaching_windows(result: Result) -> list[TeachingWindow]:
    """Every phase that sets ``teaching_gain`` or ``target_rate`` and lasts, in order of time."""
    found = []
    for phase in result.about.get("timeline", ()):
        settings = phase.get("settings", {})
        gain, target = (settings.get(name, {}).get("value") for name in ("teaching_gain", "target_rate"))
        if (gain or target is not None) and phase["stop_s"] > phase["start_s"]:
            found.append(TeachingWindow(phase["name"], phase["start_s"], phase["stop_s"], gain or 0.0, target))
    return sorted(found, key=lambda window: window.start)
