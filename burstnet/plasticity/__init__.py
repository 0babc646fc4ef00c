"""Plasticity rules."""

from .burst_dependent import AdaptiveBurstDependent, BurstDependent

__all__ = ["AdaptiveBurstDependent", "BurstDependent"]
