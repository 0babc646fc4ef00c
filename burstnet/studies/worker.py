"""One run of a study, in whatever process: compile (from the cache), run, measure, write. Imports setups, folder, experiment.

What goes wrong in a run is written down and returned, never raised: the rest of the study goes on.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brian2.units import second

from ..analysis.metrics import as_plain, scalars
from ..errors import BurstnetError
from ..experiment import find_experiment
from ..quantities import parse_quantity
from ..result import Result
from ..setups import Runner, Setup
from .folder import attempt, settle

__all__ = ["Task", "die_with", "perform", "perform_here", "prepared", "stop_all"]

#: Programs of this process, by what they are made of.
_programs: dict[tuple, tuple[Setup, Runner]] = {}
#: Brian2 in this process is not made for threads; compiled programs are processes of their own.
_one_at_a_time = threading.Lock()
_stopping = threading.Event()


@dataclass(frozen=True)
class Task:
    """One arm with one seed.

    Attributes
    ----------
    slug : str
        The arm's folder name.
    seed : int
    protocol : str or None
        Name of an experiment; None if `setup` is given.
    settings : tuple of (str, str)
    setup : Setup or None
        Of a circuit or model of one's own.
    token : str
        Tells one `setup` from another.
    metrics : callable or None
    target : str
    lesions : tuple of str
    beginning : tuple of (str, str)
        ``("from" or "continue", path of a result)``, ``("until", time)``.
    command : str
        What a person typed, for the provenance.
    """

    slug: str
    seed: int
    protocol: str | None
    settings: tuple[tuple[str, str], ...]
    setup: Setup | None
    token: str
    metrics: Callable[[Any], Any] | None
    target: str
    lesions: tuple[str, ...]
    beginning: tuple[tuple[str, str], ...]
    command: str

    @property
    def name(self) -> str:
        """Short, and unique in a study."""
        return f"{self.slug}/{self.seed}"

    @property
    def program(self) -> tuple:
        """What the program of this run is made of."""
        return (self.protocol, self.settings, self.target, self.token)


def prepared(task: Task, report: Callable[[str, float], None] | None = None) -> tuple[Setup, Runner]:
    """The program of a task, made once in each process."""
    with _one_at_a_time:
        if task.program not in _programs:
            setup = task.setup or find_experiment(str(task.protocol)).prepare(dict(task.settings))
            _programs[task.program] = setup, setup.compile(task.target, report)
        return _programs[task.program]


def forget() -> None:
    """Let go of the programs of this process, at the end of a study."""
    with _one_at_a_time:
        _programs.clear()
    _stopping.clear()


def stop_all() -> None:
    """Kill every run of this process that is under way."""
    _stopping.set()
    for _, runner in list(_programs.values()):
        runner.stop()


def perform(task: Task, folder: str, idle: Callable[[], None] | None = None) -> str:
    """Do a run inside a study's folder; returns ``"done"`` or ``"failed"``.

    Parameters
    ----------
    task : Task
    folder : str
        Of the study.
    idle : callable, optional
        Called whenever it was written down how far the run is.
    """
    runs = Path(folder) / "runs" / task.slug
    with attempt(runs, task.seed) as scratch:
        found = perform_here(task, scratch, _note_in(scratch, idle))
        if _stopping.is_set():
            return "failed"
        settle(scratch, runs / str(task.seed))
    return found


def perform_here(task: Task, scratch: Path, progress: Callable[[float], None] | None = None) -> str:
    """Do a run and write its files into `scratch`: ``result.nc`` and ``run.json``, or ``failed.json`` and ``log.txt``.

    Of a run that was whole and could not be measured the arrays stay, in ``unmeasured.nc``.
    """
    try:
        _run(task, scratch, progress)
    except Exception as problem:  # noqa: BLE001 - also a metric of one's own may raise anything
        reason = str(problem) if isinstance(problem, BurstnetError) else f"{type(problem).__name__}: {problem}"
        failure: dict[str, Any] = {
            "seed": task.seed,
            "lesions": list(task.lesions),
            "reason": " ".join(reason.split()) or "no reason",
        }
        (scratch / "run.json").unlink(missing_ok=True)
        if (scratch / "result.nc").exists():
            (scratch / "result.nc").rename(scratch / "unmeasured.nc")
            failure["reason"] += " Its arrays are kept in unmeasured.nc, beside the log."
        (scratch / "log.txt").write_text(traceback.format_exc(), encoding="utf-8")
        (scratch / "failed.json").write_text(json.dumps(failure, indent=1) + "\n", encoding="utf-8")
        return "failed"
    return "done"


def _run(task: Task, scratch: Path, progress: Callable[[float], None] | None) -> None:
    started, cpu = time.perf_counter(), time.thread_time()
    setup, runner = prepared(task)
    mine = runner.within(scratch)
    alone = contextlib.nullcontext() if mine.target in ("cpp", "cuda") else _one_at_a_time
    with alone:
        result = mine.run(
            [task.seed],
            setup.values,
            lesions=task.lesions,
            **begun(dict(task.beginning)),
            jobs=1,
            report=(lambda what, done: progress(done)) if progress else None,
        )
    result.about["provenance"]["command"] = task.command
    result.save(scratch / "result.nc")  # before anything is made of it, so that an error there does not cost the run
    measured = as_plain(scalars(_metrics_of(task, setup)(result)))
    timing = result.about["timing"]
    record = {
        "seed": task.seed,
        "lesions": list(task.lesions),
        "parameters": result.about["parameters"],
        "metrics": {name: {"unit": m["unit"], "value": m["per_seed"][0]} for name, m in measured.items()},
        "timing": {
            "run_cpu_s": timing["run_cpu_s_per_simulated_s"] * timing["simulated_s"],
            "simulated_s": timing["simulated_s"],
            "wall_s": time.perf_counter() - started,
            "python_cpu_s": time.thread_time() - cpu,
        },
        "provenance": result.about["provenance"],
        "warnings": result.about.get("warnings", []),
    }
    (scratch / "run.json").write_text(json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def begun(beginning: Mapping[str, str]) -> dict[str, Any]:
    """With what a run begins and where it stops, as `Runner.run` takes it."""
    found: dict[str, Any] = {}
    for name, argument in (("from", "start_from"), ("continue", "continue_from")):
        if name in beginning:
            found[argument] = Result.load(beginning[name], spikes=False)
    if "until" in beginning:
        found["until"] = parse_quantity(beginning["until"], 1 * second, name="until")
    return found


def _metrics_of(task: Task, setup: Setup) -> Callable[[Any], Any]:
    from ..analysis.phases import phase_metrics

    return task.metrics or getattr(setup.protocol, "metrics", None) or phase_metrics


def _note_in(scratch: Path, idle: Callable[[], None] | None) -> Callable[[float], None]:
    """Write the fraction done into the attempt, at most a few times a second."""
    last = 0.0

    def note(done: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > 0.3:
            last = now
            with contextlib.suppress(OSError):
                (scratch / "progress").write_text(f"{done:.3f}")
            if idle:
                idle()

    return note


def die_with(driver: int) -> None:
    """Let this worker process end when its driver does, even when that is killed with no chance to say so."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C to all; the driver sees to its workers
    with contextlib.suppress(OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG, on Linux

    def watch() -> None:
        while os.getppid() == driver:
            time.sleep(0.5)
        os._exit(3)

    threading.Thread(target=watch, daemon=True, name="burstnet-watch").start()
