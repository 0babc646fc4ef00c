"""Plasticity rules."""

from .burst_dependent import AdaptiveBurstDependent, BurstDependent
from .cerebellar import MossyNuclear, ParallelFibre, parallel_fibre_rule
from .delta import DeltaRule

__all__ = [
    "AdaptiveBurstDependent",
    "BurstDependent",
    "DeltaRule",
    "MossyNuclear",
    "ParallelFibre",
    "Rule",
    "parallel_fibre_rule",
]

#: Every rule that a projection takes.
Rule = BurstDependent | AdaptiveBurstDependent | ParallelFibre | MossyNuclear | DeltaRule
