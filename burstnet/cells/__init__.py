"""Cells: fragments of equations, parameters and events, one file per family."""

from .averages import burst_averages
from .background import background, poisson_units, pooled_background, steady_current
from .conductance import ConductanceParameters, StochasticBurstParameters, conductance_pyramidal, stochastic_burst
from .detectors import exact_isi, leaky_counter
from .fragment import Fragment, Parameter, ParameterSet, parameter
from .integration import SequentialEuler
from .interneuron import PV, SST, AdExParameters, adex
from .noise import shot_noise
from .pyramidal import PyramidalParameters, two_compartment

__all__ = [
    "PV",
    "SST",
    "AdExParameters",
    "ConductanceParameters",
    "Fragment",
    "Parameter",
    "ParameterSet",
    "PyramidalParameters",
    "SequentialEuler",
    "StochasticBurstParameters",
    "adex",
    "background",
    "burst_averages",
    "conductance_pyramidal",
    "exact_isi",
    "leaky_counter",
    "parameter",
    "poisson_units",
    "pooled_background",
    "shot_noise",
    "steady_current",
    "stochastic_burst",
    "two_compartment",
]
