"""Who does the runs of a study: threads or worker processes here, or a Dask cluster. Imports worker and folder.

An executor takes tasks, calls `ended` once for each with ``"done"`` or ``"failed"`` (its folder is in place by then), and
leaves nothing running when it is interrupted.
"""

from __future__ import annotations

import importlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Protocol

from ..errors import ArgumentError
from . import worker
from .folder import attempt, settle
from .worker import Task

__all__ = ["Ended", "InProcesses", "InThreads", "StudyExecutor", "choose_executor", "write_failure"]

#: Called with a task and how it ended.
Ended = Callable[[Task, str], None]
#: A worker process takes seconds to start; so many short runs are over before it pays.
_FEW = 12
#: Programs that threads of one process keep busy, whose own part in Python is a third of a short run.
_NARROW = 2
#: How often a run whose worker process died is tried.
_TRIES = 3
_BACKENDS = ("matplotlib.backends.backend_agg", "matplotlib.backends.backend_pdf")


class StudyExecutor(Protocol):
    """Where the runs of a study are done."""

    #: Whether programs are built here, for all runs, before the first of them starts.
    builds_here: bool

    def start(self) -> None:
        """Get ready, without waiting for it."""

    def run(self, tasks: Sequence[Task], folder: Path, ended: Ended, idle: Callable[[], None]) -> None:
        """Do every task; `idle` is called now and then while waiting."""

    def close(self) -> None:
        """End whatever runs; called also after an interruption."""


def choose_executor(cluster: str | None, jobs: int, target: str, tasks: Sequence[Task]) -> StudyExecutor:
    """The executor for these tasks.

    Parameters
    ----------
    cluster : str, optional
        ``"local"`` for a Dask cluster on this machine, ``"slurm"``, or the address of a scheduler; worker processes of
        our own by default.
    jobs : int
        Runs side by side; 0 for one on each core.
    target : str
    tasks : sequence of Task

    Raises
    ------
    ArgumentError
        If the cluster cannot be reached or its packages are not installed.
    """
    if jobs < 0:
        raise ArgumentError(
            f"jobs={jobs} is not allowed; give a number of runs side by side, or 0 for one on each core."
        )
    if cluster is not None:
        from .dask_executor import OnDask

        return OnDask(cluster, jobs)
    width = max(1, min(jobs or os.cpu_count() or 1, len(tasks)))
    standalone = target in ("cpp", "cuda")
    if standalone and (width <= _NARROW or len(tasks) <= _FEW or not _picklable(tasks)):
        return InThreads(width, len(tasks) > _FEW)
    return InProcesses(width) if width > 1 and _picklable(tasks) else InTurn()


def _picklable(tasks: Sequence[Task]) -> bool:
    """Whether other processes can be given these tasks; a circuit may hold Brian2 objects that stay here."""
    from joblib.externals.loky.backend.reduction import dumps

    try:
        for task in {task.token: task for task in tasks}.values():
            dumps(task)
    except Exception:  # noqa: BLE001 - whatever keeps an object from being pickled
        return False
    return True


class InTurn:
    """One run after the other in this thread, where Ctrl-C reaches Brian2's own runs."""

    builds_here = True

    def start(self) -> None:
        """Nothing to get ready."""

    def run(self, tasks: Sequence[Task], folder: Path, ended: Ended, idle: Callable[[], None]) -> None:
        """Do every task."""
        for task in tasks:
            ended(task, worker.perform(task, str(folder), idle))

    def close(self) -> None:
        """Nothing runs any more."""


class InThreads:
    """Runs in this process: compiled programs are processes of their own, so threads are enough for a few."""

    builds_here = True

    def __init__(self, width: int, long: bool = False) -> None:
        self._pool, self._long = ThreadPoolExecutor(width), long

    def start(self) -> None:
        """Let this process import what it will draw and compare with while programs run, if that takes a while."""
        if self._long:
            threading.Thread(target=_import_ahead, daemon=True, name="burstnet-import").start()

    def run(self, tasks: Sequence[Task], folder: Path, ended: Ended, idle: Callable[[], None]) -> None:
        """Do every task."""
        pending = {self._pool.submit(worker.perform, task, str(folder)): task for task in tasks}
        _wait_for(pending, lambda future, task: ended(task, future.result()), idle)

    def close(self) -> None:
        """Kill the programs that run, and wait for the threads, which tidy up."""
        worker.stop_all()
        self._pool.shutdown(wait=True, cancel_futures=True)


