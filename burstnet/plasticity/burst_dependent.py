"""Burst-dependent plasticity: bursts potentiate, events depress. Imports only cells' parameters, weights and errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from brian2.units import ms
from brian2.units.fundamentalunits import Quantity

from ..cells.fragment import Fragment, Parameter
from ..errors import ArgumentError, unknown_name
from ..quantities import default
from .weights import bound_parameters, check_bounds, refuse_constant

__all__ = ["AdaptiveBurstDependent", "BurstDependent"]

_SOURCE = "Greedy et al. 2022, spiking program"
_PAYEUR = "Payeur et al. 2021"


@dataclass(frozen=True, kw_only=True)
class BurstDependent:
    """Potentiation at a postsynaptic burst, depression at a postsynaptic event, both times the presynaptic factor x.

    At the target cell's burst ``w += eta*pulse*x``, at its event ``w -= eta*pulse*p_b*x``, with `pulse` = 1 ms, kept in
    [w_min, w_max]. The expected drift is ``eta*pulse*x*e*(p - p_b)`` for event rate e and burst probability p. A spiking
    source has x = an exponential trace of its own events, raised by one after the learning of the step; a constant source
    has x = its current. With a decay, an event also takes away ``decay*w``.

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
    trace : str, optional
        Variable of the source cell that is x, in the place of a trace that the projection adds: one for all projections of
        a population, and quicker where many cells learn, since an exponential is then computed a cell and not a synapse.
    decay : float
        Part of the weight that the target cell's event takes away while it learns, 0 to 1. With 0 nothing decays, and there
        is no run argument for it.

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
    trace: str | None = None
    decay: float = 0.0

    #: The cell whose events and bursts change the weight: ``"post"`` the target, ``"pre"`` the source.
    learns_at = "post"
    #: Whether the presynaptic trace of a step's event is already there for what the target cell does in the same step.
    trace_first = False

    def __post_init__(self) -> None:
        Parameter(Quantity(0.375)).checked(self.p_b, "p_b")
        if not 0 <= float(Parameter(Quantity(0.0)).checked(self.decay, "decay")) <= 1:
            raise ArgumentError(f"decay={self.decay} is not allowed; it is from 0 to 1.")
        _check_common(self)

    def check_source(self, projection: str, constant: bool) -> None:
        """Refuse a source that the rule cannot learn from; this one takes any."""

    def check_cells(self, projection: str, source: Fragment, target: Fragment, target_name: str) -> None:
        """Refuse cells without what the rule reads."""
        _check_bursts(projection, target, target_name)
        if self.trace and self.trace not in source.names():
            raise unknown_name(f"trace of projection {projection!r}", self.trace, source.names())

    def eta_unit(self, weight: Quantity, source: Quantity | None) -> Quantity:
        """A quantity of the dimension of `eta`, for a weight and a constant source."""
        return weight / ms if source is None else weight / (ms * source)

    def fixed(self) -> dict[str, Any]:
        """What a build depends on."""
        kept = {"trace": self.trace, "decays": bool(self.decay)}
        return {"learning": self.learning} | {name: value for name, value in kept.items() if value}

    def parameters(self, projection: str) -> dict[str, Parameter]:
        """Run arguments, named after the projection."""
        found = {
            f"eta_{projection}": Parameter(Quantity(self.eta), "learning rate", _SOURCE),
            f"p_b_{projection}": Parameter(Quantity(self.p_b), "baseline burst probability", _SOURCE),
            **bound_parameters(projection, self.w_min, self.w_max, _SOURCE),
        }
        if self.decay:
            found[f"decay_{projection}"] = Parameter(
                Quantity(self.decay), "part of the weight that an event takes away"
            )
        return found

    def actions(self, projection: str, weight: str, x: str, keep: str = "1") -> dict[str, str]:
        """What the target cell's ``burst`` and ``event`` do to the weight; `keep` is the part that no lesion freezes."""
        gate = f"{self.learning or '1'}*{keep}"
        step = f"{gate}*eta_{projection}*(1*ms)*{x}"
        lost = f" - {gate}*decay_{projection}*{weight}" if self.decay else ""
        bounds = f"w_min_{projection}, w_max_{projection}"
        return {
            "burst": f"{weight} = clip({weight} + {step}, {bounds})",
            "event": f"{weight} = clip({weight} - p_b_{projection}*{step}{lost}, {bounds})",
        }

    def source_action(self, projection: str, weight: str, keep: str = "1") -> str:
        """What the source cell's event does to the weight."""
        return ""


