"""What rules have in common: a weight's bounds, and sources that must spike. Imports only cells' parameters and errors."""

from __future__ import annotations

from brian2.units.fundamentalunits import Quantity

from ..cells.fragment import Parameter
from ..errors import ArgumentError
from ..quantities import same_dimensions

__all__ = ["bound_parameters", "check_bounds", "refuse_constant"]


def check_bounds(w_min: Quantity | float, w_max: Quantity | float) -> None:
    """See that bounds are of one unit and in order.

    Raises
    ------
    ArgumentError
    """
    if not same_dimensions(w_min, w_max):
        raise ArgumentError(f"w_min={w_min} and w_max={w_max} have different units.")
    if not 0 <= float(Quantity(w_max) - Quantity(w_min)):
        raise ArgumentError(f"w_max={w_max} is not allowed; it must be at least w_min={w_min}.")


def bound_parameters(
    projection: str, w_min: Quantity | float, w_max: Quantity | float, source: str
) -> dict[str, Parameter]:
    """Run arguments for the bounds of a projection's weights."""
    return {
        f"w_min_{projection}": Parameter(Quantity(w_min), "lower bound of the weight", source),
        f"w_max_{projection}": Parameter(Quantity(w_max), "upper bound of the weight", source),
    }


def refuse_constant(rule: object, projection: str, constant: bool) -> None:
    """Refuse a constant source for a rule that learns from spikes.

    Raises
    ------
    ArgumentError
    """
    if constant:
        raise ArgumentError(
            f"projection {projection!r} has a constant source; {type(rule).__name__} needs a spiking one."
        )
