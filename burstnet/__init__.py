"""burstnet: spiking circuits that learn with bursts, described in equations, compiled once, run by Brian2.

Importing it sets no Brian2 preference and no device, and costs nothing until a name is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_PUBLIC = {
    "circuit": ("Circuit", "Population", "Projection"),
    "control": ("Knob", "Readout", "Signal", "Window"),
    "timeline": ("Phase", "Timeline"),
    "lesion": ("Lesion", "parse_lesions"),
    "recording": ("Recording",),
    "compiled": ("Compiled", "compile"),
    "objects": ("Brian2Objects", "brian2_objects"),
    "result": ("Result",),
    "raw_output": ("load",),
    "export": ("generate",),
    "quantities": ("parse_quantity",),
    "errors": ("ArgumentError", "BuildError", "BurstnetError", "ResultError", "RunError"),
    "experiment": ("Experiment", "find_experiment"),
    "studies": (
        "Arm",
        "Study",
        "StudyResult",
        "lesion_study",
        "open_study",
        "read_study",
        "run_study",
        "sweep_study",
    ),
}
_HOME = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = [
    "ArgumentError",
    "Arm",
    "Brian2Objects",
    "BuildError",
    "BurstnetError",
    "Circuit",
    "Compiled",
    "Experiment",
    "Knob",
    "Lesion",
    "Phase",
    "Population",
    "Projection",
    "Readout",
    "Recording",
    "Result",
    "ResultError",
    "RunError",
    "Signal",
    "Study",
    "StudyResult",
    "Timeline",
    "Window",
    "brian2_objects",
    "compile",
    "find_experiment",
    "generate",
    "lesion_study",
    "load",
    "open_study",
    "parse_lesions",
    "parse_quantity",
    "read_study",
    "run_study",
    "sweep_study",
]

if TYPE_CHECKING:
    from .circuit import Circuit, Population, Projection
    from .compiled import Compiled, compile
    from .control import Knob, Readout, Signal, Window
    from .errors import ArgumentError, BuildError, BurstnetError, ResultError, RunError
    from .experiment import Experiment, find_experiment
    from .export import generate
    from .lesion import Lesion, parse_lesions
    from .objects import Brian2Objects, brian2_objects
    from .quantities import parse_quantity
    from .raw_output import load
    from .recording import Recording
    from .result import Result
    from .studies import Arm, Study, StudyResult, lesion_study, open_study, read_study, run_study, sweep_study
    from .timeline import Phase, Timeline


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'burstnet' has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
