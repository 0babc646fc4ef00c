"""What CUDA needs: nvcc, curand's headers, Brian2CUDA, and to run it a GPU. Imports errors only; starts neither nvidia-smi nor Brian2CUDA."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..errors import ArgumentError, BuildError

__all__ = ["Nvcc", "architecture", "brian2cuda_problem", "curand_folder", "find_gpu", "find_nvcc"]

#: Versions of Brian2CUDA and of the Brian2 that it pins: the supported pair, and the one for Python 3.11.
_PAIRS = {True: ("1.0b1", "2.10.1"), False: ("1.0a7", "2.8.0")}
INSTALL_EXTRA = "pip install 'burstnet[cuda]'"
INSTALL_CURAND = "pip install nvidia-curand"
DEFAULT_CAPABILITY = "9.0"
#: The project keeps to double precision, which fast-math does not touch; it would only round single precision otherwise.
_FAST = ("-w", "-std=c++17", "-Xcompiler=-O1")
_STRICT = (*_FAST, "-fmad=false")


@dataclass(frozen=True)
class Nvcc:
    """NVIDIA's compiler.

    Attributes
    ----------
    path, version : str
    architectures : tuple of str
        What it compiles for, such as ``"sm_90"``; empty if it does not say.
    """

    path: str
    version: str
    architectures: tuple[str, ...]

    @staticmethod
    def flags(strict: bool) -> tuple[str, ...]:
        """Flags for usual programs, and for ones that do not fuse a product with a sum."""
        return _STRICT if strict else _FAST

    @property
    def has_curand(self) -> bool:
        """Whether the toolkit brings curand.h."""
        root = Path(os.path.realpath(self.path)).parents[1]
        return any(root.glob("include/curand.h")) or any(root.glob("targets/*/include/curand.h"))


def find_nvcc() -> Nvcc:
    """The nvcc that ``NVCC`` names, else of ``CUDA_PATH``, else on the PATH, else in /usr/local/cuda.

    Raises
    ------
    BuildError
        If there is none.
    """
    wanted = os.environ.get("NVCC")
    places = [os.environ.get("CUDA_PATH", "") + "/bin/nvcc", "nvcc", "/usr/local/cuda/bin/nvcc", "/opt/cuda/bin/nvcc"]
    path = next((found for place in ([wanted] if wanted else places) if (found := shutil.which(place))), None)
    if path is None:
        raise BuildError(
            f"No nvcc found{f' under NVCC={wanted}' if wanted else ''}; install the CUDA toolkit (developer.nvidia.com/cuda-downloads) or set CUDA_PATH to it."
        )
    release = re.search(r"release [\d.]+, V[\d.]+", _output(path, "--version"))
    architectures = tuple(re.findall(r"sm_\d+[a-z]?", _output(path, "--list-gpu-code")))
    return Nvcc(path, f"nvcc {release[0]}" if release else "nvcc", architectures)


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
    except OSError:
        return ""


def architecture(capability: str, nvcc: Nvcc | None = None) -> str:
    """``"sm_90"`` for compute capability ``"9.0"``.

    Raises
    ------
    ArgumentError
        If it is no compute capability, or one that this nvcc does not compile for.
    """
    text = capability.strip()
    if not re.fullmatch(r"\d{1,2}\.\d", text) or float(text) < 5.0:
        raise ArgumentError(
            f"compute capability {capability!r} is not allowed; give MAJOR.MINOR, at least 5.0, for instance 9.0 (H100) or 8.0 (A100)."
        )
    arch = "sm_" + text.replace(".", "")
    if nvcc is not None and nvcc.architectures and arch not in nvcc.architectures:
        numbers = sorted(int(a[3:]) for a in nvcc.architectures if a[3:].isdigit())
        known = ", ".join(f"{n // 10}.{n % 10}" for n in numbers)
        raise ArgumentError(f"compute capability {capability} is not one that {nvcc.version} compiles for: {known}.")
    return arch


def curand_folder() -> str:
    """Folder of the package nvidia-curand with ``include/curand.h`` and ``lib``; empty if it is not installed."""
    spec = importlib.util.find_spec("nvidia")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for header in sorted(Path(place).glob("*/include/curand.h")):
            return str(header.parents[1])
    return ""


def brian2cuda_problem() -> str:
    """Why Brian2CUDA cannot be used here, in one sentence; empty if it can."""
    try:
        found = version("brian2cuda")
    except PackageNotFoundError:
        found = ""
    if not found:
        return f"target 'cuda' needs Brian2CUDA; {INSTALL_EXTRA}."
    wanted = _PAIRS[tuple(map(int, platform.python_version_tuple()[:2])) >= (3, 12)]
    if (found, version("brian2")) != wanted:
        return f"target 'cuda' needs brian2cuda {wanted[0]} with brian2 {wanted[1]}, and here are {found} and {version('brian2')}; {INSTALL_EXTRA}."
    return ""


def find_gpu() -> tuple[str, str] | None:
    """Name and compute capability of the first NVIDIA GPU, asked of its driver; None if there is no GPU or no driver."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None
    device, name = ctypes.c_int(), ctypes.create_string_buffer(256)
    if driver.cuInit(0) or driver.cuDeviceGet(ctypes.byref(device), 0):
        return None
    driver.cuDeviceGetName(name, len(name), device)
    numbers = []
    for attribute in (75, 76):  # major and minor of the compute capability
        value = ctypes.c_int()
        driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, device)
        numbers.append(str(value.value))
    return name.value.decode(errors="replace"), ".".join(numbers)
