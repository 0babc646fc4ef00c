"""Learning rules of a recurrent rate network behind one interface, and what each of them reads. Imports errors and streams.

They are the yardstick that burst-dependent and cerebellar learning are compared with; see `burstnet.analysis.alignment`.
"""

from .base import LocalityCard, Rule, cards
from .bptt import BackPropagation
from .eprop import EProp
from .network import Episode, TanhNetwork
from .perturbation import NodePerturbation
from .random_feedback import RandomFeedback
from .rflo import RFLO

__all__ = [
    "RFLO",
    "BackPropagation",
    "EProp",
    "Episode",
    "LocalityCard",
    "NodePerturbation",
    "RandomFeedback",
    "Rule",
    "TanhNetwork",
    "cards",
]