class InProcesses:
    """Worker processes on this machine, each of which imports burstnet once and does whole runs."""

    builds_here = True

    def __init__(self, width: int) -> None:
        self._width, self._pool = width, _pool(width)

    def start(self) -> None:
        """Let the workers import while programs are built, and this process what it will draw and compare with."""
        for _ in range(self._width):
            self._pool.submit(_warm_up)
        threading.Thread(target=_import_ahead, daemon=True, name="burstnet-import").start()

    def run(self, tasks: Sequence[Task], folder: Path, ended: Ended, idle: Callable[[], None]) -> None:
        """Do every task; those whose worker died are done again by another."""
        from joblib.externals.loky.process_executor import BrokenProcessPool

        tries: dict[str, int] = {}
        left = list(tasks)
        while left:
            lost: list[tuple[Task, BaseException]] = []
            pending = {self._pool.submit(worker.perform, task, str(folder)): task for task in left}

            def take(future: Future, task: Task, lost: list = lost) -> None:
                problem = future.exception()
                if problem is None:
                    ended(task, future.result())
                elif isinstance(problem, BrokenProcessPool):
                    lost.append((task, problem))
                else:
                    write_failure(task, folder, f"{type(problem).__name__}: {problem}")
                    ended(task, "failed")

            _wait_for(pending, take, idle)
            left = []
            begun = _begun(folder) if lost else set()
            for task, problem in lost:
                tries[task.name] = tries.get(task.name, 0) + (task.name in begun or len(lost) <= self._width)
                if tries[task.name] >= _TRIES:
                    log = f"{problem}\n{problem.__cause__ or ''}"
                    write_failure(task, folder, f"its worker process died {_TRIES} times; is the memory enough?", log)
                    ended(task, "failed")
                else:
                    left.append(task)
            if lost:
                self._pool.shutdown(wait=True, kill_workers=True)
                self._pool = _pool(self._width)

    def close(self) -> None:
        """Kill the workers; the programs that they run notice and end too."""
        told = threading.excepthook
        # loky's thread may stumble over the queue that is emptied under it, and nobody needs to read of that
        threading.excepthook = lambda problem: None if "Executor" in str(problem.thread) else told(problem)
        try:
            self._pool.shutdown(wait=True, kill_workers=True)
        finally:
            threading.excepthook = told


def _pool(width: int) -> Any:
    from joblib.externals.loky import ProcessPoolExecutor

    return ProcessPoolExecutor(
        width,
        timeout=600,
        initializer=worker.die_with,
        initargs=(os.getpid(),),
        env={"OMP_NUM_THREADS": "1"},
    )


def _warm_up() -> None:
    import h5py  # noqa: F401 - what the first run would import
    import xarray  # noqa: F401

    from .. import collect, compiled  # noqa: F401

    time.sleep(0.05)


def _import_ahead() -> None:
    """What tables and figures need, seconds of it, while the workers have the runs and this process waits."""
    for name in ("scipy.stats", "statsmodels.stats.multitest", "burstnet.plots", *_BACKENDS):
        importlib.import_module(name)


def _begun(folder: Path) -> set[str]:
    """Runs of which a dead process left an attempt behind."""
    return {f"{p.parent.name}/{p.name.split('-')[1]}" for p in (folder / "runs").glob("*/.attempt-*")}


def _wait_for(pending: dict[Future, Task], take: Callable[[Future, Task], None], idle: Callable[[], None]) -> None:
    left = dict(pending)
    while left:
        over, _ = wait(left, timeout=0.25, return_when=FIRST_COMPLETED)
        for future in over:
            take(future, left.pop(future))
        idle()


def write_failure(task: Task, folder: Path, reason: str, log: str = "") -> None:
    """Put down a run that could not even be tried, or did not come back."""
    import json

    runs = folder / "runs" / task.slug
    with attempt(runs, task.seed) as scratch:
        failure = {"seed": task.seed, "lesions": list(task.lesions), "reason": " ".join(reason.split())}
        (scratch / "failed.json").write_text(json.dumps(failure, indent=1) + "\n", encoding="utf-8")
        (scratch / "log.txt").write_text((log or reason) + "\n", encoding="utf-8")
        settle(scratch, runs / str(task.seed))
