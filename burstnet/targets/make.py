"""Runs make on a generated project and tells how far it is. Imports errors only."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..errors import BuildError

__all__ = ["run_make"]


def run_make(
    folder: Path,
    objects: Sequence[str],
    progress: Callable[[float], None] | None,
    start: float = 0.3,
    variables: Mapping[str, str] | None = None,
) -> None:
    """Compile and link, as many files at once as there are cores.

    Parameters
    ----------
    folder : Path
        With a makefile that makes ``main``.
    objects : sequence of str
        Object files, by which progress is measured.
    progress : callable, optional
        Called with the fraction done.
    start : float
        The fraction that is done before.
    variables : mapping of str to str, optional
        Of the makefile.

    Raises
    ------
    BuildError
        With the first error of the compiler.
    """
    environment = os.environ | {"CCACHE_BASEDIR": str(folder), "CCACHE_NOHASHDIR": "1"} | dict(variables or {})
    make = subprocess.Popen(
        ["make", f"-j{os.cpu_count() or 1}"],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        while make.poll() is None:
            if progress:
                progress(start + (1 - start) * sum((folder / o).exists() for o in objects) / (len(objects) + 1))
            with contextlib.suppress(subprocess.TimeoutExpired):
                make.wait(0.1)
        errors = make.stderr.read() if make.stderr else ""
    finally:
        if make.poll() is None:
            os.killpg(make.pid, signal.SIGKILL)
            make.wait()
    if make.returncode or not (folder / "main").exists():
        log = Path(tempfile.gettempdir()) / f"burstnet-build-{os.getpid()}.log"
        with contextlib.suppress(OSError):
            log.write_text(errors)
        last = next(
            (line for line in errors.splitlines() if "error" in line.lower() or "No space" in line),
            errors.strip()[-200:],
        )
        raise BuildError(f"Compiling failed: {last.strip()} (all of it in {log}).")
