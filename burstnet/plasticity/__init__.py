"""Plasticity rules."""

from .burst_dependent import BurstDependent

__all__ = ["BurstDependent"]
