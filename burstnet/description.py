"""Canonical plain data of what a program is made of, from which its cache key is made. Imports quantities only.

Values of run arguments are left out: they do not change a program. A class whose fields hold such values says what is
fixed in a method ``fixed()``.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from brian2.core.functions import Function
from brian2.input.timedarray import TimedArray
from brian2.units.fundamentalunits import Quantity

from .quantities import unit_name

__all__ = ["plain"]


def plain(thing: Any) -> Any:
    """`thing` as JSON-ready data, equal for equal programs; arrays become digests of their contents."""
    if hasattr(thing, "fixed"):
        return {"is": type(thing).__name__, "fixed": plain(thing.fixed())}
    if isinstance(thing, TimedArray):
        values = np.asarray(thing.values)
        return {"timed_array": _digest(values), "dt": float(thing.dt)}
    if isinstance(thing, Quantity):
        return [unit_name(thing), _digest(np.asarray(thing)) if np.ndim(thing) else float(thing)]
    if isinstance(thing, np.ndarray):
        return _digest(thing)
    if isinstance(thing, Function):
        made = thing.implementations._implementations.items()
        return {"function": {str(target): _code_of(code) for target, code in made if isinstance(target, str)}}
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return {"is": type(thing).__name__} | {f.name: plain(getattr(thing, f.name)) for f in dataclasses.fields(thing)}
    if isinstance(thing, Mapping):
        return {str(k): plain(v) for k, v in thing.items()}
    if isinstance(thing, (tuple, list)):
        return [plain(v) for v in thing]
    if isinstance(thing, str):
        return "\n".join(line.strip() for line in thing.strip().splitlines())
    if isinstance(thing, np.number):
        return thing.item()
    if thing is None or isinstance(thing, (bool, int, float)):
        return thing
    return getattr(thing, "__name__", None) or type(thing).__name__


def _code_of(implementation: Any) -> Any:
    """The source of a function for one target, with that of the functions it uses; Python functions belong to no build."""
    source, uses = implementation._code, implementation.dependencies or {}
    return [
        source if isinstance(source, (str, dict)) else None,
        {name: plain(function) for name, function in uses.items()},
    ]


def _digest(values: np.ndarray) -> str:
    values = np.ascontiguousarray(values)
    return f"{values.dtype.str}{values.shape}" + hashlib.sha256(values.tobytes()).hexdigest()
