"""Which target to use. Imports compiler and errors."""

from __future__ import annotations

from ..errors import BuildError, unknown_name
from .cache import cache_folder
from .compiler import find_compiler
from .cuda_toolkit import brian2cuda_problem

__all__ = ["TARGETS", "choose_target"]

TARGETS = ("auto", "numpy", "cython", "cpp", "cuda")


def choose_target(target: str) -> tuple[str, str]:
    """The target to use and why.

    Parameters
    ----------
    target : {"auto", "numpy", "cython", "cpp", "cuda"}
        ``auto`` is cpp where a compiler works, else numpy.

    Raises
    ------
    ArgumentError
        If the name is not one of these.
    BuildError
        If cpp or cython is asked for and there is no compiler, or cuda and there is no Brian2CUDA.
    """
    if target not in TARGETS:
        raise unknown_name("target", target, TARGETS)
    if target == "numpy":
        return target, "as asked"
    if target == "cuda":
        if problem := brian2cuda_problem():
            raise BuildError(problem)
        return target, "as asked"
    try:
        compiler = find_compiler(cache_folder())
    except BuildError as problem:
        if target == "auto":
            return "numpy", f"no compiler works here ({problem})"
        raise
    return ("cpp", f"{compiler.version} works") if target == "auto" else (target, "as asked")
