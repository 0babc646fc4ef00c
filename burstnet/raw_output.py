"""Raw output of a standalone binary that ran elsewhere, and saved results: both open with `burstnet.load`. Imports result.

What a project's JSON files say is checked, never evaluated; no file outside the folder of a run is read.
"""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import ResultError, RunError, unknown_name
from .result import Result

if TYPE_CHECKING:
    from .targets.program import RawRun

__all__ = ["ARGUMENTS", "FORMAT", "MANIFEST", "RESULTS", "is_output", "load", "load_project", "load_runs"]

#: Version of the two JSON files of a project.
FORMAT = 1
MANIFEST, ARGUMENTS, RESULTS = "program.json", "arguments.json", "results"
_FILE = re.compile(r"[A-Za-z0-9_.]+")
_DTYPES = ("<f8", "<f4", "<i8", "<i4", "<i2", "|i1", "|b1", "<u8", "<u4", "|u1")


def load(path: str | os.PathLike) -> Result:
    """Open a saved result, or the output of a project that `burstnet.generate` wrote.

    Parameters
    ----------
    path : path
        A result file, the folder that holds ``result.nc``, or a project's folder.

    Raises
    ------
    ResultError
        If there is nothing, or it is broken or newer than this burstnet.
    RunError
        If a run of a project cannot be trusted.
    """
    source = Path(path)
    if source.is_dir() and not (source / "result.nc").exists() and (source / ARGUMENTS).exists():
        return load_project(source)
    return Result.load(source)


def load_project(folder: str | os.PathLike, arm: str | None = None) -> Result:
    """One arm of a project's runs; seeds that were not run are left out with a warning.

    Parameters
    ----------
    folder : path
    arm : {"control", "lesioned"}, optional
        Needed if both were run.

    Raises
    ------
    ResultError
        If the project's files are broken, or no run is there.
    RunError
        If a run did not take its arguments, did not finish, complained, or holds a NaN.
    """
    result, missing = load_runs(folder, arm)
    if missing:
        warnings.warn(f"Not run yet and left out: {', '.join(missing)}.", stacklevel=2)
    return result


def load_runs(folder: str | os.PathLike, arm: str | None = None) -> tuple[Result, list[str]]:
    """The same without a warning: the result, and the runs that were left out."""
    from .collect import assemble
    from .layout import Layout

    place = Path(folder)
    manifest, listed = (_json(place / name) for name in (MANIFEST, ARGUMENTS))
    arrays = _checked_arrays(manifest.get("arrays"))
    defaults = {str(name): _number(entry, "default") for name, entry in _mapping(listed, "arguments").items()}
    runs = _mapping(listed, "runs")
    there = [name for name in runs if any(map(is_output, (place / RESULTS / _safe(name)).glob("*")))]
    arms = sorted({name.partition("/")[0] for name in there})
    if arm is not None and arm not in {name.partition("/")[0] for name in runs}:
        raise unknown_name("arm", arm, {name.partition("/")[0] for name in runs})
    if not arms or (arm is not None and arm not in arms):
        raise ResultError(
            f"No run of {place}{f' in arm {arm!r}' if arm else ''} has been made; README.md there says how."
        )
    if arm is None and len(arms) > 1:
        raise ResultError(
            f"{place} holds runs of {' and '.join(arms)}; say which with --arm (in Python load_project(folder, arm=...))."
        )
    arm = arm or arms[0]
    chosen = [name for name in there if name.partition("/")[0] == arm]
    missing = [name for name in runs if name.partition("/")[0] == arm and name not in chosen]
    target = manifest.get("target")
    found = [_load_run(place / RESULTS / name, runs[name], defaults, arrays, target) for name in chosen]
    layout = Layout.from_plain(_mapping(manifest, "layouts").get(arm))
    about = _mapping(manifest, "about")
    simulated = (found[0].request.steps - found[0].request.start) * layout.dt_s
    timing = {"build_s": 0.0, "run_cpu_s_per_simulated_s": 0.0, "simulated_s": simulated, "run_wall_s": 0.0}
    try:
        result = assemble(found, layout, {**about, "target": target, "timing": timing})
    except (KeyError, TypeError, ValueError, IndexError) as problem:
        raise ResultError(f"{place / MANIFEST} does not fit the runs there ({problem!r}).") from problem
    for name in chosen:
        _check_graphs(runs[name], result.state(int(name.rpartition("-")[2])), name)
    return result, missing


