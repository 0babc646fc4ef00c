"""Progress of builds and of many runs in one display on standard error. Imports rich only."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["progress_display"]


@contextlib.contextmanager
def progress_display(title: str, runs: int, quiet: bool = False) -> Iterator[Callable[[str, float], None]]:
    """A function to call with ("build" or a run's name, fraction done).

    Parameters
    ----------
    title : str
        What runs.
    runs : int
        Number of runs; the bar shows their mean. A call with ``("runs", number)`` corrects it.
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

    columns = (
        TextColumn("{task.description:<24}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=False) as bar:
        yield _Display(bar, title, runs)


class _Display:
    """One line for all builds and one for all runs, each there from its first report on."""

    def __init__(self, bar: object, title: str, runs: int) -> None:
        self._bar, self._title, self._runs = bar, title, runs
        self._lock = threading.Lock()
        self._done: dict[str, float] = {}
        self._lines: dict[str, object] = {}

    def __call__(self, what: str, done: float) -> None:
        with self._lock:
            if what == "runs":
                self._runs = int(done)
            elif what == "build":
                self._update("build", "build", 1.0, done)
            else:
                if "build" in self._lines and not self._done:
                    self._update("build", "build", 1.0, 1.0)
                self._done[what] = max(done, self._done.get(what, 0.0))
                title = f"{self._title}, {self._runs} run{'s' * (self._runs != 1)}"
                self._update("run", title, float(self._runs), sum(self._done.values()))

    def _update(self, line: str, title: str, total: float, done: float) -> None:
        bar: Any = self._bar
        if line not in self._lines:
            self._lines[line] = bar.add_task(title, total=total)
        bar.update(self._lines[line], completed=done)
