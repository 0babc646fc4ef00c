"""What this machine has, what is missing, and the line that mends it. Imports targets' compiler and cache."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from .errors import BuildError
from .targets.cache import Cache, cache_folder
from .targets.compiler import find_compiler
from .targets.cuda_toolkit import (
    INSTALL_CURAND,
    INSTALL_EXTRA,
    brian2cuda_problem,
    curand_folder,
    find_gpu,
    find_nvcc,
)

__all__ = ["Finding", "examine"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    name, found : str
    good : bool
        Whether it is there and supported; optional things that are absent are good too.
    mend : str
        The line that mends it, or an empty string.
    """

    name: str
    found: str
    good: bool = True
    mend: str = ""


def _package(name: str, supported: str = "", mend: str = "") -> Finding:
    try:
        return Finding(name, f"{version(name)}{f' (tested: {supported})' if supported else ''}")
    except PackageNotFoundError:
        return Finding(name, "not installed", False, mend or f"pip install {name}")


def _brian2() -> Finding:
    # on Python 3.11 Brian2CUDA pins an older one
    older = "2.9" if not _package("brian2cuda").good else "2.8"
    wanted = older if sys.version_info < (3, 12) else "2.10"
    found = _package("brian2", f"{wanted}.x")
    if found.good and not version("brian2").startswith(wanted):
        return Finding("brian2", found.found, False, f"pip install 'brian2=={wanted}.*'")
    return found


def _compiler() -> list[Finding]:
    try:
        compiler = find_compiler(cache_folder())
    except BuildError as problem:
        return [
            Finding("C++ compiler", f"none ({problem})", False, "apt-get install g++   (macOS: xcode-select --install)")
        ]
    found = [
        Finding("C++ compiler", f"{compiler.path}: {compiler.version}"),
        Finding("flags, fast", " ".join(compiler.fast)),
        Finding("flags, strict", " ".join(compiler.strict)),
    ]
    if not shutil.which("make"):
        found.append(Finding("make", "none", False, "apt-get install make"))
    return found


def _optional(name: str, command: str, why: str, mend: str) -> Finding:
    path = shutil.which(command)
    if not path:
        return Finding(name, f"none ({why})", True, mend)
    done = subprocess.run([path, "--version"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    lines = [
        line for line in done.stdout.splitlines() if "version" in line.lower() or "release" in line.lower()
    ] or done.stdout.splitlines()
    return Finding(name, f"{path}: {lines[0].strip() if lines else ''}")


def _torch() -> Finding:
    """What convolutional networks in rates need; optional."""
    try:
        found = version("torch")
    except PackageNotFoundError:
        return Finding("torch", "none (optional: convolutional networks)", True, "pip install 'burstnet[torch]'")
    return Finding("torch", f"{found}{', for CPUs only' if '+cpu' in found else ''}")


def _cuda() -> list[Finding]:
    """What target cuda needs; all of it is optional."""
    problem = brian2cuda_problem()
    extra = Finding("brian2cuda", f"none (optional: {problem.partition(';')[0]})", True, INSTALL_EXTRA)
    found = [extra if problem else _package("brian2cuda")]
    try:
        nvcc = find_nvcc()
    except BuildError:
        toolkit = "https://developer.nvidia.com/cuda-downloads, or set CUDA_PATH to where it is"
        return [*found, Finding("nvcc", "none (optional: builds CUDA projects)", True, toolkit), _gpu()]
    folder = curand_folder()
    where = "with the toolkit" if nvcc.has_curand else folder or "none (optional: CUDA projects include it)"
    return [
        *found,
        Finding("nvcc", f"{nvcc.path}: {nvcc.version}"),
        Finding("curand.h", where, True, "" if nvcc.has_curand or folder else INSTALL_CURAND),
        _gpu(),
    ]


def _gpu() -> Finding:
    gpu = find_gpu()
    if gpu is None:
        mend = "burstnet generate PROTOCOL --target cuda -o DIR   writes a project for a machine with one"
        return Finding("GPU", "none (optional: runs target cuda)", True, mend)
    return Finding("GPU", f"{gpu[0]}, compute capability {gpu[1]}")


def _cache() -> Finding:
    folder = cache_folder()
    entries = Cache(folder).entries() if folder.exists() else []
    size = sum(entry["size"] for entry in entries)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as problem:
        return Finding(
            "build cache",
            f"{folder} cannot be written ({problem.strerror})",
            False,
            "export BURSTNET_CACHE=/a/folder/you/can/write",
        )
    return Finding(
        "build cache",
        f"{folder}: {len(entries)} programs, {size / 1e6:.1f} MB, {shutil.disk_usage(folder).free / 1e9:.1f} GB free",
    )


def examine() -> list[Finding]:
    """Everything that burstnet needs or can use, in the order in which to mend it."""
    return [
        Finding(
            "Python",
            f"{platform.python_version()} at {sys.executable}",
            sys.version_info >= (3, 11),
            "" if sys.version_info >= (3, 11) else "install Python 3.11 or newer",
        ),
        _package("burstnet", mend="pip install -e ."),
        _brian2(),
        *(_package(name) for name in ("numpy", "cython", "xarray", "h5netcdf", "matplotlib", "joblib")),
        *_compiler(),
        _optional("ccache", "ccache", "optional: repeated builds are quicker with it", "apt-get install ccache"),
        *_cuda(),
        _torch(),
        _cache(),
        Finding("cores", str(os.cpu_count())),
    ]
