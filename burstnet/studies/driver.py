"""Carry out a study in a folder: do what is missing, write the outcome. Imports the rest of this package."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import BuildError
from ..outcome import check_writable
from . import worker
from .executors import StudyExecutor, choose_executor, write_failure
from .folder import StudyFolder
from .plan import Plan, plan_study
from .study import Study
from .study_file import study_text
from .study_result import StudyResult
from .worker import Task

__all__ = ["Work", "carry_out", "run_study"]

Report = Callable[[str, float], None]


@dataclass
class Work:
    """How the runs of a study went.

    Attributes
    ----------
    place : StudyFolder
    names : dict of str to str
        Label to folder name.
    done : int
        Runs that were done now.
    there : int
        Runs that were whole before.
    failed : dict of str to dict of int to str
        Label to seed to reason.
    timing : dict
    """

    place: StudyFolder
    names: dict[str, str]
    done: int = 0
    there: int = 0
    failed: dict[str, dict[int, str]] = field(default_factory=dict)
    timing: dict[str, float] = field(default_factory=dict)


def _tasks(plan: Plan, names: dict[str, str]) -> list[Task]:
    """Every run, seed by seed, so that all arms grow together and an early look compares them."""
    study = plan.study
    named = study.protocol if isinstance(study.protocol, str) else None
    command = shlex.join(sys.argv) if named else " ".join(sys.argv)
    mark = os.urandom(8).hex()  # a worker of a cluster outlives this study
    # and may have another working directory
    beginning = tuple((n, v if n == "until" else str(Path(v).absolute())) for n, v in study.beginning.items())
    found = []
    for seed in study.seeds:
        for arm in study.arms:
            settings = tuple({**study.settings, **arm.settings}.items())
            token = "" if named else f"{mark}-{settings}"
            own = None if named else plan.setups[arm.label]
            found.append(
                Task(
                    names[arm.label],
                    seed,
                    named,
                    settings,
                    own,
                    token,
                    study.metrics,
                    plan.target,
                    arm.lesions,
                    beginning,
                    command,
                )
            )
    return found


@contextlib.contextmanager
def carry_out(
    plan: Plan,
    folder: Path,
    *,
    jobs: int = 0,
    cluster: str | None = None,
    force: bool = False,
    mine: bool = False,
    report: Report | None = None,
    told: Callable[[Work, int], None] | None = None,
) -> Iterator[Work]:
    """Do the runs of a study that are missing, and stay the only one at work in its folder until the block ends.

    Parameters
    ----------
    plan : Plan
    folder : Path
    jobs, cluster, force, report
        See `run_study`.
    mine : bool
        Whatever outcome is in the folder is this study's own.
    told : callable, optional
        Called with the work and the number of runs to do before the first starts.

    Raises
    ------
    ArgumentError
        If the folder cannot be written, holds something else, or is in use.
    """
    started = time.perf_counter()
    check_writable(folder)
    place = StudyFolder(folder)
    with place.locked():
        place.sweep()
        names = place.claim(plan.identity, study_text(plan.study), force, mine)
        labels = {slug: label for label, slug in names.items()}
        every = _tasks(plan, names)
        missing = [task for task in every if place.state(task.slug, task.seed) != "done"]
        work = Work(place, names, there=len(every) - len(missing))
        if told:
            told(work, len(missing))

        def ended(task: Task, how: str) -> None:
            work.done += 1
            if how == "failed":
                reason = str(place.record(task.slug, task.seed).get("reason", "no reason"))
                work.failed.setdefault(labels[task.slug], {})[task.seed] = reason
            if report:
                report(task.name, 1.0)

        if missing:
            with _cleared(place), contextlib.closing(choose_executor(cluster, jobs, plan.target, missing)) as executor:
                executor.start()
                ready, work.timing["build_s"] = _build(plan, missing, labels, executor, report, place, ended)
                executor.run(ready, folder.absolute(), ended, lambda: _show(place, report))
            place.sweep()  # attempts of workers that died on the way
        work.timing.setdefault("build_s", 0.0)
        work.timing["runs_wall_s"] = time.perf_counter() - started
        yield work


@contextlib.contextmanager
def _cleared(place: StudyFolder) -> Iterator[None]:
    """After an interruption nothing half-made stays, and nothing at all if no run was whole."""
    try:
        yield
    except BaseException:
        place.sweep()
        place.clear_if_empty()
        raise
    finally:
        worker.forget()


def _build(
    plan: Plan,
    missing: list[Task],
    labels: dict[str, str],
    executor: StudyExecutor,
    report: Report | None,
    place: StudyFolder,
    ended: Callable[[Task, str], None],
) -> tuple[list[Task], float]:
    """Build each distinct program once; tasks whose program cannot be built fail, the others are returned."""
    if not executor.builds_here:
        return missing, 0.0
    first: dict[str, Task] = {}
    for task in missing:
        first.setdefault(plan.identity["arms"][labels[task.slug]]["program"], task)
    seconds, broken = 0.0, {}
    for k, (digest, task) in enumerate(first.items()):
        share = (lambda what, done, k=k: report("build", (k + done) / len(first))) if report else None
        try:
            seconds += worker.prepared(task, share)[1].build_s
        except BuildError as problem:
            if len(first) == 1:
                raise
            broken[digest] = str(problem)
    ready = []
    for task in missing:
        reason = broken.get(plan.identity["arms"][labels[task.slug]]["program"])
        if reason is None:
            ready.append(task)
        else:
            write_failure(task, place.path, reason)
            ended(task, "failed")
    return ready, seconds


def _show(place: StudyFolder, report: Report | None) -> None:
    if report:
        for name, done in place.attempts().items():
            report(name, done)


def run_study(
    study: Study,
    folder: str | Path,
    *,
    jobs: int = 0,
    cluster: str | None = None,
    force: bool = False,
    report: Report | None = None,
    figures: bool = True,
) -> StudyResult:
    """Run a study in a folder; run again, it does only what is missing.

    Parameters
    ----------
    study : Study
    folder : path
        Gets ``study.toml``, ``manifest.json``, ``runs/<arm>/<seed>/``, ``summary.json``, ``table.csv``,
        ``statistics.csv`` and figures.
    jobs : int
        Runs side by side; 0 for one on each core.
    cluster : str, optional
        ``"local"`` (Dask on this machine), ``"slurm"``, or the address of a Dask scheduler; worker processes of our own
        by default.
    force : bool
        Overwrite what another study left in the folder.
    report : callable, optional
        Called with ``("build" or the name of a run, fraction done)``.
    figures : bool
        Draw them.

    Returns
    -------
    StudyResult
        Also if runs failed: `StudyResult.failed` has their reasons, and the next call tries them again.

    Raises
    ------
    ArgumentError, BuildError
        Before anything runs.
    """
    from .summary import write_study

    started = time.perf_counter()
    plan = plan_study(study)
    with carry_out(plan, Path(folder), jobs=jobs, cluster=cluster, force=force, report=report) as work:
        return write_study(plan, work, time.perf_counter() - started, figures)
