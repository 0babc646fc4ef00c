"""The C++ compiler: found once, its flags probed once. Imports errors only."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import BuildError

__all__ = ["Compiler", "find_compiler"]

_FAST = ("-O3", "-ffast-math", "-march=native")
_STRICT = ("-O2", "-ffp-contract=off")
#: Brian2's loops go through some twenty pointers, more than compilers check for overlap by default; without these they do not vectorise.
_VECTORISE = {
    "gcc": ("--param=vect-max-version-for-alias-checks=1000",),
    "clang": (
        "-fveclib=libmvec",
        "-mllvm -runtime-memory-check-threshold=1000",
        "-mllvm -memory-check-merge-threshold=1000",
    ),
}
_PROBE = "#include <cmath>\nint main(int n, char**) { return std::exp(double(n)) > 1e9; }\n"
_INSTALL = "install one (Debian/Ubuntu: apt-get install g++; macOS: xcode-select --install) or set CXX"


@dataclass(frozen=True)
class Compiler:
    """A C++ compiler that works here.

    Attributes
    ----------
    path : str
    family : {"gcc", "clang"}
    version : str
        First line of ``--version``.
    cpu : str
        Digest of what ``-march=native`` means here.
    fast, strict : tuple of str
        Flags for fast programs (vectorised, reassociating) and for reproducible ones (-O2, no fast-math).
    """

    path: str
    family: str
    version: str
    cpu: str
    fast: tuple[str, ...]
    strict: tuple[str, ...]

    def flags(self, strict: bool) -> tuple[str, ...]:
        """Flags of one of the two kinds."""
        return self.strict if strict else self.fast


def find_compiler(memory: Path | None = None) -> Compiler:
    """The compiler that ``CXX`` names, else g++, else clang++.

    Parameters
    ----------
    memory : Path, optional
        Folder in which the probed flags are remembered.

    Raises
    ------
    BuildError
        If there is none, or it cannot compile a three-line program.
    """
    wanted = os.environ.get("CXX")
    path = shutil.which(wanted) if wanted else shutil.which("g++") or shutil.which("clang++") or shutil.which("c++")
    if not path:
        raise BuildError(f"No C++ compiler found{f' under CXX={wanted}' if wanted else ''}; {_INSTALL}.")
    stat = os.stat(os.path.realpath(path))
    identity = hashlib.sha256(f"1 {path} {stat.st_mtime_ns} {stat.st_size} {_cpu_model()}".encode()).hexdigest()[:16]
    note = memory / f"compiler-{identity}.json" if memory else None
    if note and note.is_file():
        try:
            known: dict[str, Any] = json.loads(note.read_text())
            known |= {kind: tuple(known[kind]) for kind in ("fast", "strict")}
            return Compiler(**known)
        except (ValueError, TypeError, KeyError):
            pass  # a broken note is written anew
    found = _probe(path)
    if note:
        try:
            note.parent.mkdir(parents=True, exist_ok=True)
            scratch = note.with_suffix(f".{os.getpid()}")
            scratch.write_text(json.dumps(asdict(found)))
            scratch.replace(note)
        except OSError:
            pass  # only speed is lost
    return found


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return " ".join(sorted({line for line in lines if line.startswith(("model", "flags", "Features", "CPU part"))}))


def _probe(path: str) -> Compiler:
    version = _output([path, "--version"]).splitlines()
    first = version[0] if version else ""
    family = "clang" if "clang" in first.lower() else "gcc"
    if not _compiles(path, ("-O2",)):
        raise BuildError(f"The C++ compiler {path} cannot compile a three-line program; {_INSTALL}.")
    fast: list[str] = []
    for flag in (*_FAST, *_VECTORISE[family]):
        if _compiles(path, (*fast, *flag.split())):
            fast += flag.split()
    strict = [flag for flag in _STRICT if _compiles(path, (flag,))]
    resolved = _output([path, *fast, "-###", "-E", "-x", "c++", os.devnull])
    cpu = hashlib.sha256(resolved.encode()).hexdigest()[:16]
    return Compiler(path, family, first, cpu, tuple(fast), tuple(strict))


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


def _compiles(path: str, flags: tuple[str, ...]) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "probe.cpp")
        source.write_text(_PROBE)
        done = subprocess.run(
            [path, "-Werror", *flags, str(source), "-o", f"{folder}/probe"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
        return done.returncode == 0
