"""What is compiled, and what one run of it is given and leaves. Imports circuit, objects and recording."""

from __future__ import annotations

import contextlib
import hashlib
import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from brian2 import prefs
from brian2.devices.device import reset_device, set_device

from ..beside import describe_objects
from ..circuit import Circuit
from ..description import plain
from ..errors import RunError
from ..objects import build_objects
from ..recording import Recording

__all__ = ["Program", "RawRun", "RunRequest", "package_version", "runtime"]

#: What turns a description into a program; a change in it is another program.
_GENERATOR = (
    "beside.py", "checkpoint.py", "control.py", "lesion_cells.py", "lesion_code.py", "lesion_sites.py", "monitors.py",
    "neurons.py", "objects.py", "pathways.py", "projection.py", "random.py", "recording.py",
    "cells", "plasticity", "synapses", "targets",
)  # fmt: skip


@lru_cache
def package_version(name: str) -> str:
    """The installed version of a package, or an empty string."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


@dataclass(frozen=True)
class Program:
    """A circuit with what is recorded of it: all that a build depends on, without a single parameter value."""

    circuit: Circuit
    recording: Recording
    name: str = "circuit"

    def describe(self) -> dict:
        """Canonical description, from which the cache key is made."""
        recorded = plain(self.recording)
        for run_argument in ("spike_window", "trace_window"):
            recorded.pop(run_argument)
        circuit = self.circuit.describe()
        if self.circuit.beside:
            circuit["beside"] = self._describe_beside()
        versions = {name: package_version(name) for name in ("brian2", "numpy", "burstnet")}
        return {
            "circuit": circuit,
            "recording": recorded,
            "versions": versions,
            "generator": _generator(),
            "machine": platform.machine(),
        }

    def _describe_beside(self) -> dict:
        """The user's own objects, made once on Brian2's numpy target."""
        with runtime("numpy"):
            objects = build_objects(self.circuit, None, self.circuit.replace_values({}))
            found = describe_objects(objects.beside)
            objects.give_up()
            return found


@lru_cache(maxsize=1)
def _generator() -> str:
    """Digest of our own code that a program is made by, so that a checkout that changes never meets an old build."""
    home = Path(__file__).parents[1]
    found = hashlib.sha256()
    for name in _GENERATOR:
        for path in sorted((home / name).glob("*.py")) if (home / name).is_dir() else [home / name]:
            found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


@contextlib.contextmanager
def runtime(target: str) -> Iterator[None]:
    """Brian2's runtime device with one code generation target; what was there before comes back."""
    before = prefs.codegen.target
    set_device("runtime")
    prefs.codegen.target = target
    try:
        yield
    finally:
        prefs.codegen.target = before
        reset_device()


@dataclass(frozen=True)
class RunRequest:
    """One run: a seed, a length in steps, and the SI value of every run argument.

    Attributes
    ----------
    steps : int
        The first step that is not run.
    values : dict of str to float
        ``{"object.variable": value}``, complete.
    windows : dict of str to tuple of two int
        Steps within which spikes and traces are kept, and lesions act.
    start : int
        The first step.
    state : dict of str to ndarray
        What to begin with in the place of initial values, by ``"object.variable"``; see `burstnet.checkpoint`.
    """

    seed: int
    steps: int
    values: Mapping[str, float]
    windows: Mapping[str, tuple[int, int]]
    start: int = 0
    state: Mapping[str, np.ndarray] = field(default_factory=dict)

    def arguments(self) -> dict[str, float]:
        """All numbers that a program is given."""
        found = dict(self.values)
        found |= {"control.run_seed": self.seed, "control.run_from": float(self.start)}
        found |= {"control.run_steps": float(self.steps)}
        for name, (start, stop) in self.windows.items():
            found |= {f"control.{name}_from": float(start), f"control.{name}_until": float(stop)}
        return found


@dataclass
class RawRun:
    """What one run left: arrays by ``"object.variable"`` in SI, and its cost."""

    request: RunRequest
    arrays: dict[str, np.ndarray]
    cpu_s: float
    wall_s: float
    log: str = ""
    extra: dict = field(default_factory=dict)

    def verify(self) -> None:
        """Refuse a run that did not get its arguments, did not finish, or holds a NaN.

        Raises
        ------
        RunError
            With the first thing that is wrong.
        """
        for name, value in self.request.arguments().items():
            found = self.arrays.get(name)
            if found is None or found.size != 1 or float(found.ravel()[0]) != float(value):
                got = "nothing" if found is None else found.ravel()[:3]
                raise RunError(
                    f"The run did not take its argument {name}={value!r} (it has {got}); its outcome is discarded."
                )
        for name, values in self.arrays.items():
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                where = int(np.flatnonzero(~np.isfinite(values.ravel()))[0])
                raise RunError(
                    f"The run left {values.ravel()[where]} in {name} (entry {where}); a parameter drives the equations out of range."
                )


Progress = Callable[[float], None]
