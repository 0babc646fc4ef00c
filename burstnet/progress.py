"""Progress of a build and of many runs in one display on standard error. Imports rich only."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

__all__ = ["progress_display"]


@contextlib.contextmanager
def progress_display(title: str, runs: int, quiet: bool = False) -> Iterator[Callable[[str, float], None]]:
    """A function to call with ("build" or a run's name, fraction done).

    Parameters
    ----------
    title : str
        What runs.
    runs : int
        Number of runs; the bar shows their mean.
    quiet : bool
        Show nothing.
    """
    if quiet:
        yield lambda what, done: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:<24}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    lock = threading.Lock()
    done_of: dict[str, float] = {}
    tasks: dict[str, object] = {}
    with Progress(*columns, console=console, transient=False) as bar:

        def report(what: str, done: float) -> None:
            with lock:
                if what == "build":
                    task = (
                        tasks.setdefault("build", bar.add_task("build", total=1.0))
                        if "build" not in tasks
                        else tasks["build"]
                    )
                    bar.update(task, completed=done)  # type: ignore[arg-type]
                    return
                if "build" in tasks and not done_of:
                    bar.update(tasks["build"], completed=1.0)  # type: ignore[arg-type]
                if "run" not in tasks:
                    tasks["run"] = bar.add_task(f"{title}, {runs} seed{'s' * (runs != 1)}", total=float(runs))
                done_of[what] = done
                bar.update(tasks["run"], completed=sum(done_of.values()))  # type: ignore[arg-type]

        yield report
