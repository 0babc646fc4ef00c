"""Runs of a study on a Dask cluster: on this machine, at an address, or through SLURM. Imports executors; `distributed` when used.

A worker writes into a folder of its own and sends the files; only the driver writes into the study. So no file system
needs to be shared, and a run that Dask tries twice is there once.
"""

from __future__ import annotations

import os
import queue
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import ArgumentError
from . import worker
from .executors import Ended, write_failure
from .folder import RUN_FILES, attempt, settle
from .worker import Task

__all__ = ["OnDask"]

_INSTALL = "install them with: pip install 'burstnet[cluster]'"
_RETRIES = 3
#: Seconds to wait for a scheduler to answer.
_PATIENCE = 10


class OnDask:
    """A Dask cluster.

    Parameters
    ----------
    cluster : str
        ``"local"``, ``"slurm"`` or the address of a scheduler, ``"tcp://HOST:8786"``.
    jobs : int
        Workers to ask for, where the cluster is ours to make; 0 for one on each core, or one SLURM job.
    """

    #: Every worker builds into the cache of its own machine.
    builds_here = False

    def __init__(self, cluster: str, jobs: int) -> None:
        try:
            import distributed
        except ImportError as problem:
            raise ArgumentError(f"--cluster {cluster} needs Dask; {_INSTALL}.") from problem
        self._cluster = _make_cluster(cluster, jobs)
        try:
            self._client = distributed.Client(self._cluster or cluster, timeout=_PATIENCE, set_as_default=False)
        except (OSError, ValueError, TypeError) as problem:
            reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
            raise ArgumentError(
                f"--cluster {cluster} cannot be reached ({reason}); give local, slurm, or an address such as tcp://HOST:8786."
            ) from problem
        try:
            if cluster == "local":
                self._client.register_plugin(_end_with(os.getpid()))
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        """Workers get ready by themselves."""

    def run(self, tasks: Sequence[Task], folder: Path, ended: Ended, idle: Callable[[], None]) -> None:
        """Do every task, each in the worker that is free."""
        token = os.urandom(4).hex()
        over: queue.SimpleQueue[Any] = queue.SimpleQueue()
        waiting = {}
        for task in tasks:
            future = self._client.submit(
                _perform_far, task, key=f"burstnet-{token}-{task.name}", pure=False, retries=_RETRIES
            )
            waiting[future.key] = future, task
            future.add_done_callback(over.put)
        while waiting:
            idle()
            try:
                future, task = waiting.pop(over.get(timeout=0.25).key)
            except queue.Empty:
                continue
            if future.status == "finished":
                ended(task, _place(task, folder, future.result()))
            else:
                problem = future.exception() if future.status == "error" else "it was cancelled"
                write_failure(task, folder, f"no worker could do it: {type(problem).__name__}: {problem}")
                ended(task, "failed")
            future.release()

    def close(self) -> None:
        """Give up what is not done, and close what was opened."""
        self._client.close(timeout=2)
        if self._cluster is not None:
            self._cluster.close(timeout=5)


def _make_cluster(cluster: str, jobs: int) -> Any:
    """A cluster of our own, or None where `cluster` is the address of one."""
    if cluster == "local":
        from distributed import LocalCluster

        return LocalCluster(
            n_workers=jobs or os.cpu_count() or 1, threads_per_worker=1, processes=True, dashboard_address=None
        )
    if cluster == "slurm":
        return slurm_cluster(jobs)
    return None


def slurm_cluster(jobs: int) -> Any:
    """A cluster of SLURM jobs as ``~/.config/dask/jobqueue.yaml`` describes them.

    Raises
    ------
    ArgumentError
        If dask-jobqueue is not installed or not told what a job is.
    """
    try:
        from dask_jobqueue import SLURMCluster
    except ImportError as problem:
        raise ArgumentError(f"--cluster slurm needs dask-jobqueue; {_INSTALL}.") from problem
    try:
        made = SLURMCluster()
        made.scale(jobs=jobs or 1)
    except (ValueError, OSError) as problem:
        raise ArgumentError(
            f"--cluster slurm cannot ask for jobs ({' '.join(str(problem).split())[:200]}); describe a job in ~/.config/dask/jobqueue.yaml."
        ) from problem
    return made


def _end_with(driver: int) -> Any:
    """A worker plugin: workers that this driver started end with it, also those that are started later."""
    from distributed import WorkerPlugin

    class EndWithDriver(WorkerPlugin):
        name = "burstnet-end-with-driver"
        idempotent = True

        def setup(self, worker: Any) -> None:
            threading.Thread(target=_watch, args=(driver,), daemon=True, name="burstnet-watch").start()

    return EndWithDriver()


def _watch(driver: int) -> None:
    while os.getppid() == driver:
        time.sleep(0.5)
    os._exit(3)


def _perform_far(task: Task) -> dict[str, bytes]:
    """Do a run on this worker's machine; its files by name."""
    with tempfile.TemporaryDirectory(prefix="burstnet-run-", dir=_worker_folder()) as scratch:
        worker.perform_here(task, Path(scratch))
        return {path.name: path.read_bytes() for path in Path(scratch).iterdir() if path.is_file()}


def _worker_folder() -> str | None:
    """The folder that Dask removes after a worker, however that ended."""
    from distributed import get_worker

    try:
        folder = str(get_worker().local_directory)
    except ValueError:
        return None
    return folder if os.path.isdir(folder) else None


def _place(task: Task, folder: Path, files: dict[str, bytes]) -> str:
    """Write what a worker sent into the study."""
    runs = folder / "runs" / task.slug
    with attempt(runs, task.seed) as scratch:
        for name in RUN_FILES:
            if name in files:
                (scratch / name).write_bytes(files[name])
        settle(scratch, runs / str(task.seed))
    return "failed" if "failed.json" in files else "done"