def _check_bursts(projection: str, target: Fragment, target_name: str) -> None:
    if not {"event", "burst"} <= set(target.events):
        raise ArgumentError(
            f"projection {projection!r} learns from bursts, but {target_name!r} has no detector of them."
        )


def _check_common(rule: BurstDependent | AdaptiveBurstDependent) -> None:
    Parameter(1 * ms, positive=True).checked(rule.tau_trace, "tau_trace")
    check_bounds(rule.w_min, rule.w_max)


@dataclass(frozen=True, kw_only=True)
class AdaptiveBurstDependent:
    """Burst-dependent plasticity against the target cell's own moving burst probability, with homeostasis.

    With x the presynaptic trace, P the ratio of the target cell's moving averages of bursts and events, and h its excess
    of events: at the target's event ``w += eta*(-min(P, 1) + h)*x``, at its burst ``w += eta*(1 + h)*x``, at the source's
    event ``w += eta*max(0, rate_least - rate)`` with rates in Hz, where ``h = -max(0, 1 - rate_most/rate)``. Weights are kept in
    [w_min, w_max]. The target cell is composed with `burstnet.cells.averages.burst_averages`, which holds P, h and rates.

    Parameters
    ----------
    eta : Quantity or float
        Learning rate, in the weight's unit.
    w_min, w_max : Quantity or float
        Bounds, in the weight's unit.
    tau_trace : Quantity [ms]
        Time constant of the presynaptic trace, which an event of the source raises by one before the target's of the same
        step learns.
    learning : str, optional
        Knob or signal of the circuit that multiplies eta; averages and traces go on while it is 0.

    References
    ----------
    Payeur et al. (2021), Nature Neuroscience 24, equations 1 to 3 and homeostasis in their Methods; published program.
    """

    eta: Quantity | float
    w_min: Quantity | float = 0.0
    w_max: Quantity | float = 1.0
    tau_trace: Quantity = default(100 * ms)
    learning: str | None = None

    learns_at = "post"
    trace_first = True
    trace = None

    def __post_init__(self) -> None:
        _check_common(self)

    def check_source(self, projection: str, constant: bool) -> None:
        """Refuse a constant source, which has no events."""
        refuse_constant(self, projection, constant)

    def check_cells(self, projection: str, source: Fragment, target: Fragment, target_name: str) -> None:
        """Refuse cells without what the rule reads."""
        _check_bursts(projection, target, target_name)
        if not {"learn_down", "learn_up", "learn_idle"} <= set(target.names()):
            raise ArgumentError(
                f"projection {projection!r} learns against a moving burst probability, but the cell of {target_name!r} has none; compose it with burst_averages."
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
            f"eta_{projection}": Parameter(Quantity(self.eta), "learning rate", _PAYEUR),
            **bound_parameters(projection, self.w_min, self.w_max, _PAYEUR),
        }

    def actions(self, projection: str, weight: str, x: str, keep: str = "1") -> dict[str, str]:
        """What the target cell's ``burst`` and ``event`` do to the weight; `keep` is the part that no lesion freezes."""
        step = f"{self.learning or '1'}*{keep}*eta_{projection}*{x}"
        bounds = f"w_min_{projection}, w_max_{projection}"
        return {
            "burst": f"{weight} = clip({weight} + learn_up_post*{step}, {bounds})",
            "event": f"{weight} = clip({weight} + learn_down_post*{step}, {bounds})",
        }

    def source_action(self, projection: str, weight: str, keep: str = "1") -> str:
        """What the source cell's event does to the weight."""
        step = f"{self.learning or '1'}*{keep}*eta_{projection}*learn_idle_post"
        return f"{weight} = clip({weight} + {step}, w_min_{projection}, w_max_{projection})"
