"""The standalone C++ target: one binary serves every seed, parameter and window of a program."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from brian2 import EventMonitor, Network, prefs
from brian2.core.base import BrianObjectException
from brian2.core.variables import ArrayVariable, DynamicArrayVariable
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice
from brian2.devices.device import all_devices, reset_device, set_device
from brian2.units import second

from ..beside import explained
from ..errors import RunError
from ..objects import RUN_NUMBERS, Brian2Objects, build_objects
from .arrays import ARRAYS_FILE, PlainArray
from .cache import Cache, program_key
from .compiler import Compiler, find_compiler
from .cuda_toolkit import Nvcc
from .dense import dense_pathways
from .faster import LESION_WINDOW, Hints
from .hashing import quick_keys
from .make import run_make
from .output import read_arrays, read_queues
from .program import Program, Progress, RawRun, RunRequest
from .project import rewrite

__all__ = ["CppProgram", "argument_text", "build", "generate", "makefile", "saved_arrays", "windowed"]

_DEVICE = "burstnet_cpp"
# A device of our own, so that a user's own standalone project in the same process stays untouched.
all_devices.setdefault(_DEVICE, CPPStandaloneDevice())


#: The user's own objects may draw from Brian2's generators: the run's seed is theirs too.
_SEED = " for (size_t k = 0; k < _random_generators.size(); k++) _random_generators[k].seed((unsigned long)(_array_control_run_seed[0] + k));"


@contextlib.contextmanager
def _generating(folder: Path, flags: tuple[str, ...]) -> Iterator[CPPStandaloneDevice]:
    """Our device and preferences for the time of one generation; what was there before comes back."""
    ours = {
        "codegen.cpp.extra_compile_args_gcc": ["-w", *flags],
        "codegen.cpp.headers": [],
        "core.default_float_dtype": np.float64,
        "devices.cpp_standalone.openmp_threads": 0,
        "core.stop_on_keyboard_interrupt": False,
    }
    before = {name: prefs[name] for name in ours if name in prefs}
    device = all_devices[_DEVICE]
    try:
        for name in before:
            prefs[name] = ours[name]
        set_device(_DEVICE, build_on_run=False, directory=str(folder))
        device.reinit()
        device.activate(build_on_run=False, directory=str(folder))
        with quick_keys():
            yield device
    finally:
        device.reinit()
        reset_device()
        for name, value in before.items():
            prefs[name] = value


def generate(program: Program, folder: Path, flags: tuple[str, ...], units: int) -> tuple[list[str], dict]:
    """Write the C++ project of a program; returns its sources and the manifest of what a run saves."""
    with _generating(folder, flags) as device:
        numbers = program.circuit.replace_values({}) | {f"control.{name}": 0.0 for name in RUN_NUMBERS}
        take = "set_from_command_line(args);" + (_SEED if program.circuit.beside else "")
        objects = build_objects(program.circuit, program.recording, numbers, lambda: device.insert_code("main", take))
        network = Network(*objects.all(), name="network")
        try:
            network.run(0 * second, namespace={})
        except BrianObjectException as problem:
            objects.give_up()
            raise explained(problem, objects.beside) or problem from problem
        device.build(directory=str(folder), compile=False, run=False, with_output=False)
        saved = saved_arrays(device, objects)
    sources, together = rewrite(folder, units, windowed(objects), _hints(program, "-ffast-math" in flags))
    return sources, {"name": program.name, "arrays": _in_one_file(saved, together)}


def _in_one_file(saved: dict[str, dict], together: list[PlainArray]) -> dict[str, dict]:
    """Where each array is, with its place in the file that holds many."""
    offsets = {array.file: array.offset for array in together}
    return {
        name: entry | {"file": ARRAYS_FILE, "offset": offsets[entry["file"]]} if entry["file"] in offsets else entry
        for name, entry in saved.items()
    }


def windowed(objects: Brian2Objects) -> dict[str, tuple[str, str]]:
    """Code objects that run only within a window of steps, with the C++ expressions of its ends."""
    found = {}
    for name, monitor in objects.monitors.items():
        kind = name.rpartition("_")[2]
        if kind in ("spikes", "trace"):
            found[monitor.codeobj.name] = (f"_array_control_{kind}_from[0]", f"_array_control_{kind}_until[0]")
    for runner in objects.lesions.values():
        found[runner.codeobj.name] = LESION_WINDOW
    return found


def _hints(program: Program, inlined: bool) -> Hints:
    """Custom events that only spiking cells have, since their condition starts with the threshold; knobs of learning."""
    circuit = program.circuit
    return Hints(
        {
            f"{population.name}_{event}": population.name
            for population in circuit.populations
            for event, condition in population.cell.events.items()
            if condition.strip().startswith("{spike} and ") and " or " not in condition
        },
        {
            p.name: p.plasticity.learning
            for p in circuit.projections
            if p.plasticity and p.plasticity.learning and not p.constant
        },
        dense_pathways(circuit),
        inlined,
    )


def saved_arrays(device: CPPStandaloneDevice, objects: Brian2Objects) -> dict[str, dict]:
    """File, type and shape of every array that a run saves; -1 stands for a length that the run decides."""
    saved = {}
    for thing in (*objects.with_arrays(), objects.control.clock):
        for name, variable in thing.variables.items():
            if not isinstance(variable, ArrayVariable) or variable.owner is None or variable.owner.name != thing.name:
                continue
            if name.endswith("space") or (name == "i" and not isinstance(thing, EventMonitor)):
                continue
            if isinstance(variable, DynamicArrayVariable):
                columns = [len(thing.variables["_indices"].get_value())] if variable.ndim == 2 else []
                shape = [-1, *columns]
            else:
                shape = [int(variable.size)]
            saved[f"{thing.name}.{name}"] = {
                "file": os.path.basename(device.get_array_filename(variable)),
                "dtype": np.dtype(variable.dtype).str,
                "shape": shape,
            }
    return saved


def build(
    program: Program, *, strict: bool = False, cache: Cache | None = None, progress: Progress | None = None
) -> CppProgram:
    """The compiled program, from the cache if it is there.

    Raises
    ------
    BuildError
        If there is no compiler, or generating or compiling fails.
    """
    cache = cache or Cache()
    compiler = find_compiler(cache.folder)
    flags = compiler.flags(strict)
    key = program_key(
        {
            "program": program.describe(),
            "target": "cpp",
            "flags": flags,
            "cpu": compiler.cpu,
            "compiler": compiler.version,
        }
    )
    started = time.perf_counter()

    def make(folder: Path) -> list[str]:
        if progress:
            progress(0.0)
        sources, manifest = generate(program, folder, flags, units=max(2, min(4, os.cpu_count() or 1)))
        _compile(folder, compiler, flags, sources, progress)
        (folder / "program.json").write_text(json.dumps(manifest))
        return _prune(folder)

    folder, built = cache.get(key, make)
    return CppProgram(program, folder, key, compiler, strict, built, time.perf_counter() - started if built else 0.0)


def makefile(sources: list[str], command: str, flags: tuple[str, ...]) -> str:
    """The makefile of a project; `command` is the compiler's."""
    objects = [source.removesuffix(".cpp") + ".o" for source in sources]
    # what sets up arrays, writes them and calls code objects: optimising it in full takes long and saves nothing; objects.cpp
    # is linked last, so that the units' template instances are used
    levels = {source: " ".join(flags) if source.startswith("unit") else "-O1" for source in sources}
    levels["objects.cpp"] = "-O0"
    rules = "\n".join(
        f"{o}: {s}\n\t$(CXX) -c -w -std=c++17 {levels[s]} -I. {s} -o {o}" for o, s in zip(objects, sources, strict=True)
    )
    first, last = (" ".join(sorted(objects, key=key)) for key in ("objects.o".__ne__, "objects.o".__eq__))
    return f"CXX = {command}\nmain: {first}\n\t$(CXX) {' '.join(flags)} {last} -o main\n{rules}\n"