def _check_graphs(run: Mapping[str, Any], state: Mapping[str, np.ndarray], name: str) -> None:
    """Refuse a run that began with weights of other connections."""
    graphs = run.get("graphs")
    for graph, digest in graphs.items() if isinstance(graphs, dict) else ():
        if graph in state and state[graph].tobytes().hex() != digest:
            raise RunError(
                f"The run {name} began with weights of other connections than its own; its outcome is discarded."
            )


def is_output(path: Path) -> bool:
    """Whether a file in the folder of a run was written by the run, not given to it."""
    return not path.name.startswith("restore")


def _load_run(
    folder: Path, run: Mapping[str, Any], defaults: Mapping[str, float], arrays: Mapping[str, dict], target: object
) -> RawRun:
    """One run with all its checks."""
    from .targets.output import read_arrays, read_queues
    from .targets.program import RawRun, RunRequest

    values = dict(defaults) | {str(k): _number(v) for k, v in _mapping(run, "arguments").items()}
    log = folder / "log.txt"
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    complaints = [line.strip() for line in lines if line.strip() and not line.startswith("progress ")]
    if complaints:
        raise RunError(f"The run in {folder} said {complaints[0]!r}; its outcome is discarded.")
    kept = read_arrays(folder, arrays) | read_queues(folder)
    if target == "cuda":
        from .targets.cuda import sort_records

        kept = sort_records(kept)
    seed, start, steps = (int(values.pop(f"control.run_{name}", 0)) for name in ("seed", "from", "steps"))
    windowed = [name.removesuffix("_from") for name in values if name.endswith("_from")]
    names = [name.partition(".")[2] for name in windowed if f"{name}_until" in values]
    windows = {}
    for name in names:
        windows[name] = (int(values.pop(f"control.{name}_from")), int(values.pop(f"control.{name}_until")))
    done = int(kept.pop("step_clock.timestep")[0])
    if done != steps:
        raise RunError(f"The run in {folder} stopped after {done} of {steps} steps; its outcome is discarded.")
    graphs = run.get("graphs")
    # only whether a run began with a state matters from here on, and its graph
    begun = {name: np.zeros(0) for name in graphs} if isinstance(graphs, dict) else {}
    found = RawRun(RunRequest(seed, steps, values, windows, start, begun), kept, 0.0, 0.0)
    try:
        found.verify()
    except RunError as problem:
        raise RunError(f"{folder}: {problem}") from problem
    return found


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError) as problem:
        raise ResultError(
            f"{path} cannot be read ({problem}); it is part of a project that burstnet wrote."
        ) from problem
    if not isinstance(data, dict) or not isinstance(data.get("format"), int):
        raise ResultError(f"{path} is not of a project that burstnet wrote.")
    if data["format"] > FORMAT:
        raise ResultError(
            f"{path} has format {data['format']}, newer than {FORMAT} that this burstnet reads; update burstnet."
        )
    return data


def _mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    if not isinstance(found, dict):
        raise ResultError(f"A file of the project has no {name!r}; it is broken.")
    return found


def _number(entry: Any, name: str = "") -> float:
    value = entry.get(name) if name and isinstance(entry, dict) else entry
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ResultError(f"{ARGUMENTS} holds {value!r} in the place of a number; it is broken.")
    return float(value)


def _safe(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+/seed-\d+", name):
        raise ResultError(f"{ARGUMENTS} names a run {name!r}, which burstnet never does; it is broken.")
    return name


def _checked_arrays(arrays: Any) -> dict[str, dict]:
    """The description of arrays, with nothing in it but plain file names, numeric types and lengths."""
    if not isinstance(arrays, dict):
        raise ResultError(f"{MANIFEST} does not say what a run writes; it is broken.")
    for name, saved in arrays.items():
        good = (
            isinstance(saved, dict)
            and isinstance(saved.get("file"), str)
            and _FILE.fullmatch(saved["file"])
            and saved.get("dtype") in _DTYPES
            and isinstance(saved.get("shape"), list)
            and 1 <= len(saved["shape"]) <= 2
            and all(isinstance(n, int) and n >= -1 for n in saved["shape"])
            and isinstance(saved.get("offset", 0), int)
            and saved.get("offset", 0) >= 0
        )
        if not good:
            raise ResultError(
                f"{MANIFEST} describes the array {name!r} in a way that burstnet never does; it is broken."
            )
    return arrays
