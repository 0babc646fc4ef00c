"""The standalone CUDA target through Brian2CUDA: one binary serves every seed, parameter and window of a program.

Generating and building need no GPU; running does. Imports objects and the C++ target, whose binaries run in the same way.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from brian2 import Network
from brian2.core.base import BrianObjectException
from brian2.units import second

from ..beside import explained
from ..errors import BuildError, RunError
from ..objects import RUN_NUMBERS, build_objects
from .cache import Cache, program_key
from .cpp import CppProgram, saved_arrays, windowed
from .cuda_project import makefile, rewrite_cuda
from .cuda_toolkit import (
    DEFAULT_CAPABILITY,
    INSTALL_CURAND,
    Nvcc,
    architecture,
    brian2cuda_problem,
    curand_folder,
    find_gpu,
    find_nvcc,
)
from .make import run_make
from .program import Program, Progress, RawRun, RunRequest

__all__ = ["CudaProgram", "NoGpu", "build", "check_curand", "generate", "sort_records"]

#: Translation units of the code objects; more of them cost more CPU time, since each reads the headers again.
UNITS = 4
#: The user's own objects may draw from cuRAND: the run's seed is theirs too.
_SEED = " random_number_buffer.set_seed((unsigned long long)_array_control_run_seed[0]);"


def generate(
    program: Program, folder: Path, capability: str = DEFAULT_CAPABILITY, strict: bool = False, units: int = UNITS
) -> tuple[list[str], dict]:
    """Write the CUDA project of a program with its makefile.

    Parameters
    ----------
    program : Program
    folder : Path
        Exists and is empty.
    capability : str
        Compute capability of the GPU that it is for, such as ``"9.0"``.
    strict : bool
        Do not fuse a product with a sum.
    units : int
        Translation units for the code objects.

    Returns
    -------
    sources : list of str
    manifest : dict
        What a run saves.

    Raises
    ------
    BuildError
        If Brian2CUDA is missing or of another version.
    """
    if problem := brian2cuda_problem():
        raise BuildError(problem)
    from .cuda_device import generating, give_tables

    nvcc = _nvcc_if_any()
    arch = architecture(capability, nvcc)
    root, runtime = _root_and_version(nvcc)
    with generating(folder, capability, root, runtime) as device:
        numbers = program.circuit.replace_values({}) | {f"control.{name}": 0.0 for name in RUN_NUMBERS}
        take = "set_from_command_line(args);" + (_SEED if program.circuit.beside else "")
        objects = build_objects(program.circuit, program.recording, numbers, lambda: device.insert_code("main", take))
        network = Network(*objects.all(), name="network")
        give_tables(network.objects)
        try:
            network.run(0 * second, namespace={})
        except BrianObjectException as problem_there:
            objects.give_up()
            raise explained(problem_there, objects.beside) or problem_there from problem_there
        device.build(directory=str(folder), compile=False, run=False, with_output=False)
        saved, windows = saved_arrays(device, objects), windowed(objects)
    sources = rewrite_cuda(folder, units, windows)
    (folder / "makefile").write_text(makefile(sources, arch, Nvcc.flags(strict), curand_folder()))
    return sources, {"name": program.name, "arrays": saved}


def _nvcc_if_any() -> Nvcc | None:
    try:
        return find_nvcc()
    except BuildError:
        return None


def _root_and_version(nvcc: Nvcc | None) -> tuple[str, float]:
    """Where the toolkit is and its version; a project may be generated without one."""
    if nvcc is None:
        return "/usr/local/cuda", 13.0
    found = re.search(r"release ([\d.]+)", nvcc.version)
    return str(Path(nvcc.path).parents[1]), float(found[1]) if found else 13.0


def check_curand(nvcc: Nvcc) -> None:
    """Refuse to compile where curand.h is missing.

    Raises
    ------
    BuildError
    """
    if not (nvcc.has_curand or curand_folder()):
        raise BuildError(f"The CUDA toolkit of {nvcc.path} lacks curand.h; {INSTALL_CURAND}.")


def build(
    program: Program, *, strict: bool = False, cache: Cache | None = None, progress: Progress | None = None
) -> CudaProgram | NoGpu:
    """The compiled program for the GPU of this machine, from the cache if it is there.

    Raises
    ------
    BuildError
        If Brian2CUDA, nvcc or curand's headers are missing, or compiling fails.
    """
    if problem := brian2cuda_problem():
        raise BuildError(problem)
    gpu = find_gpu()
    if gpu is None:
        return NoGpu(program)
    nvcc = find_nvcc()
    check_curand(nvcc)
    capability, cache = gpu[1], cache or Cache()
    description = {"target": "cuda", "capability": capability, "flags": nvcc.flags(strict), "compiler": nvcc.version}
    key = program_key(description | {"program": program.describe()})
    started = time.perf_counter()

    def make(folder: Path) -> list[str]:
        if progress:
            progress(0.0)
        sources, manifest = generate(program, folder, capability, strict)
        objects = [source.removesuffix(".cu") + ".o" for source in sources]
        run_make(folder, objects, progress, 0.05, {"NVCC": nvcc.path})
        (folder / "program.json").write_text(json.dumps(manifest))
        return ["main", "program.json", *(f"static_arrays/{p.name}" for p in (folder / "static_arrays").glob("*"))]

    folder, built = cache.get(key, make)
    return CudaProgram(program, folder, key, nvcc, strict, built, time.perf_counter() - started if built else 0.0)


class NoGpu:
    """A program that this machine cannot run; all but running works.

    Attributes
    ----------
    program : Program
    """

    target, built, build_s, key, backend = "cuda", False, 0.0, "", "threading"

    def __init__(self, program: Program) -> None:
        self.program = program

    def run(self, request: RunRequest, progress: Progress | None = None) -> RawRun:
        """Say what to do.

        Raises
        ------
        RunError
        """
        raise RunError(
            "Target 'cuda' cannot run here, no NVIDIA GPU or driver is found; `burstnet generate PROTOCOL --target cuda -o DIR` writes a project to build and run where there is one."
        )

    def stop(self) -> None:
        """Nothing to stop."""


class CudaProgram(CppProgram):
    """A compiled program on the GPU of this machine; runs and checks are those of the C++ target."""

    target = "cuda"

    def _load(self, folder: Path) -> dict[str, np.ndarray]:
        return sort_records(super()._load(folder))


def sort_records(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays with the events of each step in the order of cells, as on the other targets; a GPU records them as they come."""
    found = dict(arrays)
    for name, times in arrays.items():
        owner, _, variable = name.partition(".")
        cells = arrays.get(f"{owner}.i")
        if variable != "t" or cells is None or f"{owner}.count" not in arrays or len(cells) != len(times):
            continue
        order = np.lexsort((cells, times))
        kept = ("N", "count", "_source_idx", "_source_start", "_source_stop")
        for other, values in arrays.items():
            if (
                other.startswith(f"{owner}.")
                and other.partition(".")[2] not in kept
                and values.shape[:1] == times.shape[:1]
            ):
                found[other] = values[order]
    return found
