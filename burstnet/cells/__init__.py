"""Cells: fragments of equations, parameters and events, one file per family."""

from .detectors import exact_isi, leaky_counter
from .fragment import Fragment, Parameter, ParameterSet, parameter
from .integration import SequentialEuler
from .noise import shot_noise
from .pyramidal import PyramidalParameters, two_compartment

__all__ = [
    "Fragment",
    "Parameter",
    "ParameterSet",
    "PyramidalParameters",
    "SequentialEuler",
    "exact_isi",
    "leaky_counter",
    "parameter",
    "shot_noise",
    "two_compartment",
]
