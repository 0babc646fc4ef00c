"""Synapses: connectivity and how events and bursts are transmitted."""

from .connectivity import AllToAll, Connectivity, FixedIndegree, FromArrays, OneToOne, WithProbability
from .short_term import ShortTermPlasticity

__all__ = [
    "AllToAll",
    "Connectivity",
    "FixedIndegree",
    "FromArrays",
    "OneToOne",
    "ShortTermPlasticity",
    "WithProbability",
]
