"""Burst-dependent plasticity: bursts potentiate, events depress. Imports only cells' parameters and errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from brian2.units import ms
from brian2.units.fundamentalunits import Quantity

from ..cells.fragment import Parameter
from ..errors import ArgumentError
from ..quantities import default, same_dimensions

__all__ = ["BurstDependent"]

_SOURCE = "Greedy et al. 2022, spiking program"


@dataclass(frozen=True, kw_only=True)
class BurstDependent:
    """Potentiation at a postsynaptic burst, depression at a postsynaptic event, both times the presynaptic factor x.

    At the target cell's burst ``w += eta*pulse*x``, at its event ``w -= eta*pulse*p_b*x``, with `pulse` = 1 ms, kept in
    [w_min, w_max]. The expected drift is ``eta*pulse*x*e*(p - p_b)`` for event rate e and burst probability p. A spiking
    source has x = an exponential trace of its own events, raised by one after the learning of the step; a constant source
    has x = its current.

    Parameters
    ----------
    eta : Quantity
        Learning rate, in the weight's unit per second and per unit of x.
    p_b : float
        Baseline burst probability at which the weight is stationary.
    w_min, w_max : Quantity
        Bounds, in the weight's unit.
    tau_trace : Quantity [ms]
        Time constant of the presynaptic trace.
    learning : str, optional
        Knob or signal of the circuit that multiplies eta.

    References
    ----------
    Greedy et al. (2022), NeurIPS 35; Payeur et al. (2021), Nature Neuroscience 24, with a fixed instead of a moving baseline.
    """

    eta: Quantity
    p_b: float = 0.375
    w_min: Quantity | float = 0.0
    w_max: Quantity | float = 1.5
    tau_trace: Quantity = default(20 * ms)
    learning: str | None = None

    def __post_init__(self) -> None:
        Parameter(Quantity(0.375)).checked(self.p_b, "p_b")
        Parameter(1 * ms, positive=True).checked(self.tau_trace, "tau_trace")
        if not same_dimensions(self.w_min, self.w_max):
            raise ArgumentError(f"w_min={self.w_min} and w_max={self.w_max} have different units.")
        if not 0 <= float(Quantity(self.w_max) - Quantity(self.w_min)):
            raise ArgumentError(f"w_max={self.w_max} is not allowed; it must be at least w_min={self.w_min}.")

    def fixed(self) -> dict[str, Any]:
        """What a build depends on."""
        return {"learning": self.learning, "tau_trace": self.tau_trace}

    def parameters(self, projection: str) -> dict[str, Parameter]:
        """Run arguments, named after the projection."""
        return {
            f"eta_{projection}": Parameter(Quantity(self.eta), "learning rate", _SOURCE),
            f"p_b_{projection}": Parameter(Quantity(self.p_b), "baseline burst probability", _SOURCE),
            f"w_min_{projection}": Parameter(Quantity(self.w_min), "lower bound of the weight", _SOURCE),
            f"w_max_{projection}": Parameter(Quantity(self.w_max), "upper bound of the weight", _SOURCE),
        }

    def actions(self, projection: str, weight: str, x: str, keep: str = "1") -> dict[str, str]:
        """What the target cell's ``burst`` and ``event`` do to the weight; `keep` is the part that no lesion freezes."""
        step = f"{self.learning or '1'}*{keep}*eta_{projection}*(1*ms)*{x}"
        bounds = f"w_min_{projection}, w_max_{projection}"
        return {
            "burst": f"{weight} = clip({weight} + {step}, {bounds})",
            "event": f"{weight} = clip({weight} - p_b_{projection}*{step}, {bounds})",
        }
