"""Synapses: connectivity and how events and bursts are transmitted."""

from .connectivity import AllToAll, Connectivity, FixedIndegree, FromArrays, OneToOne, WithProbability

__all__ = ["AllToAll", "Connectivity", "FixedIndegree", "FromArrays", "OneToOne", "WithProbability"]
