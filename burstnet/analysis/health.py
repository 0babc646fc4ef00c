"""What a reader of a result should be warned of: silent populations, weights at their bounds. Imports result."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..result import Result
from .weights import recorded_weights

__all__ = ["Saturation", "Silence", "saturated_weights", "silent_phases"]

#: Phases shorter than this may well pass without an event.
_SHORTEST = 1.0
#: A weight this near to a bound, as a part of the range between them, stands at it.
_NEAR = 1e-6
_SCALES = {"": 1.0, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3}
_QUANTITY = re.compile(r"\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*(?:([pnumk]?)[A-Za-z])?\s*")


@dataclass(frozen=True)
class Silence:
    """A population without an event in a whole phase.

    Attributes
    ----------
    population, phase : str
    seeds : tuple of int
        In which it is so.
    """

    population: str
    phase: str
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Saturation:
    """Weights at a bound.

    Attributes
    ----------
    projection : str
    bound : {"lower", "upper"}
    part : float
        Largest part of the weights that stands there at one time, 0 to 1, averaged over `seeds`.
    since : float
        When at least half of them first stand there [s], the earliest of the seeds.
    seeds : tuple of int
        In which at least half of the weights do.
    """

    projection: str
    bound: str
    part: float
    since: float
    seeds: tuple[int, ...]


def silent_phases(result: Result) -> list[Silence]:
    """Every population and phase of at least a second without an event, where events were counted."""
    found = []
    for population in result.populations:
        if f"{population}_event_total" in result.data:
            for phase, (start, stop) in result.phases.items():
                if stop - start >= _SHORTEST:
                    silent = result.count(population, "event", start, stop) == 0
                    seeds = tuple(s for s, so in zip(result.seeds, silent, strict=True) if so)
                    found += [Silence(population, phase, seeds)] if seeds else []
    return found


def saturated_weights(result: Result) -> list[Saturation]:
    """Projections of which at least half of the recorded weights stand at a bound at some time.

    Bounds are the parameters ``PROJECTION.w_min`` and ``PROJECTION.w_max``. Equal bounds are no bounds to stand at.
    """
    found = []
    parameters = result.about.get("parameters", {})
    for projection in recorded_weights(result):
        low, high = (_number(parameters.get(f"{projection}.{name}")) for name in ("w_min", "w_max"))
        if low is None or high is None or not high > low:
            continue
        weight, time = result.data[f"{projection}_weight"].values, result.data["state_time"].values
        near = _NEAR * (high - low)
        for bound, there in (("lower", weight <= low + near), ("upper", weight >= high - near)):
            part = there.mean(axis=2)
            half = part >= 0.5
            hit = half.any(axis=1)
            if hit.any():
                seeds = tuple(s for s, so in zip(result.seeds, hit, strict=True) if so)
                since = float(time[half[hit].argmax(axis=1)].min())
                found.append(Saturation(projection, bound, float(part[hit].max(axis=1).mean()), since, seeds))
    return found


def _number(text: str | None) -> float | None:
    """The SI value of a parameter's text such as ``"1.5"`` or ``"200 pA"``; None for anything else."""
    match = _QUANTITY.fullmatch(text or "")
    try:
        return float(match[1]) * _SCALES[match[2] or ""] if match else None
    except ValueError:
        return None
