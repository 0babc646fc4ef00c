"""The runtime targets, numpy and cython: Brian2 in this process, for machines without a compiler and for looking closely."""

from __future__ import annotations

import resource
import time
from typing import Any

import numpy as np
from brian2 import EventMonitor, Network, StateMonitor, seed
from brian2.core.base import BrianObjectException
from brian2.core.variables import ArrayVariable
from brian2.units import second

from ..beside import explained
from ..objects import Brian2Objects, build_objects
from .program import Program, Progress, RawRun, RunRequest, runtime

__all__ = ["RuntimeProgram"]


class RuntimeProgram:
    """A program that Brian2 runs in this process.

    Attributes
    ----------
    target : {"numpy", "cython"}
    """

    built, build_s, key = False, 0.0, ""
    #: Runs need a process each to go side by side.
    backend = "loky"

    def __init__(self, program: Program, target: str) -> None:
        self.program, self.target = program, target

    def run(self, request: RunRequest, progress: Progress | None = None) -> RawRun:
        """One run, objects made anew."""
        with runtime(self.target):
            if self.program.circuit.beside:
                seed(request.seed)  # for whatever the user's own objects draw
            objects = build_objects(self.program.circuit, self.program.recording, request.arguments())
            network = Network(*objects.all())
            try:
                network.run(0 * second, namespace={})
            except BrianObjectException as problem:
                objects.give_up()
                raise explained(problem, objects.beside) or problem from problem
            started, cpu = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
            if request.start or request.state:
                _restore(network, objects, request, float(self.program.circuit.dt))
            self._run_in_windows(network, objects, request, progress)
            used = resource.getrusage(resource.RUSAGE_SELF).ru_utime - cpu
            return RawRun(request, _arrays(objects) | _queues(objects), used, time.perf_counter() - started)

    def stop(self) -> None:
        """Nothing to stop: worker processes end with the pool."""

    def _run_in_windows(
        self, network: Network, objects: Brian2Objects, request: RunRequest, progress: Progress | None
    ) -> None:
        """Run in stretches between which windowed monitors are switched."""
        dt = float(self.program.circuit.dt)
        start = request.start
        edges = {start, request.steps} | {
            max(start, min(edge, request.steps)) for window in request.windows.values() for edge in window
        }
        if progress:
            edges |= set(range(start, request.steps, max(1, (request.steps - start) // 50)))
        done = start
        for edge in sorted(edges)[1:]:
            for name, thing in (objects.monitors | objects.lesions).items():
                window = request.windows.get("lesions" if name in objects.lesions else name.rpartition("_")[2])
                if window:
                    thing.active = window[0] <= done < window[1]
            network.run((edge - done) * dt * second, namespace={})
            done = edge
            if progress:
                progress((done - start) / max(1, request.steps - start))
        for monitor in objects.monitors.values():
            if (
                isinstance(monitor, StateMonitor)
                and monitor.when == "start"
                and request.steps % round(float(monitor.clock.dt) / dt) == 0
            ):
                monitor.record_single_timestep()


def _restore(network: Network, objects: Brian2Objects, request: RunRequest, dt: float) -> None:
    """Put the state of an earlier run in the place of initial values, at the step where this one starts."""
    network.t_ = request.start * dt
    things = {thing.name: thing for thing in objects.all()}
    pathways = {pathway.name: pathway for thing in objects.projections.values() for pathway in thing._pathways}
    for name, values in request.state.items():
        owner, _, variable = name.partition(".")
        if owner == "queue":
            _fill(pathways[variable].queue, values)
        else:
            things[owner].variables[variable].set_value(values)


def _fill(queue: Any, events: np.ndarray) -> None:
    """Put events into a queue of Brian2, of either implementation.

    Its first slot is for the next step, since a queue of the runtime device moves on at the end of a step.
    """
    kept = queue._full_state()
    if len(kept) == 2:
        offset, slots = kept
        for delay, synapse in events:
            slots[(offset + delay - 1) % len(slots)].append(synapse)
        queue._restore_from_full_state((offset, slots))
    else:
        queue._restore_from_full_state((kept[0], events.astype(int) - [1, 0], kept[2]))


def _queues(objects: Brian2Objects) -> dict[str, np.ndarray]:
    """Events on their way, as ``"queue.PATHWAY"``: steps until they arrive, and synapse."""
    found = {}
    for synapses in {id(s): s for s in objects.projections.values()}.values():
        for pathway in synapses._pathways:
            state = pathway.queue._full_state()
            if len(state) == 2:
                offset, slots = state
                rows = [(d + 1, s) for d in range(len(slots)) for s in slots[(offset + d) % len(slots)]]
            else:
                rows = [(d + 1, s) for d, s in state[1]]
            if rows:
                found[f"queue.{pathway.name}"] = np.array(rows, dtype=np.int32)
    return found


def _arrays(objects: Brian2Objects) -> dict[str, np.ndarray]:
    found = {}
    for thing in objects.with_arrays():
        for name, variable in thing.variables.items():
            if isinstance(variable, ArrayVariable) and variable.owner is not None and variable.owner.name == thing.name:
                if name.endswith("space") or (name == "i" and not isinstance(thing, EventMonitor)):
                    continue
                found[f"{thing.name}.{name}"] = np.array(variable.get_value())
    return found
