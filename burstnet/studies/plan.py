"""A study that was checked: what each of its arms comes to, before anything is built. Imports setups, study and worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..setups import Setup
from . import worker
from .study import Study

__all__ = ["Plan", "plan_study"]


@dataclass(frozen=True)
class Plan:
    """A study that was checked: what each arm comes to.

    Attributes
    ----------
    study : Study
    target, why : str
        The target that was chosen, and why.
    setups : dict of str to Setup
        By label.
    identity : dict
        What decides the outcome, as plain data.
    """

    study: Study
    target: str
    why: str
    setups: dict[str, Setup]
    identity: dict[str, Any]

    def programs(self) -> dict[str, str]:
        """Digest of a program to the first arm that needs it."""
        found: dict[str, str] = {}
        for label, arm in self.identity["arms"].items():
            found.setdefault(arm["program"], label)
        return found

    def cost(self, runs: dict[str, int], jobs: int) -> dict[str, float]:
        """Rough memory [bytes a run], disk [bytes] and time [s] of so many runs of each arm."""
        total = {"memory": 0.0, "disk": 0.0, "seconds": 0.0}
        for label, number in runs.items():
            one = self.setups[label].estimate(self.target)
            total["memory"] = max(total["memory"], one["memory"])
            total["disk"] += one["disk"] * number
            total["seconds"] += one["seconds"] * number / max(1, min(jobs, sum(runs.values())))
        return total


def plan_study(study: Study) -> Plan:
    """Check every arm of a study before anything is built.

    Raises
    ------
    ArgumentError
        With the first thing that does not exist or is not allowed.
    BuildError
        If its target is not there.
    """
    begun = worker.begun(study.beginning)
    target = why = ""
    setups: dict[str, Setup] = {}
    arms: dict[str, Any] = {}
    ready: dict[tuple, tuple[Setup, str]] = {}
    for arm in study.arms:
        settings = tuple(sorted({**study.settings, **arm.settings}.items()))
        if settings not in ready:
            setup = study.setup(arm)
            target, why = (target, why) if ready else setup.choose_target(study.target)
            ready[settings] = setup, setup.key()
        setup, key = ready[settings]
        setup.check(study.seeds, arm.lesions, begun)
        setups[arm.label] = setup
        arms[arm.label] = {
            "lesions": list(arm.lesions),
            "settings": dict(arm.settings),
            "program": key,
            "parameters": setup.parameters(),
            **({"beginning": dict(study.beginning)} if study.beginning else {}),
        }
    identity = {"protocol": study.name, "target": target, "seeds": list(study.seeds), "arms": arms}
    return Plan(study, target, why, setups, identity)
