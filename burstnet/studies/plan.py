"""A study that was checked: what each of its arms comes to, before anything is built. Imports compiled, study and targets."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from ..compiled import Compiled, all_parameters, estimate
from ..control import NEVER
from ..errors import ArgumentError
from ..experiment import Setup
from ..lesion import as_lesions
from ..recording import Recording
from ..targets.cache import program_key
from ..targets.program import Program
from ..targets.target import choose_target
from . import worker
from .study import Arm, Study, timeline_of

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
            setup = self.setups[label]
            one = estimate(setup.circuit, timeline_of(setup.protocol), recording_of(setup), self.target, 1, 1)
            total["memory"] = max(total["memory"], one["memory"])
            total["disk"] += one["disk"] * number
            total["seconds"] += one["seconds"] * number / max(1, min(jobs, sum(runs.values())))
        return total


def recording_of(setup: Setup) -> Recording:
    """What is kept of a run."""
    if hasattr(setup.protocol, "recording"):
        found: Recording = setup.protocol.recording(setup.circuit)
        return found
    return Recording()


def plan_study(study: Study) -> Plan:
    """Check every arm of a study before anything is built.

    Raises
    ------
    ArgumentError
        With the first thing that does not exist or is not allowed.
    BuildError
        If its target is not there.
    """
    target, why = choose_target(study.target)
    setups: dict[str, Setup] = {}
    arms: dict[str, Any] = {}
    ready: dict[tuple, tuple[Setup, str]] = {}
    for arm in study.arms:
        settings = tuple(sorted({**study.settings, **arm.settings}.items()))
        if settings not in ready:
            setup = study.setup(arm)
            program = Program(setup.circuit, recording_of(setup), getattr(setup.protocol, "NAME", "circuit"))
            ready[settings] = setup, program_key(program.describe())
        setup, key = ready[settings]
        _check_arm(study, arm, setup, target)
        setups[arm.label] = setup
        arms[arm.label] = {
            "lesions": list(arm.lesions),
            "settings": dict(arm.settings),
            "program": key,
            "parameters": all_parameters(setup.circuit, setup.protocol, setup.values),
            **({"beginning": dict(study.beginning)} if study.beginning else {}),
        }
    identity = {"protocol": study.name, "target": target, "seeds": list(study.seeds), "arms": arms}
    return Plan(study, target, why, setups, identity)


def _check_arm(study: Study, arm: Arm, setup: Setup, target: str) -> None:
    """Everything that would keep the runs of an arm from starting, before anything is built."""
    timeline = timeline_of(setup.protocol)
    if not float(timeline.duration / setup.circuit.dt) < NEVER:
        raise ArgumentError(f"The timeline lasts {timeline.duration}, which is too long.")
    unbuilt = SimpleNamespace(target=target, build_s=0.0)
    compiled = Compiled(setup.circuit, setup.protocol, recording_of(setup), unbuilt, "")
    begun = worker.begun(study.beginning)
    compiled.requests(list(study.seeds[:1]), setup.protocol, setup.values, as_lesions(arm.lesions), begun.get("until"))
    for name, earlier in begun.items():
        if name != "until" and (name == "continue_from" or len(earlier.seeds) > 1):
            for seed in study.seeds:
                earlier.state(seed)
