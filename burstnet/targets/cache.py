"""The build cache: one folder a program, whole or not there. Imports errors only.

A program is built in a folder of its own under a lock, sealed with the digest of every file it needs, and moved into
place. What is not sealed, or differs from its seal, is built again.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs

from ..errors import BuildError

__all__ = ["Cache", "cache_folder", "program_key"]

_SEAL = "sealed.json"


def cache_folder() -> Path:
    """The user's cache folder: ``BURSTNET_CACHE`` if set, else the platform's place."""
    return Path(os.environ.get("BURSTNET_CACHE") or platformdirs.user_cache_dir("burstnet"))


def program_key(description: dict) -> str:
    """The digest of a canonical description of a program."""
    return hashlib.sha256(json.dumps(description, sort_keys=True, allow_nan=False).encode()).hexdigest()[:32]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Cache:
    """Sealed programs by key.

    Parameters
    ----------
    folder : Path, optional
        `cache_folder()` by default.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_folder()

    def path(self, key: str) -> Path:
        """Where the program of that key is or would be."""
        return self.folder / "programs" / key

    def find(self, key: str) -> Path | None:
        """The program's folder if it is there and whole, else None."""
        path = self.path(key)
        return path if self._whole(path, key) else None

    @staticmethod
    def _whole(path: Path, key: str) -> bool:
        try:
            seal = json.loads((path / _SEAL).read_text())
            return seal["key"] == key and all(_digest(path / name) == digest for name, digest in seal["files"].items())
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False

    def get(self, key: str, build: Callable[[Path], list[str]]) -> tuple[Path, bool]:
        """The program's folder, built if need be.

        Parameters
        ----------
        key : str
        build : callable
            Gets an empty folder, fills it, returns the names of the files that a run needs.

        Returns
        -------
        path : Path
        built : bool
            Whether it was built now.

        Raises
        ------
        BuildError
            If building fails; nothing half-made stays behind.
        """
        if found := self.find(key):
            return found, False
        try:
            (self.folder / "programs").mkdir(parents=True, exist_ok=True)
            lock = self._lock(key)
        except OSError as problem:
            return self._outside(key, build, problem), True
        with lock:
            if found := self.find(key):
                return found, False
            self._sweep()
            scratch = Path(tempfile.mkdtemp(prefix=f"building-{key[:12]}-", dir=self.folder))
            try:
                with self._held(scratch / "alive"):
                    self._build_and_seal(scratch, key, build)
                shutil.rmtree(self.path(key), ignore_errors=True)
                scratch.rename(self.path(key))
            except OSError as problem:
                raise BuildError(
                    f"Cannot write a program into the cache {self.folder}: {problem.strerror or problem}; free space there or set BURSTNET_CACHE to another folder."
                ) from problem
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
        return self.path(key), True

    def _outside(self, key: str, build: Callable[[Path], list[str]], problem: OSError) -> Path:
        """A build for this process alone, where the cache cannot be written."""
        warnings.warn(
            f"The cache {self.folder} cannot be written ({problem.strerror}); building for this run only. Set BURSTNET_CACHE to a folder that can.",
            stacklevel=3,
        )
        scratch = Path(tempfile.mkdtemp(prefix="burstnet-"))
        atexit.register(shutil.rmtree, scratch, ignore_errors=True)
        self._build_and_seal(scratch, key, build)
        return scratch

    def _build_and_seal(self, scratch: Path, key: str, build: Callable[[Path], list[str]]) -> None:
        names = build(scratch)
        seal = {"key": key, "made": time.time(), "files": {name: _digest(scratch / name) for name in names}}
        (scratch / _SEAL).write_text(json.dumps(seal, indent=1))

    @contextlib.contextmanager
    def _lock(self, key: str) -> Iterator[None]:
        (self.folder / "locks").mkdir(parents=True, exist_ok=True)
        with open(self.folder / "locks" / key, "w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    @staticmethod
    @contextlib.contextmanager
    def _held(path: Path) -> Iterator[None]:
        """A lock that dies with this process, by which others tell a living build from a leftover."""
        with open(path, "w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _sweep(self) -> None:
        """Remove what killed builds left behind."""
        for scratch in self.folder.glob("building-*"):
            try:
                with open(scratch / "alive") as handle:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            except OSError:
                if time.time() - scratch.stat().st_mtime < 60:
                    continue
            shutil.rmtree(scratch, ignore_errors=True)

    def entries(self) -> list[dict]:
        """Every program: key, name, size in bytes, time made, whether whole."""
        found = []
        for path in sorted((self.folder / "programs").glob("*")):
            size = sum(f.stat().st_size for f in path.rglob("*") if f.is_file())
            try:
                about = json.loads((path / "program.json").read_text())
                made = json.loads((path / _SEAL).read_text())["made"]
            except (OSError, ValueError, KeyError):
                about, made = {}, path.stat().st_mtime
            found.append(
                {
                    "key": path.name,
                    "name": about.get("name", "?"),
                    "size": size,
                    "made": made,
                    "whole": self._whole(path, path.name),
                }
            )
        return found

    def clear(self) -> int:
        """Remove everything; returns the number of programs removed."""
        count = len(list((self.folder / "programs").glob("*")))
        shutil.rmtree(self.folder, ignore_errors=True)
        return count
