"""A complete standalone project in a folder, for C++ or CUDA, to build and run anywhere. Imports compiled, layout and targets.

The folder holds the program, its makefile, a README, a command line for each run, and what `burstnet.load` needs to turn
the raw output into a `Result`.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from brian2.units.fundamentalunits import Quantity

from .circuit import Circuit
from .collect import provenance
from .compiled import Compiled, RunProtocol, all_parameters
from .errors import ArgumentError, BuildError, unknown_name
from .layout import layout_of
from .lesion import Lesion, as_lesions
from .lesion_sites import lesion_sites
from .objects import RUN_NUMBERS
from .quantities import unit_name
from .raw_output import ARGUMENTS, FORMAT, MANIFEST, RESULTS, is_output
from .recording import Recording
from .result import Result
from .targets.cpp import argument_text, write_restart
from .targets.cuda_toolkit import DEFAULT_CAPABILITY, Nvcc
from .targets.program import Program, RunRequest
from .timeline import Timeline

__all__ = ["generate"]

_TARGETS = ("cpp", "cuda")


class _Unbuilt:
    """Stands for the program of a `Compiled` that only lists runs."""

    build_s = 0.0

    def __init__(self, target: str) -> None:
        self.target = target


def generate(
    circuit: Circuit,
    protocol: RunProtocol | Timeline,
    folder: str | Path,
    target: str = "cuda",
    *,
    seeds: Iterable[int] | int = 1,
    params: Mapping[str, Quantity | float] | None = None,
    lesions: str | Lesion | Iterable[Lesion | str] = (),
    start_from: Result | None = None,
    continue_from: Result | None = None,
    compute_capability: str = DEFAULT_CAPABILITY,
    recording: Recording | None = None,
    strict: bool = False,
    compile: bool = False,
    report: Callable[[str, float], None] | None = None,
) -> Path:
    """Write a complete project; needs neither a GPU nor, unless it compiles, a compiler.

    Parameters
    ----------
    circuit : Circuit
    protocol : RunProtocol or Timeline
    folder : path
        New, empty, or of an earlier project, which is replaced.
    target : {"cuda", "cpp"}
    seeds : int or iterable of int
        Runs that the project lists, each with a command line.
    params : mapping of str to Quantity
        Values of these runs, as in `Compiled.run`.
    lesions : Lesion, str, or iterable of them
        With lesions each seed is listed twice: in the arm ``control`` without, in ``lesioned`` with all of them.
    start_from, continue_from : Result, optional
        What the runs begin with, as in `Compiled.run`; the project holds it.
    compute_capability : str
        Of the GPU, for CUDA: ``"9.0"`` for an H100, ``"8.0"`` for an A100.
    recording : Recording, optional
        The protocol's own by default.
    strict : bool
        For numbers that are reproducible to the last digits, see `burstnet.compile`.
    compile : bool
        Build it here as well.
    report : callable, optional
        Called with ``("build", fraction)`` while building.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ArgumentError
        If a name or a value is not allowed, or the folder holds something else.
    BuildError
        If Brian2CUDA is missing, or compiling fails.
    """
    if target not in _TARGETS:
        raise unknown_name("target", target, _TARGETS)
    kept = recording or (Recording() if isinstance(protocol, Timeline) else protocol.recording(circuit))
    program = Program(circuit, kept, getattr(protocol, "NAME", None) or "circuit")
    runner = Compiled(circuit, protocol, kept, _Unbuilt(target), "as asked")
    used, values = runner._settings(params or {})
    numbers = [int(seeds)] if isinstance(seeds, (int, np.integer)) else list(seeds)
    hurt = as_lesions(lesions)
    arms = {"control": ()} | ({"lesioned": hurt} if hurt else {})  # type: dict[str, tuple[Lesion, ...]]
    requests = {
        arm: runner._with_states(runner.requests(numbers, used, values, those), start_from, continue_from)
        for arm, those in arms.items()
    }
    earlier = continue_from or start_from
    place = Path(folder)
    _check_place(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        sources, manifest, build, flags = _sources(program, scratch, target, compute_capability, strict)
        timeline = used if isinstance(used, Timeline) else used.timeline()
        manifest |= {
            "format": FORMAT,
            "target": target,
            "about": {
                "protocol": getattr(protocol, "NAME", None),
                "parameters": all_parameters(circuit, used, values),
                "provenance": provenance(target, build, flags),
            },
            "layouts": {arm: layout_of(circuit, kept, timeline, those, numbers).plain() for arm, those in arms.items()},
        }
        runs = {f"{arm}/seed-{r.seed}": r for arm, listed in requests.items() for r in listed}
        listed = _runs(program, runs, arms, manifest["arrays"])
        (scratch / MANIFEST).write_text(json.dumps(manifest, allow_nan=False, indent=1))
        (scratch / "commands.txt").write_text("".join(run["command"] + "\n" for run in listed["runs"].values()))
        for name, request in runs.items():
            (scratch / RESULTS / name).mkdir(parents=True)
            if earlier is not None:
                source = earlier.state(earlier.seeds[0] if len(earlier.seeds) == 1 else request.seed)
                listed["runs"][name]["graphs"] = {
                    k: v.tobytes().hex() for k, v in source.items() if k.startswith("graph.")
                }
                write_restart(scratch / RESULTS / name, request.state, manifest["arrays"])
        (scratch / ARGUMENTS).write_text(json.dumps(listed, allow_nan=False, indent=1))
        (scratch / "README.md").write_text(_readme(program, target, compute_capability, listed))
        if place.exists():
            shutil.rmtree(place)
        scratch.chmod(0o755)
        scratch.rename(place)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if compile:
        _compile(place, target, sources, report)
    return place


def _check_place(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise ArgumentError(f"-o {folder} holds something else than a project; choose another folder.")
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"-o {folder} is a file; choose a folder.")
    if any(is_output(path) for path in (folder / RESULTS).glob("*/*/*")):
        raise ArgumentError(f"-o {folder} holds the output of runs; move it away or choose another folder.")


def _sources(
    program: Program, folder: Path, target: str, capability: str, strict: bool
) -> tuple[list[str], dict[str, Any], str, tuple[str, ...]]:
    """Write sources and makefile; returns sources, what a run saves, and the compiler that it is for with its flags."""
    flags: tuple[str, ...]
    if target == "cuda":
        from .targets import cuda

        sources, manifest = cuda.generate(program, folder, capability, strict)
        build, flags = f"nvcc, compute capability {capability}", Nvcc.flags(strict)
    else:
        from .targets import cpp
        from .targets.cache import cache_folder
        from .targets.compiler import find_compiler

        try:
            compiler = find_compiler(cache_folder())
            command, flags, build = Path(compiler.path).name, compiler.flags(strict), compiler.version
        except BuildError:
            command, flags, build = "g++", ("-O2",), "g++"
        sources, manifest = cpp.generate(program, folder, flags, units=4)
        (folder / "makefile").write_text(cpp.makefile(sources, command, flags))
    for gathered in (folder / "code_objects").glob("*.c*"):
        gathered.unlink()
    # a run of its own must outlive the shell that started it
    for header in folder.glob("burstnet_loop.h"):
        text = re.sub(r"(?m)^.*getppid\(\).*\n", "", header.read_text())
        header.write_text(text)
    return sources, manifest, build, flags


def _compile(folder: Path, target: str, sources: list[str], report: Callable[[str, float], None] | None) -> None:
    from .targets.make import run_make

    variables = {}
    if target == "cuda":
        from .targets.cuda import check_curand
        from .targets.cuda_toolkit import find_nvcc

        nvcc = find_nvcc()
        check_curand(nvcc)
        variables = {"NVCC": nvcc.path}
    objects = [re.sub(r"\.(cu|cpp)$", ".o", source) for source in sources]
    run_make(folder, objects, (lambda done: report("build", done)) if report else None, 0.0, variables)


def _runs(
    program: Program,
    runs: Mapping[str, RunRequest],
    arms: Mapping[str, tuple[Lesion, ...]],
    arrays: Mapping[str, dict],
) -> dict[str, Any]:
    """Every run argument with its default and meaning, and for each run those that differ, with its command line."""
    circuit = program.circuit
    public = {f"{a.owner}.{a.variable}": (name, a.parameter) for name, a in circuit.arguments().items()}
    own = {f"{site.owner}.{n}": p for site in lesion_sites(circuit) for n, p in site.parameters().items()}
    defaults = circuit.replace_values({}) | dict.fromkeys(own, 0.0)
    defaults |= {f"control.{name}": 0.0 for name in (*RUN_NUMBERS, "run_seed")}
    described = {}
    for name, value in sorted(defaults.items()):
        known, parameter = public.get(name, (name, own.get(name)))
        described[name] = {
            "default": value,
            "unit": unit_name(parameter.value) if parameter else "1",
            "name": known,
            "meaning": parameter.doc if parameter else _MEANING.get(name, ""),
        }
    listed = {}
    for name, request in runs.items():
        given = {key: v for key, v in request.arguments().items() if float(v) != float(defaults[key])}
        place = f"{RESULTS}/{name}"
        words = " ".join(f"{key}={argument_text(arrays, key, value)}" for key, value in sorted(given.items()))
        listed[name] = {
            "seed": request.seed,
            "lesions": [str(lesion) for lesion in arms[name.partition("/")[0]]],
            "arguments": given,
            "command": f"mkdir -p {place} && ./main --results_dir {place}/ {words} > {place}/info.txt 2> {place}/log.txt",
        }
    return {"format": FORMAT, "arguments": described, "runs": listed}


_MEANING = {
    "control.run_seed": "seed of noise and connectivity",
    "control.run_from": "first step",
    "control.run_steps": "first step that is not run",
    "control.spikes_from": "first step whose spikes are kept",
    "control.spikes_until": "first step whose spikes are not kept any more",
    "control.trace_from": "first step of traces",
    "control.trace_until": "first step after traces",
    "control.lesions_from": "first step in which a lesion acts",
    "control.lesions_until": "first step after all lesions",
}


def _readme(program: Program, target: str, capability: str, listed: Mapping[str, Any]) -> str:
    first = next(iter(listed["runs"].values()))
    cuda = target == "cuda"
    needs = (
        "nvcc of the CUDA toolkit (tested: 13.0), a C++ compiler and make. Where the toolkit lacks curand.h: "
        "`pip install nvidia-curand`, then `make CURAND=FOLDER`, the folder that holds its `include` and `lib`.\n"
        f"It is made for compute capability {capability}; `make ARCH=sm_80` is for another GPU, here an A100."
        if cuda
        else "a C++17 compiler (`make CXX=clang++` for another one) and make. Build it on the kind of machine that runs it: "
        "the flags use all that its CPU has."
    )
    runs = "\n".join(f"- `{name}`: {', '.join(run['lesions']) or 'no lesion'}" for name, run in listed["runs"].items())
    where = (
        "A GPU runs them one after the other: `sh commands.txt`."
        if cuda
        else "`sh commands.txt` runs them one after the other, `xargs -d '\\n' -P 4 -n 1 sh -c < commands.txt` four at once."
    )
    return f"""# {program.name} as a standalone {"CUDA" if cuda else "C++"} program

Written by burstnet; the program needs neither Python nor Brian2. Circuit: {", ".join(f"{p.name} ({p.n} cells)" for p in program.circuit.populations)}.

## Build
    make -j4

Needs {needs}

## Run
`commands.txt` has one line for each run. {where} One of them, for instance in an array job of SLURM:

    sed -n "${{SLURM_ARRAY_TASK_ID}}p" commands.txt | sh

{runs}

A line sets run arguments, `object.variable=value` in SI units without a unit; everything else keeps its default. The first:

    {first["command"]}

`{ARGUMENTS}` lists all {len(listed["arguments"])} arguments with default, unit, meaning and name in burstnet, and those of each run. A value
starts with a digit or a minus sign. A run writes into its own folder under `{RESULTS}/`; its progress is in `log.txt` there.

## Load
Copy this folder, or only `{MANIFEST}`, `{ARGUMENTS}` and `{RESULTS}/`, to where burstnet is installed:

    burstnet load . -o result.nc

or in Python `burstnet.load(".")`. Each run is checked: that it took every argument, went through all its steps, and holds no NaN.
"""
