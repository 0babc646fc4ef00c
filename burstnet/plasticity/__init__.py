"""Plasticity rules."""

from .burst_dependent import AdaptiveBurstDependent, BurstDependent
from .cerebellar import MossyNuclear, ParallelFibre, parallel_fibre_rule
from .delta import DeltaRule
from .feedback import KolenPollack

__all__ = [
    "AdaptiveBurstDependent",
    "BurstDependent",
    "DeltaRule",
    "KolenPollack",
    "MossyNuclear",
    "ParallelFibre",
    "Rule",
    "parallel_fibre_rule",
]

#: Every rule that a projection takes.
Rule = BurstDependent | KolenPollack | AdaptiveBurstDependent | ParallelFibre | MossyNuclear | DeltaRule