def _compile(
    folder: Path, compiler: Compiler, flags: tuple[str, ...], sources: list[str], progress: Progress | None
) -> None:
    """Compile and link with make, as many units at once as there are cores."""
    ccache = shutil.which("ccache")
    (folder / "makefile").write_text(makefile(sources, f"{ccache} {compiler.path}" if ccache else compiler.path, flags))
    run_make(folder, [source.removesuffix(".cpp") + ".o" for source in sources], progress)


def _prune(folder: Path) -> list[str]:
    """Keep what a run needs; returns the names of those files."""
    kept = ["main", "program.json", *(str(p.relative_to(folder)) for p in sorted((folder / "static_arrays").glob("*")))]
    for path in folder.iterdir():
        if path.name not in ("main", "program.json", "static_arrays", "alive"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return kept


class CppProgram:
    """A compiled program.

    Attributes
    ----------
    folder : Path
        Where its binary is.
    key : str
        Its key in the cache.
    built : bool
        Whether it was compiled just now.
    build_s : float
        Wall time of the build; 0 if it was in the cache.
    """

    target = "cpp"
    #: Runs are processes of their own, so that threads are enough to run many at once.
    backend = "threading"

    def __init__(
        self,
        program: Program,
        folder: Path,
        key: str,
        compiler: Compiler | Nvcc,
        strict: bool,
        built: bool,
        build_s: float,
    ) -> None:
        self.program, self.folder, self.key, self.compiler, self.strict = program, folder, key, compiler, strict
        self.built, self.build_s = built, build_s
        self._children: set[subprocess.Popen] = set()
        self._scratch: Path | None = None
        self.arrays = json.loads((folder / "program.json").read_text())["arrays"]

    def within(self, folder: Path) -> CppProgram:
        """The same program, whose runs make their temporary folders in `folder`."""
        found = copy.copy(self)
        found._scratch = folder.absolute()
        return found

    def run(self, request: RunRequest, progress: Progress | None = None) -> RawRun:
        """One run in a folder of its own; nothing of it stays on disk.

        Raises
        ------
        RunError
            If the program failed, was killed, or its outcome cannot be trusted.
        """
        with tempfile.TemporaryDirectory(prefix="burstnet-run-", dir=self._scratch) as folder:
            return self.run_in(Path(folder), request, progress)

    def run_in(self, folder: Path, request: RunRequest, progress: Progress | None = None) -> RawRun:
        """One run whose raw output stays in `folder`."""
        numbers = request.arguments()
        given = [f"{name}={argument_text(self.arrays, name, value)}" for name, value in numbers.items()]
        if request.state:
            write_restart(folder, request.state, self.arrays)
        started = time.perf_counter()
        child = subprocess.Popen(
            [str(self.folder / "main"), "--results_dir", f"{folder}/", *given],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C in a terminal is for us, who end it in good order
        )
        self._children.add(child)
        complaints = []
        try:
            assert child.stderr is not None
            for line in child.stderr:
                if line.startswith("progress "):
                    if progress:
                        progress(float(line.split()[1]))
                elif line.strip():
                    complaints.append(line.strip())
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        finally:
            self._children.discard(child)
            if child.returncode is None:
                child.kill()
                child.wait()
            if child.stderr:
                child.stderr.close()
        if child.returncode or complaints:
            reason = f"said {complaints[0]!r}" if complaints else f"ended with status {child.returncode}"
            raise RunError(f"The compiled program {reason}; its outcome is discarded.")
        arrays = self._load(folder) | read_queues(folder)
        done = int(arrays.pop("step_clock.timestep")[0])
        if done != request.steps:
            raise RunError(
                f"The compiled program stopped after {done} of {request.steps} steps; its outcome is discarded."
            )
        return RawRun(request, arrays, usage.ru_utime, time.perf_counter() - started)

    def stop(self) -> None:
        """Kill every run that is under way."""
        for child in tuple(self._children):
            with contextlib.suppress(ProcessLookupError):
                child.kill()

    def _load(self, folder: Path) -> dict[str, np.ndarray]:
        return read_arrays(folder, self.arrays)


def write_restart(folder: Path, state: Mapping[str, np.ndarray], arrays: Mapping[str, dict]) -> None:
    """Files from which a program takes its state, in the folder of its run.

    Raises
    ------
    RunError
        If the state has a variable that the program does not have.
    """
    lines = []
    for k, (name, values) in enumerate(state.items()):
        if name.startswith("queue."):
            for delay in np.unique(values[:, 0]):
                synapses = " ".join(map(str, values[values[:, 0] == delay, 1]))
                lines.append(f"queue {name.removeprefix('queue.')} {delay} {synapses}")
            continue
        if name not in arrays:
            raise RunError(f"The state has {name!r}, which this program does not have; it is of another circuit.")
        values.astype(np.dtype(arrays[name]["dtype"])).tofile(folder / f"restore-{k}.dat")
        lines.append(f"set {name} restore-{k}.dat")
    (folder / "restore.txt").write_text("".join(line + "\n" for line in lines))


def argument_text(arrays: Mapping[str, dict], name: str, value: float) -> str:
    """A number as the compiled program reads it: whole for integers, else all digits, first a digit or a minus sign."""
    if name not in arrays:
        raise RunError(f"The program has no run argument {name!r}; it is another build.")
    return str(int(value)) if np.dtype(arrays[name]["dtype"]).kind == "i" else repr(float(value))
