"""The folder that a run leaves: result.nc, summary.json, figure.png and figure.pdf. Imports result, analysis and errors."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from .analysis.metrics import Curve, Metric, as_plain
from .errors import ArgumentError, ResultError
from .result import Result, write_atomically

__all__ = ["check_folder", "check_writable", "kept_outcome", "summary_of", "write_outcome"]

#: What tells one command's folder from another's; seconds and versions do not.
#: The same, where there is any.
_SELDOM: dict[str, Any] = {"lesions": [], "beginning": {}}
_FILES = ("result.nc", "figure.png", "figure.pdf")
_IDENTITY = ("protocol", "target", "seeds", "parameters")


def summary_of(
    result: Result, metrics: Mapping[str, Metric | Curve], total_s: float, beginning: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The summary of a run as plain data; undefined numbers are None."""
    timing = result.about["timing"] | {"total_s": total_s}
    kept = ("build_s", "run_cpu_s_per_simulated_s", "simulated_s", "total_s")
    return {
        "protocol": result.about["protocol"],
        "target": result.about["target"],
        **({"clock": result.clock} if result.clock != "s" else {}),
        "seeds": result.seeds,
        "parameters": result.about["parameters"],
        **({"lesions": result.lesions} if result.lesions else {}),
        **({"beginning": dict(beginning)} if beginning else {}),
        "metrics": as_plain(metrics),
        "timing": {name: timing[name] for name in kept},
        "provenance": result.about["provenance"],
    }


def check_folder(folder: Path, identity: dict[str, Any], force: bool) -> bool:
    """Refuse a folder that cannot be written or holds another command's outcome.

    Parameters
    ----------
    folder : Path
    identity : dict
        Protocol, target, seeds, parameters, lesions and beginning of what is to be written.
    force : bool
        Overwrite whatever is there.

    Returns
    -------
    bool
        Whether it holds the summary of this very command.

    Raises
    ------
    ArgumentError
    """
    check_writable(folder)
    if force:
        return False
    there = folder / "summary.json"
    if there.exists():
        try:
            old = json.loads(there.read_text())
            same = all(old[name] == identity[name] for name in _IDENTITY)
            same = same and all(old.get(name, none) == identity[name] for name, none in _SELDOM.items())
        except (OSError, ValueError, KeyError, TypeError):
            same = False
        if not same:
            raise ArgumentError(
                f"-o {folder} holds the result of another command; use --force to overwrite it, or another folder."
            )
        return True
    # a run that was stopped while it wrote these has its runs beside them
    if not (folder / "runs").exists() and any((folder / name).exists() for name in _FILES):
        raise ArgumentError(
            f"-o {folder} holds a result without its summary.json; use --force to overwrite it, or another folder."
        )
    return False


def kept_outcome(folder: Path) -> dict[str, Any] | None:
    """The summary of a finished run, if all is whole and this burstnet, with what it stands on, would do the same."""
    from .collect import provenance

    try:
        summary: dict[str, Any] = json.loads((folder / "summary.json").read_text())
        made = summary["provenance"]
        now = provenance("", "", (), made["packages"])
        same = all(made[name] == now[name] for name in ("burstnet", "commit", "python", *made["packages"]))
        files = ("result.nc",) if "no_figure" in summary else _FILES
        whole = all((folder / name).exists() for name in files) and Result.load(folder).seeds == summary["seeds"]
    except (OSError, ValueError, KeyError, TypeError, ResultError):
        return None
    return summary if same and whole else None


def check_writable(folder: Path) -> None:
    """Make the folder if need be; an ArgumentError if it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as problem:
        raise ArgumentError(f"-o {folder} cannot be written ({problem.strerror}); choose another folder.") from problem


def write_outcome(
    folder: Path, result: Result, summary: dict[str, Any], draw: Callable[[Result], Any] | None
) -> dict[str, Any]:
    """Write everything, each file whole or not at all; the summary last.

    A run that was cut may hold too little for its figure: the summary says so under ``no_figure``, and the rest is there.

    Raises
    ------
    ResultError
        If a file cannot be written.
    """
    result.save(folder / "result.nc")
    if draw is not None:
        from .plots.style import save_figure

        try:
            figure = draw(result)
        except ArgumentError as problem:
            summary = summary | {"no_figure": str(problem)}
        else:
            for name in ("figure.png", "figure.pdf"):
                write_atomically(folder / name, partial(save_figure, figure))
    text = json.dumps(summary, indent=1, allow_nan=False)
    write_atomically(folder / "summary.json", lambda scratch: scratch.write_text(text + "\n"))
    return summary


def free_bytes(folder: Path) -> int:
    """Free space on the disk that a folder is or would be on."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(os.fspath(folder)).free
