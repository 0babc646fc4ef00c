"""The delta rule: synapses onto a linear read-out that knows its own error. Imports only cells, weights and quantities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from brian2.units.fundamentalunits import Quantity

from ..cells.fragment import Fragment, Parameter
from ..errors import ArgumentError
from .weights import bound_parameters, check_bounds, refuse_constant

__all__ = ["DeltaRule"]

_SOURCE = "Pemberton et al. 2024"


@dataclass(frozen=True, kw_only=True)
class DeltaRule:
    """At each spike of the source ``w += eta*error`` with the target cell's ``error`` of that moment, kept in [w_min, w_max].

    There is no eligibility and no lag: activity is blamed for the error while it is there.

    Parameters
    ----------
    eta : Quantity or float
        In the weight's unit, for an error of 1.
    w_min, w_max : Quantity or float
        Bounds, in the weight's unit.
    learning : str, optional
        Knob or signal of the circuit that multiplies learning.

    References
    ----------
    Pemberton, Chadderton & Costa (2024), Nature Communications 15: 10913, for the read-out that is fed back.
    """

    eta: Quantity | float
    w_min: Quantity | float = -1.0
    w_max: Quantity | float = 1.0
    learning: str | None = None

    learns_at = "post"
    trace_first = False

    def __post_init__(self) -> None:
        check_bounds(self.w_min, self.w_max)

    def check_source(self, projection: str, constant: bool) -> None:
        """Refuse a constant source."""
        refuse_constant(self, projection, constant)

    def check_cells(self, projection: str, source: Fragment, target: Fragment, target_name: str) -> None:
        """Refuse a target cell without an error."""
        if "error" not in target.names():
            raise ArgumentError(
                f"projection {projection!r} learns by the delta rule, but {target_name!r} has no 'error'; its cell needs this equation."
            )

    def eta_unit(self, weight: Quantity, source: Quantity | None) -> Quantity:
        """A quantity of the dimension of `eta`."""
        return weight

    def fixed(self) -> dict[str, Any]:
        """What a build depends on."""
        return {"learning": self.learning}

    def parameters(self, projection: str) -> dict[str, Parameter]:
        """Run arguments, named after the projection."""
        return {
            f"eta_{projection}": Parameter(Quantity(self.eta), "change at a spike for an error of 1", _SOURCE),
            **bound_parameters(projection, self.w_min, self.w_max, _SOURCE),
        }

    def actions(self, projection: str, weight: str, x: str, keep: str = "1") -> dict[str, str]:
        """Nothing that the target cell does changes the weight."""
        return {}

    def source_action(self, projection: str, weight: str, keep: str = "1") -> str:
        """What the source cell's spike does to the weight."""
        step = f"{self.learning or '1'}*{keep}*eta_{projection}*error_post"
        return f"{weight} = clip({weight} + {step}, w_min_{projection}, w_max_{projection})"
