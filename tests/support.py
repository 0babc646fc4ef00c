"""Helpers that several tests share."""

import pytest

from burstnet.errors import BuildError
from burstnet.targets.compiler import find_compiler


def has_compiler() -> bool:
    """Whether a C++ compiler works here."""
    try:
        find_compiler()
    except BuildError:
        return False
    return True


needs_compiler = pytest.mark.skipif(not has_compiler(), reason="no C++ compiler")


def gpu_problem() -> str:
    """Why target cuda cannot run here; empty if it can."""
    from burstnet.targets.cuda_toolkit import brian2cuda_problem, find_gpu

    return brian2cuda_problem() or ("" if find_gpu() else "no NVIDIA GPU")


needs_gpu = pytest.mark.skipif(bool(gpu_problem()), reason=gpu_problem())
