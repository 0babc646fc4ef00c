"""Setup: what an experiment's settings come to, ready to be described, estimated, checked and run. Imports compiled, rate_program.

One interface for circuits, which are compiled, and rate models, which are not: studies and commands know nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

from brian2.units.fundamentalunits import Quantity

from .circuit import Circuit
from .compiled import Compiled, all_parameters, compile, estimate
from .control import NEVER
from .errors import ArgumentError, unknown_name
from .lesion import Lesion, as_lesions
from .lesion_sites import lesion_sites
from .rate_model import RateModel, sessions_of
from .rate_program import RateProgram, rate_parameters
from .recording import Recording
from .result import Result
from .targets.cache import program_key
from .targets.program import Program, package_version
from .targets.target import TARGETS, choose_target
from .timeline import Timeline

__all__ = ["CircuitSetup", "RateSetup", "Runner", "Setup", "System", "setup_of"]

#: What an experiment builds.
System = Circuit | RateModel
Report = Callable[[str, float], None]


class Runner(Protocol):
    """Something ready to run with any seeds and lesions: `Compiled`, `RateProgram`."""

    target: str
    build_s: float

    def within(self, folder: Path) -> Runner:
        """The same, which keeps in a folder what it writes while it runs."""

    def stop(self) -> None:
        """Kill every run that is under way."""

    def run(
        self,
        seeds: Iterable[int] | int = 1,
        params: Mapping[str, Quantity | float] | None = None,
        *,
        lesions: str | Lesion | Iterable[Lesion | str] = (),
        start_from: Result | None = None,
        continue_from: Result | None = None,
        until: Quantity | None = None,
        jobs: int = 1,
        report: Report | None = None,
    ) -> Result:
        """Run every seed."""


@dataclass(frozen=True)
class Setup(ABC):
    """What an experiment's settings come to.

    Attributes
    ----------
    protocol : ParameterSet or Timeline
        An instance of the experiment's protocol.
    values : dict of str to Quantity
        Parameters of the circuit or model that differ from its own.
    """

    protocol: Any
    values: dict[str, Quantity]

    @property
    @abstractmethod
    def circuit(self) -> Circuit | None:
        """The circuit, if it is one: what is drawn and what projects are generated of."""

    @abstractmethod
    def choose_target(self, target: str) -> tuple[str, str]:
        """The target to use and why, see `burstnet.targets.target.choose_target`."""

    @abstractmethod
    def parameters(self) -> dict[str, str]:
        """Every parameter by its public name, as text with units."""

    @abstractmethod
    def lesionable(self) -> dict[str, list[str]]:
        """Every target of a lesion to the kinds that it knows."""

    @abstractmethod
    def key(self) -> str:
        """A digest of what is run; parameters are no part of it."""

    @abstractmethod
    def check(self, seeds: Sequence[int], lesions: Sequence[str], beginning: Mapping[str, Any]) -> None:
        """See that these runs can start, before anything is built.

        Parameters
        ----------
        seeds : sequence of int
        lesions : sequence of str
        beginning : mapping
            ``start_from``, ``continue_from``, ``until`` as `Runner.run` takes them.

        Raises
        ------
        ArgumentError
        """

    @abstractmethod
    def estimate(self, target: str) -> dict[str, float]:
        """Rough memory [bytes], disk [bytes] and time [s] of one run."""

    @abstractmethod
    def compile(self, target: str, report: Report | None = None) -> Runner:
        """What runs it, built if need be."""


@dataclass(frozen=True)
class CircuitSetup(Setup):
    """A circuit with a protocol."""

    system: Circuit

    @property
    def circuit(self) -> Circuit:
        """The circuit."""
        return self.system

    @property
    def timeline(self) -> Timeline:
        """What changes when."""
        found: Timeline = self.protocol if isinstance(self.protocol, Timeline) else self.protocol.timeline()
        return found

    @property
    def recording(self) -> Recording:
        """What is kept of a run."""
        found: Recording = self.protocol.recording(self.system) if hasattr(self.protocol, "recording") else Recording()
        return found

    def choose_target(self, target: str) -> tuple[str, str]:
        """See `Setup.choose_target`."""
        return choose_target(target)

    def parameters(self) -> dict[str, str]:
        """See `Setup.parameters`."""
        return all_parameters(self.system, self.protocol, self.values)

    def lesionable(self) -> dict[str, list[str]]:
        """See `Setup.lesionable`."""
        found: dict[str, list[str]] = {}
        for site in lesion_sites(self.system):
            found.setdefault(site.target, []).append(site.kind)
        return found

    def key(self) -> str:
        """See `Setup.key`."""
        return program_key(Program(self.system, self.recording, getattr(self.protocol, "NAME", "circuit")).describe())

    def check(self, seeds: Sequence[int], lesions: Sequence[str], beginning: Mapping[str, Any]) -> None:
        """See `Setup.check`."""
        duration = self.timeline.duration
        if not float(duration / self.system.dt) < NEVER:
            raise ArgumentError(f"The timeline lasts {duration}, which is too long.")
        unbuilt = SimpleNamespace(target="", build_s=0.0)
        compiled = Compiled(self.system, self.protocol, self.recording, unbuilt, "")
        compiled.requests(list(seeds[:1]), self.protocol, self.values, as_lesions(lesions), beginning.get("until"))
        for name in ("start_from", "continue_from"):
            earlier = beginning.get(name)
            if earlier is not None and (name == "continue_from" or len(earlier.seeds) > 1):
                for seed in seeds:
                    earlier.state(seed)

    def estimate(self, target: str) -> dict[str, float]:
        """See `Setup.estimate`."""
        return estimate(self.system, self.timeline, self.recording, target, 1, 1)

    def compile(self, target: str, report: Report | None = None) -> Runner:
        """See `Setup.compile`."""
        return compile(self.system, self.protocol, target, report=report)


@dataclass(frozen=True)
class RateSetup(Setup):
    """A rate model with a protocol; it runs in numpy and nothing is built."""

    system: RateModel

    @property
    def circuit(self) -> None:
        """None."""
        return None

    def choose_target(self, target: str) -> tuple[str, str]:
        """See `Setup.choose_target`; numpy is the only one."""
        if target not in TARGETS:
            raise unknown_name("target", target, TARGETS)
        if target not in ("auto", "numpy"):
            raise ArgumentError(
                f"target={target!r} is not allowed; {self.system.name} is a rate model, which runs in numpy: give auto or numpy."
            )
        return "numpy", "a rate model is nothing to compile"

    def parameters(self) -> dict[str, str]:
        """See `Setup.parameters`."""
        return rate_parameters(self.system, self.protocol, self.system.parameters.replace(**self.values))

    def lesionable(self) -> dict[str, list[str]]:
        """See `Setup.lesionable`."""
        return {target: list(kinds) for target, kinds in self.system.lesionable.items()}

    def key(self) -> str:
        """See `Setup.key`."""
        versions = {name: package_version(name) for name in (*self.system.packages, "burstnet")}
        return program_key({"rate_model": self.system.describe(), "versions": versions})

    def check(self, seeds: Sequence[int], lesions: Sequence[str], beginning: Mapping[str, Any]) -> None:
        """See `Setup.check`."""
        parameters = self.system.parameters.replace(**self.values)
        RateProgram(self.system, self.protocol).requests(
            seeds[:1], self.protocol, parameters, as_lesions(lesions), **beginning
        )

    def estimate(self, target: str) -> dict[str, float]:
        """See `Setup.estimate`."""
        sessions = sessions_of(self.protocol.timeline())
        return {
            "memory": self.system.memory(self.protocol),
            "disk": 1e5,
            "seconds": sessions * self.system.session_s(self.protocol),
        }

    def compile(self, target: str, report: Report | None = None) -> Runner:
        """See `Setup.compile`."""
        return RateProgram(self.system, self.protocol)


def setup_of(system: System, protocol: Any, values: dict[str, Quantity]) -> Setup:
    """The setup of what an experiment builds."""
    if isinstance(system, RateModel):
        return RateSetup(protocol, values, system)
    return CircuitSetup(protocol, values, system)
