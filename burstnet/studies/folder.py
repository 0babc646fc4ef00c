"""The folder of a study: who works in it, which runs are whole, attempts and their leftovers. Imports errors and result.

``runs/<arm>/<seed>/`` is whole or not there: a run is written into ``runs/<arm>/.attempt-...`` and renamed. A lock that
dies with its process tells a living attempt, or a living study, from what a killed one left behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import ArgumentError, ResultError
from ..result import write_atomically

__all__ = ["MANIFEST", "RUN_FILES", "StudyFolder", "attempt", "settle"]

MANIFEST = "manifest.json"
STUDY_FILE = "study.toml"
#: Version of the layout of study folders.
SCHEMA = 1
_LOCK = ".lock"
_ALIVE = "alive"
#: What a run may leave.
RUN_FILES = ("result.nc", "run.json", "failed.json", "log.txt", "unmeasured.nc")
_OUTPUTS = (MANIFEST, STUDY_FILE, "summary.json", "table.csv", "statistics.csv")


class StudyFolder:
    """A folder that holds, or is to hold, a study.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def run_path(self, slug: str, seed: int) -> Path:
        """Where a run of an arm's folder name and a seed is or would be."""
        return self.path / "runs" / slug / str(seed)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only one who works here.

        Raises
        ------
        ArgumentError
            If another process is at work in this folder.
        """
        handle = self._lock()
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                (self.path / _LOCK).unlink()
            os.close(handle)

    def _lock(self) -> int:
        path = self.path / _LOCK
        while True:
            try:
                handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            except OSError as problem:
                raise ArgumentError(
                    f"-o {self.path} cannot be written ({problem.strerror}); choose another folder."
                ) from problem
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # whoever ended just now took the name away from the file that we opened
                if os.fstat(handle).st_ino == os.stat(path).st_ino:
                    os.truncate(handle, 0)
                    os.write(handle, f"{os.getpid()}\n".encode())
                    return handle
            except FileNotFoundError:
                pass
            except OSError as problem:
                os.close(handle)
                raise ArgumentError(
                    f"-o {self.path} is in use by another burstnet{self._owner()}; wait for it, or choose another folder."
                ) from problem
            os.close(handle)

    def _owner(self) -> str:
        with contextlib.suppress(OSError, ValueError):
            return f" (process {int((self.path / _LOCK).read_text())})"
        return ""

    def in_use(self) -> bool:
        """Whether some process is at work here now."""
        try:
            handle = os.open(self.path / _LOCK, os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(handle)
        return False

    def manifest(self) -> dict[str, Any] | None:
        """What the folder says it holds; None if there is no manifest.

        Raises
        ------
        ResultError
            If it is broken, or of a newer burstnet.
        """
        path = self.path / MANIFEST
        try:
            found = json.loads(path.read_text())
            schema, arms = int(found["schema"]), found["arms"]
            whole = all(isinstance(arm["slug"], str) and "/" not in arm["slug"] for arm in arms.values())
            if not whole or not all(isinstance(seed, int) for seed in found["seeds"]):
                raise ValueError("an entry is not what it should be")
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
            raise ResultError(f"{path} is broken ({problem}); remove the folder, or use --force.") from problem
        if schema > SCHEMA:
            raise ResultError(f"{path} has schema {schema}, newer than {SCHEMA}; update burstnet.")
        return dict(found)

    def claim(self, identity: dict[str, Any], study_text: str, force: bool, mine: bool = False) -> dict[str, str]:
        """Make this the folder of that study, or see that it is; returns label to folder name.

        More seeds and more arms than the folder has are allowed: they are what is missing.

        Parameters
        ----------
        identity : dict
            Protocol, target, seeds, and arms: label to all that decides the outcome of its runs.
        study_text : str
        force : bool
            Overwrite another study.
        mine : bool
            Whatever outcome is there is this study's own.

        Raises
        ------
        ArgumentError
            If the folder holds another study.
        """
        from .study import slugs

        try:
            old = self.manifest()
        except ResultError:
            if not force:
                raise
            old = None
        if force:
            self.clear()
            old = None
        if old is None and mine:
            shutil.rmtree(self.path / "runs", ignore_errors=True)  # of a tidying up that was cut off
        elif old is None and self._foreign():
            raise ArgumentError(
                f"-o {self.path} holds the result of another command; use --force to overwrite it, or another folder."
            )
        if old is not None and (reason := _difference(old, identity)):
            raise ArgumentError(
                f"-o {self.path} holds another study ({reason}); use --force to overwrite it, or another folder."
            )
        names = slugs(identity["arms"], {label: arm["slug"] for label, arm in (old or {"arms": {}})["arms"].items()})
        arms = {label: {"slug": names[label], **arm} for label, arm in identity["arms"].items()}
        made = {"schema": SCHEMA, **identity, "arms": arms}
        if made != old or _read_text(self.path / STUDY_FILE) != study_text:
            if old is not None:
                (self.path / "summary.json").unlink(missing_ok=True)  # it would speak of less than is asked for now
            _write_text(self.path / STUDY_FILE, study_text)
            _write_text(self.path / MANIFEST, json.dumps(made, indent=1, allow_nan=False) + "\n")
        return names

    def _foreign(self) -> bool:
        return any((self.path / name).exists() for name in (*_OUTPUTS, "result.nc", "figure.png", "figure.pdf", "runs"))

    def clear(self) -> None:
        """Remove a study's own files and nothing else."""
        for name in (*_OUTPUTS, "result.nc", "figure.png", "figure.pdf"):
            (self.path / name).unlink(missing_ok=True)
        shutil.rmtree(self.path / "runs", ignore_errors=True)

    def dissolve(self) -> None:
        """Keep the outcome alone: what a single run needed to be resumed goes, the manifest first."""
        for name in (MANIFEST, STUDY_FILE):
            (self.path / name).unlink(missing_ok=True)
        shutil.rmtree(self.path / "runs", ignore_errors=True)

    def clear_if_empty(self) -> None:
        """Leave no trace of a study that was interrupted before its first run was whole."""
        if not any((self.path / "runs").glob("*/[0-9]*")) and not (self.path / "summary.json").exists():
            self.clear()

    def sweep(self) -> None:
        """Remove what dead attempts, and writes that were cut off, left behind."""
        for path in (self.path / "runs").glob("*/.attempt-*"):
            if not _alive(path):
                shutil.rmtree(path, ignore_errors=True)
        for name in (*_OUTPUTS, "result.nc", "figure", "learning-curves", "metrics", "maps", "report.html"):
            for path in self.path.glob(f".{name}*-*"):
                path.unlink(missing_ok=True)

    def state(self, slug: str, seed: int) -> str:
        """``"done"``, ``"failed"`` or ``"missing"``."""
        path = self.run_path(slug, seed)
        if (path / "failed.json").exists():
            return "failed"
        return "done" if (path / "run.json").exists() and (path / "result.nc").exists() else "missing"

    def record(self, slug: str, seed: int) -> dict[str, Any]:
        """What a run wrote down about itself; of a failed run ``{"reason": ...}``.

        Raises
        ------
        ResultError
            If it is broken.
        """
        name = "failed.json" if self.state(slug, seed) == "failed" else "run.json"
        path = self.run_path(slug, seed) / name
        try:
            return dict(json.loads(path.read_text()))
        except (OSError, ValueError, TypeError) as problem:
            raise ResultError(f"{path} is broken ({problem}); remove its folder and run the study again.") from problem

    def attempts(self) -> dict[str, float]:
        """Runs under way, ``"<arm>/<seed>"`` to the fraction that is done."""
        found = {}
        for path in (self.path / "runs").glob("*/.attempt-*/progress"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                seed = path.parent.name.split("-")[1]
                found[f"{path.parent.parent.name}/{seed}"] = float(path.read_text())
        return found


@contextlib.contextmanager
def attempt(runs: Path, seed: int) -> Iterator[Path]:
    """A temporary folder beside the runs of an arm, locked while this process lives and removed at the end."""
    runs.mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(prefix=f".attempt-{seed}-", dir=runs))
    try:
        with open(path / _ALIVE, "w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def settle(scratch: Path, place: Path) -> None:
    """Move a finished attempt to its place; a run that is whole there already stays."""
    (scratch / "progress").unlink(missing_ok=True)
    if (place / "run.json").exists():
        return
    made = scratch / "whole"
    made.mkdir()
    for name in RUN_FILES:
        if (scratch / name).exists():
            (scratch / name).rename(made / name)
    os.chmod(made, 0o777 & ~_umask())
    if place.exists():
        place.rename(scratch / "old")
    made.rename(place)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _alive(path: Path) -> bool:
    """Whether the process that made an attempt lives."""
    try:
        with open(path / _ALIVE) as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        # between the making of a folder and of its lock there is a moment
        with contextlib.suppress(OSError):
            return time.time() - path.stat().st_mtime < 5
    return False


def _read_text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _write_text(path: Path, text: str) -> None:
    write_atomically(path, lambda scratch: scratch.write_text(text, encoding="utf-8"))


def _difference(old: dict[str, Any], new: dict[str, Any]) -> str:
    """What keeps an old study from being a part of a new one, in a few words; empty if nothing."""
    for name in ("protocol", "target"):
        if old.get(name) != new[name]:
            return f"{name} {old.get(name)}, not {new[name]}"
    if missing := [seed for seed in old["seeds"] if seed not in new["seeds"]]:
        return f"it has seed {missing[0]} too"
    for label, arm in old["arms"].items():
        if label not in new["arms"]:
            return f"it has arm {label!r} too"
        mine = new["arms"][label]
        for name, value in mine.items():
            if arm.get(name) != value:
                return f"arm {label!r} has {_what_differs(name, arm.get(name), value)}"
    return ""


def _what_differs(name: str, old: Any, new: Any) -> str:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            if old.get(key) != new.get(key):
                return f"{key}={old.get(key)}, not {new.get(key)}"
    return "other equations, sizes or versions" if name == "program" else f"other {name}"
