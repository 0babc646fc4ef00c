"""compile(circuit, protocol, target) -> Compiled.run(seeds, params) -> Result. Imports targets, collect, timeline, circuit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from brian2.units import second
from brian2.units.fundamentalunits import Quantity

from .cells.fragment import Parameter, ParameterSet
from .checkpoint import check_fits, continued, started_anew
from .circuit import Circuit
from .errors import ArgumentError, unknown_name
from .lesion import Lesion, as_lesions
from .lesion_sites import lesion_numbers
from .neurons import is_broadcast
from .objects import knob_values
from .quantities import format_quantity
from .random import check_seed
from .recording import Recording
from .result import Result
from .targets.cache import Cache
from .targets.program import Program, RunRequest
from .targets.target import choose_target
from .timeline import Timeline

__all__ = ["Compiled", "RunProtocol", "all_parameters", "compile", "estimate"]

#: Called with what is going on ("build" or a seed) and how much of it is done, 0 to 1.
Report = Callable[[str, float], None]


class RunProtocol(Protocol):
    """What `compile` needs of a protocol; a plain `Timeline` will do as well."""

    def timeline(self) -> Timeline:
        """What changes when."""

    def recording(self, circuit: Circuit) -> Recording:
        """What is kept."""


def compile(
    circuit: Circuit,
    protocol: RunProtocol | Timeline,
    target: str = "auto",
    *,
    recording: Recording | None = None,
    strict: bool = False,
    report: Report | None = None,
) -> Compiled:
    """Make a program of a circuit; the second time it comes from the cache.

    Parameters
    ----------
    circuit : Circuit
    protocol : RunProtocol or Timeline
        What changes when. Its values are run arguments: another one of the same kind needs no other build.
    target : {"auto", "cpp", "cuda", "numpy", "cython"}
        ``auto`` is cpp where a compiler works, else numpy.
    recording : Recording, optional
        The protocol's own by default.
    strict : bool
        Compile with -O2 and without fast-math, for traces that are reproducible to the last digits.
    report : callable, optional
        Called with ``("build", fraction)`` while building.

    Raises
    ------
    ArgumentError, BuildError
    """
    chosen, why = choose_target(target)
    kept = recording or (Recording() if isinstance(protocol, Timeline) else protocol.recording(circuit))
    kept.strides(circuit.dt)
    for name in (*kept.means, *kept.trace):
        circuit.population(name)
    for name in kept.weights:
        circuit.projection(name)
    knob_values(circuit, _timeline(protocol))
    program = Program(circuit, kept, getattr(protocol, "NAME", "circuit"))
    if chosen == "cpp":
        from .targets import cpp

        made: Any = cpp.build(
            program, strict=strict, cache=Cache(), progress=(lambda done: report("build", done)) if report else None
        )
    elif chosen == "cuda":
        from .targets import cuda

        made = cuda.build(
            program, strict=strict, cache=Cache(), progress=(lambda done: report("build", done)) if report else None
        )
    else:
        from .targets.runtime import RuntimeProgram

        made = RuntimeProgram(program, chosen)
    return Compiled(circuit, protocol, kept, made, why)


def _timeline(protocol: RunProtocol | Timeline) -> Timeline:
    return protocol if isinstance(protocol, Timeline) else protocol.timeline()


class Compiled:
    """A program, ready to run with any seeds and values.

    Attributes
    ----------
    target : str
    why : str
        Why this target.
    build_s : float
        Wall time of the build; 0 where it came from the cache.
    """

    def __init__(
        self, circuit: Circuit, protocol: RunProtocol | Timeline, recording: Recording, program: Any, why: str
    ) -> None:
        self.circuit, self.protocol, self.recording, self.program, self.why = circuit, protocol, recording, program, why
        self.target: str = program.target
        self.build_s: float = program.build_s

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
        """Run every seed; nothing is compiled.

        Parameters
        ----------
        seeds : int or iterable of int
        params : mapping of str to Quantity
            Values to change: fields of the protocol (``increase_to``) and names of `Circuit.arguments`
            (``input.cell.tau_s``, ``Y.scale``).
        lesions : Lesion, str, or iterable of them
            Lesions, as objects or as text: ``"Y:scale=0@20s..50s"``. Noise and graph are those of a run without them.
        start_from : Result, optional
            A new timeline begins with the final state of this result: its weights, traces, averages, potentials and
            events on their way. Every seed starts from its own, or from the only one that the result has.
        continue_from : Result, optional
            The timeline goes on where this result stopped, which is of the same seeds; noise, windows and events on
            their way are those of a run that was never stopped, and so is the outcome, bit for bit.
        until : Quantity [second], optional
            Stop before the end of the timeline.
        jobs : int
            Runs side by side; 0 for one on each core.
        report : callable, optional
            Called with ``(seed as str, fraction)``.

        Raises
        ------
        ArgumentError
            Before anything runs, if a name or a value is not allowed.
        RunError
            If a run's outcome cannot be trusted.
        """
        import joblib

        from .collect import collect, provenance

        protocol, values = self._settings(params or {})
        hurt = as_lesions(lesions)
        numbers = [seeds] if isinstance(seeds, (int, np.integer)) else list(seeds)
        requests = self.requests(numbers, protocol, values, hurt, until)
        requests = self._with_states(requests, start_from, continue_from)
        started = time.perf_counter()
        workers = joblib.Parallel(n_jobs=min(len(requests), jobs) if jobs else -1, backend=self.program.backend)
        threads = self.program.backend == "threading" or len(requests) == 1 or jobs == 1
        try:
            runs = workers(
                joblib.delayed(_run_one)(self.program, request, report if threads else None) for request in requests
            )
        except BaseException:
            self.program.stop()
            raise
        if report and not threads:
            for request in requests:
                report(str(request.seed), 1.0)
        simulated = (requests[0].steps - requests[0].start) * float(self.circuit.dt)
        earlier = continue_from or start_from
        if earlier is not None:
            for run in runs:
                source = _source_of(earlier, run.request.seed)
                check_fits(earlier.state(source), run.arrays, self.circuit, run.request.seed)
        timing = {
            "build_s": self.build_s,
            "run_cpu_s_per_simulated_s": float(np.mean([run.cpu_s for run in runs])) / simulated if simulated else 0.0,
            "simulated_s": simulated,
            "run_wall_s": time.perf_counter() - started,
        }
        compiler = getattr(self.program, "compiler", None)
        strict = getattr(self.program, "strict", False)
        about = {
            "protocol": getattr(protocol, "NAME", None),
            "target": self.target,
            "parameters": all_parameters(self.circuit, protocol, values),
            "timing": timing,
            "provenance": provenance(
                self.target, compiler.version if compiler else "", compiler.flags(strict) if compiler else ()
            ),
        }
        return collect(runs, self.circuit, self.recording, _timeline(protocol), about, hurt)

    def within(self, folder: Path) -> Compiled:
        """The same program, which keeps in a folder what it writes while it runs."""
        program = self.program.within(folder) if hasattr(self.program, "within") else self.program
        return Compiled(self.circuit, self.protocol, self.recording, program, self.why)

    def stop(self) -> None:
        """Kill every run of this program that is under way."""
        self.program.stop()

    def requests(
        self,
        seeds: list[int],
        protocol: RunProtocol | Timeline | None = None,
        values: Mapping[str, Quantity | float] | None = None,
        lesions: str | Lesion | Iterable[Lesion | str] = (),
        until: Quantity | None = None,
    ) -> list[RunRequest]:
        """The runs of these seeds, with every argument."""
        if not seeds:
            raise ArgumentError("seeds=[] is not allowed; give at least one.")
        if len(set(seeds)) != len(seeds):
            raise ArgumentError(f"seeds={seeds} is not allowed; one is there twice.")
        timeline = _timeline(protocol or self.protocol)
        steps = round(float(timeline.duration / self.circuit.dt))
        if until is not None:
            stop = float(Parameter(1 * second, positive=True).checked(until, "until"))
            if round(stop / float(self.circuit.dt)) > steps:
                raise ArgumentError(
                    f"until={format_quantity(until)} is not allowed; the timeline ends at {format_quantity(timeline.duration)}."
                )
            steps = round(stop / float(self.circuit.dt))
        numbers = self.circuit.replace_values(values or {}) | knob_values(self.circuit, timeline)
        windows = self.recording.window_steps(self.circuit.dt, steps)
        hurt = as_lesions(lesions)
        found = []
        for seed in seeds:
            amounts, span = lesion_numbers(self.circuit, hurt, steps, check_seed(seed))
            found.append(RunRequest(check_seed(seed), steps, numbers | amounts, windows | {"lesions": span}))
        return found

    def _with_states(
        self, requests: list[RunRequest], start_from: Result | None, continue_from: Result | None
    ) -> list[RunRequest]:
        """The runs, beginning with what an earlier result left."""
        earlier = continue_from or start_from
        if earlier is None:
            return requests
        name = "continue_from" if continue_from is not None else "start_from"
        if start_from is not None and continue_from is not None:
            raise ArgumentError("start_from and continue_from exclude each other; give one.")
        sizes = {p.name: p.n for p in self.circuit.populations}
        if earlier.populations != sizes or earlier.dt != float(self.circuit.dt):
            raise ArgumentError(
                f"{name} is a result of populations {earlier.populations} at dt={earlier.dt:g} s, but the circuit has {sizes} at {float(self.circuit.dt):g} s."
            )
        found = []
        for request in requests:
            if continue_from is not None:
                state, start = continued(continue_from.state(request.seed)), continue_from.end_step
                if start >= request.steps:
                    raise ArgumentError(
                        f"continue_from is a result up to {start * earlier.dt:g} s, but the timeline ends at {request.steps * earlier.dt:g} s; make it longer."
                    )
            else:
                source = earlier.state(_source_of(earlier, request.seed))
                state, start = started_anew(source, self.circuit, earlier.end_step), 0
            found.append(replace(request, start=start, state=state))
        return found

    def _settings(
        self, params: Mapping[str, Quantity | float]
    ) -> tuple[RunProtocol | Timeline, dict[str, Quantity | float]]:
        """Split parameters into the protocol's and the circuit's."""
        own = set(self.protocol.declared()) if isinstance(self.protocol, ParameterSet) else set()
        known = self.circuit.arguments()
        for name in params:
            if name not in own and name not in known:
                if name.endswith(".n") or name in ("dt", "areas"):
                    raise ArgumentError(
                        f"{name} is fixed when a circuit is built; make another circuit and compile it."
                    )
                raise unknown_name("parameter", name, [*own, *known])
        mine = {name: value for name, value in params.items() if name in own}
        protocol: Any = self.protocol.replace(**mine) if isinstance(self.protocol, ParameterSet) else self.protocol
        return protocol, {name: value for name, value in params.items() if name not in own}


def all_parameters(
    circuit: Circuit, protocol: RunProtocol | Timeline, values: Mapping[str, Quantity | float]
) -> dict[str, str]:
    """Every parameter by its public name, as text with units; windows of knobs are the timeline's."""
    found = {f"{p.name}.n": str(p.n) for p in circuit.populations} | {"dt": format_quantity(circuit.dt)}
    if isinstance(protocol, ParameterSet):
        found |= {name: format_quantity(p.value) for name, p in protocol.parameters().items()}
    knobs = {k.name for k in circuit.knobs}
    for name, argument in circuit.arguments().items():
        if name.partition(".")[0] not in knobs:
            found[name] = format_quantity(Quantity(values.get(name, argument.parameter.value)))
    return found


