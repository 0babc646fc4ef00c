"""Metrics of any circuit: rates and burst probability of each population in each phase. Never imports Brian2."""

from __future__ import annotations

from ..result import Result
from .metrics import Metric

__all__ = ["phase_metrics"]


def phase_metrics(result: Result) -> dict[str, Metric]:
    """For every phase and counted population its event rate [Hz], burst rate [Hz] and burst probability.

    Names are ``"PHASE.POPULATION_event_rate"``, ``_burst_rate`` and ``_burst_probability``; phases of no length are left
    out.
    """
    found = {}
    for phase, (start, stop) in result.phases.items():
        for name in result.populations:
            if stop > start and f"{name}_event_total" in result.data:
                for event in ("event", "burst"):
                    found[f"{phase}.{name}_{event}_rate"] = Metric("Hz", result.rate(name, event, start, stop))
                probability = result.burst_probability(name, start, stop)
                found[f"{phase}.{name}_burst_probability"] = Metric("1", probability)
    return found