def estimate(
    circuit: Circuit, timeline: Timeline, recording: Recording, target: str, seeds: int, jobs: int
) -> dict[str, float]:
    """Rough memory [bytes a run], disk [bytes] and time [s] of a run of so many seeds, from sizes alone."""
    seconds = float(timeline.duration / second)
    cells = sum(p.n for p in circuit.populations)
    kept = (
        min(seconds, float(recording.spike_window[1] - recording.spike_window[0]))
        if recording.spike_window
        else seconds
    )
    spikes = sum(recording.recorded_cells(p.n) for p in circuit.populations) * kept * _SPIKES_PER_S
    statistics = seconds / float(recording.statistics) * 4 * len(circuit.populations)
    sampled = sum(min(p.n, recording.cells) * len(recording.means.get(p.name, ())) for p in circuit.populations)
    states = seconds / float(recording.states) * (sampled + recording.cells * len(recording.weights))
    raw = 8 * (3 * spikes + statistics + states)
    step = {"cpp": 1e-6 + 1e-8 * cells, "cuda": 5e-4, "cython": 1e-4 + 2e-8 * cells, "numpy": 5e-4 + 1e-7 * cells}[
        target
    ]
    run = seconds / float(circuit.dt) * step
    return {
        "memory": 2e7 + raw + 400 * cells + _BYTES_A_SYNAPSE * _synapses(circuit),
        "disk": 0.1 * raw * seeds,
        "seconds": run * seeds / max(1, min(jobs, seeds)),
    }


#: Spikes a cell and second that an estimate assumes.
_SPIKES_PER_S = 15.0
#: Both ends of a synapse, and its place in the queue.
_BYTES_A_SYNAPSE = 14


def _synapses(circuit: Circuit) -> int:
    """How many synapses a circuit has, or nearly so where the seed draws them."""
    return sum(
        p.connect.at_least(circuit.population(str(p.source)).n, circuit.population(p.target).n)
        for p in circuit.projections
        if not p.constant and not p.tied_to and not is_broadcast(circuit, p)
    )


def _source_of(earlier: Result, seed: int) -> int:
    """The seed of an earlier result whose state a seed begins with."""
    return earlier.seeds[0] if len(earlier.seeds) == 1 else seed


def _run_one(program: Any, request: RunRequest, report: Report | None) -> Any:
    run = program.run(request, (lambda done: report(str(request.seed), done)) if report else None)
    run.verify()
    if report:
        report(str(request.seed), 1.0)
    return run
