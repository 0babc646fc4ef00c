"""Rules of the cerebellum: parallel fibres onto Purkinje cells, mossy fibres onto nuclei. Imports only cells, weights and errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from brian2.units import Hz, ms, nS
from brian2.units.fundamentalunits import Quantity

from ..cells.fragment import Fragment, Parameter
from ..errors import ArgumentError, unknown_name
from ..quantities import default
from .weights import bound_parameters, check_bounds, refuse_constant

__all__ = ["FORMS", "RULES", "MossyNuclear", "ParallelFibre", "parallel_fibre_rule"]

_SOURCE = "ours"
#: What potentiates a parallel fibre's synapse, and what a complex spike takes away.
FORMS = ("covariance", "centred", "fixed", "multiplicative")
#: Rules by name.
RULES = ("covariance", "centred", "fixed-ltp", "de-schepper2022", "yamazaki2012")


def _composed(projection: str, cell: Fragment, variable: str, needed: str) -> None:
    if variable not in cell.names():
        raise ArgumentError(
            f"projection {projection!r} reads {variable!r}, which the cell {cell.name!r} does not have; compose it with {needed}."
        )


@dataclass(frozen=True, kw_only=True)
class ParallelFibre:
    """Depression of a parallel fibre's synapse at a complex spike, by its eligibility, against potentiation without one.

    With e the granule cell's eligibility, z the Purkinje cell's average rate of complex spikes and tau_e the area of the
    eligibility of a spike, weights are kept in [w_min, w_max] and

    - ``covariance``: ``w -= eta*e`` at a complex spike, ``w += eta*tau_e*z`` at a parallel fibre's spike. The expected change is
      the negative covariance of eligibility and complex spikes, so that weights do not drift at any rate of the olive.
    - ``centred``: ``w -= eta*(e - mean of e)`` at a complex spike and nothing else; the same expectation, with the mean taken on
      the presynaptic side.
    - ``fixed``: as covariance with the constant `rest` in the place of z.
    - ``multiplicative``: ``w -= eta*w`` at a complex spike if the fibre was active within `window`, ``w += ltp*(w_max - w)`` at
      its spike.

    Parameters
    ----------
    eta : Quantity or float
        In the weight's unit; a plain part of the weight for ``multiplicative``.
    form : {"covariance", "centred", "fixed", "multiplicative"}
    w_min, w_max : Quantity [nS]
        Bounds.
    rest : Quantity [Hz]
        Rate of complex spikes at which ``fixed`` is stationary.
    ltp : float
        Potentiation of ``multiplicative``, as a part of what is left to the bound.
    window : Quantity [ms]
        Of ``multiplicative``.
    learning : str, optional
        Knob or signal of the circuit that multiplies learning.

    References
    ----------
    Ito (2001), Physiol. Rev. 81; Dean, Porrill, Ekerot & Jörntell (2010), Nat. Rev. Neurosci. 11, for the covariance rule;
    Yamazaki & Nagao (2012), PLoS ONE 7, published code, for ``multiplicative``.
    """

    eta: Quantity | float
    form: str = "covariance"
    w_min: Quantity | float = default(0 * nS)
    w_max: Quantity | float = default(3.6 * nS)
    rest: Quantity = default(1 * Hz)
    ltp: float = 0.0
    window: Quantity = default(50 * ms)
    learning: str | None = None

    learns_at = "post"
    trace_first = False

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise unknown_name("form", self.form, FORMS)
        Parameter(1 * Hz).checked(self.rest, "rest")
        Parameter(Quantity(0.0)).checked(self.ltp, "ltp")
        Parameter(1 * ms, positive=True).checked(self.window, "window")
        check_bounds(self.w_min, self.w_max)

    def check_source(self, projection: str, constant: bool) -> None:
        """Refuse a constant source."""
        refuse_constant(self, projection, constant)

    def check_cells(self, projection: str, source: Fragment, target: Fragment, target_name: str) -> None:
        """Refuse cells without what the rule reads."""
        if "complex_spike" not in target.events:
            raise ArgumentError(
                f"projection {projection!r} learns from complex spikes, but {target_name!r} has none; compose its cell with climbing_fibre."
            )
        _composed(projection, source, "eligibility", "eligibility")
        if self.form == "covariance":
            _composed(projection, target, "complex_rate", "climbing_fibre")

    def eta_unit(self, weight: Quantity, source: Quantity | None) -> Quantity:
        """A quantity of the dimension of `eta`."""
        return Quantity(1.0) if self.form == "multiplicative" else weight

    def fixed(self) -> dict[str, Any]:
        """What a build depends on."""
        return {"form": self.form, "learning": self.learning}

    def parameters(self, projection: str) -> dict[str, Parameter]:
        """Run arguments, named after the projection."""
        found = {
            f"eta_{projection}": Parameter(Quantity(self.eta), "depression at a complex spike", _SOURCE),
            **bound_parameters(projection, self.w_min, self.w_max, _SOURCE),
        }
        if self.form == "fixed":
            found[f"rest_{projection}"] = Parameter(
                Quantity(self.rest), "rate of complex spikes at which weights are stationary", _SOURCE
            )
        if self.form == "multiplicative":
            found[f"ltp_{projection}"] = Parameter(Quantity(self.ltp), "potentiation at a spike", _SOURCE)
            found[f"window_{projection}"] = Parameter(
                Quantity(self.window), "time within which a fibre was active", _SOURCE
            )
        return found

    def _step(self, projection: str, weight: str, change: str, keep: str) -> str:
        gate = f"{self.learning or '1'}*{keep}"
        return f"{weight} = clip({weight} {change[0]} {gate}*{change[1:]}, w_min_{projection}, w_max_{projection})"

    def actions(self, projection: str, weight: str, x: str, keep: str = "1") -> dict[str, str]:
        """What the target cell's complex spike does to the weight; `keep` is the part that no lesion freezes."""
        change = {
            "centred": f"-eta_{projection}*(eligibility_pre - eligibility_mean_pre)",
            "multiplicative": f"-eta_{projection}*{weight}*int(eligibility_elapsed_pre*tau_eligibility_pre < window_{projection})*int(eligibility_1_pre > 0)",
        }.get(self.form, f"-eta_{projection}*eligibility_pre")
        return {"complex_spike": self._step(projection, weight, change, keep)}

    def source_action(self, projection: str, weight: str, keep: str = "1") -> str:
        """What the source cell's spike does to the weight."""
        change = {
            "covariance": f"+eta_{projection}*tau_eligibility_pre*complex_rate_post",
            "fixed": f"+eta_{projection}*tau_eligibility_pre*rest_{projection}",
            "multiplicative": f"+ltp_{projection}*(w_max_{projection} - {weight})",
        }.get(self.form)
        return self._step(projection, weight, change, keep) if change else ""


def parallel_fibre_rule(
    name: str, weight: Quantity, *, eta: Quantity | None = None, learning: str | None = None
) -> ParallelFibre:
    """A rule by its name, for an initial weight.

    Parameters
    ----------
    name : {"covariance", "centred", "fixed-ltp", "de-schepper2022", "yamazaki2012"}
        The last two have the step sizes of published programs: -9e-3 and 2.25e-4 at an initial weight of 0.4; 0.5 % and 0.01 %
        within 50 ms. The first of them is published with a kernel ``sin**20``, centred 100 ms before the complex spike and 83
        ms wide, in the place of which stands the granule cell's eligibility; six stages of 17 ms come close.
    weight : Quantity [nS]
        The initial weight; bounds are 0 and three times this, for the published two 5 and 1/0.3 times.
    eta : Quantity [nS], optional
        Depression at a complex spike; half of the initial weight by default. The published two have their own.
    learning : str, optional
        Knob or signal of the circuit that multiplies learning.

    Raises
    ------
    ArgumentError
        If there is no rule of that name.
    """
    if name not in RULES:
        raise unknown_name("rule", name, RULES)
    if name == "yamazaki2012":
        return ParallelFibre(
            eta=0.005, ltp=1e-4, form="multiplicative", w_max=weight / 0.3, w_min=0 * weight, learning=learning
        )
    if name == "de-schepper2022":
        # per spike 2.25e-4 of potentiation; eligibility peaks at 0.18 with six stages, so that the depression of a pair is 9e-3
        step = 9e-3 / 0.1755 * weight / 0.4
        return ParallelFibre(
            eta=step,
            form="fixed",
            rest=2.25e-4 / 0.4 * weight / (step * 17 * ms),
            w_min=0 * weight,
            w_max=5 * weight,
            learning=learning,
        )
    eta = 0.5 * weight if eta is None else eta
    return ParallelFibre(eta=eta, form=name.removesuffix("-ltp"), w_min=0 * weight, w_max=3 * weight, learning=learning)


@dataclass(frozen=True, kw_only=True)
class MossyNuclear:
    """Plasticity of mossy fibres onto nuclear cells, gated by Purkinje cells: the slow site of cerebellar memory.

    At each spike of a mossy fibre ``w += eta*(1 - g_I/set_point)``, kept in [w_min, w_max], with g_I the nuclear cell's
    inhibitory conductance and ``set_point`` its running mean (`burstnet.cells.cerebellar.inhibition_average`): a fibre
    that is active while Purkinje cells pause is potentiated, one that is active while they fire above their mean is
    depressed, and nothing happens on average without a relation between the two.

    Parameters
    ----------
    eta : Quantity [nS]
    w_min, w_max : Quantity [nS]
        Bounds.
    learning : str, optional
        Knob or signal of the circuit that multiplies learning.

    References
    ----------
    Medina & Mauk (1999), J. Neurosci. 19; Medina, Garcia & Mauk (2001), J. Neurosci. 21.
    """

    eta: Quantity
    w_min: Quantity | float = default(0 * nS)
    w_max: Quantity | float = default(1 * nS)
    learning: str | None = None

    learns_at = "post"
    trace_first = False

    def __post_init__(self) -> None:
        check_bounds(self.w_min, self.w_max)

    def check_source(self, projection: str, constant: bool) -> None:
        """Refuse a constant source."""
        refuse_constant(self, projection, constant)

    def check_cells(self, projection: str, source: Fragment, target: Fragment, target_name: str) -> None:
        """Refuse cells without what the rule reads."""
        _composed(projection, target, "set_point", "inhibition_average")

    def eta_unit(self, weight: Quantity, source: Quantity | None) -> Quantity:
        """A quantity of the dimension of `eta`."""
        return weight

    def fixed(self) -> dict[str, Any]:
        """What a build depends on."""
        return {"learning": self.learning}

    def parameters(self, projection: str) -> dict[str, Parameter]:
        """Run arguments, named after the projection."""
        return {
            f"eta_{projection}": Parameter(Quantity(self.eta), "learning rate", _SOURCE),
            **bound_parameters(projection, self.w_min, self.w_max, _SOURCE),
        }

    def actions(self, projection: str, weight: str, x: str, keep: str = "1") -> dict[str, str]:
        """Nothing that the target cell does changes the weight."""
        return {}

    def source_action(self, projection: str, weight: str, keep: str = "1") -> str:
        """What the source cell's spike does to the weight."""
        # a picosiemens keeps the ratio finite while there has been no inhibition at all
        change = "(set_point_post - g_I_post)/(set_point_post + 1e-12*siemens)"
        step = f"{self.learning or '1'}*{keep}*eta_{projection}*{change}"
        return f"{weight} = clip({weight} + {step}, w_min_{projection}, w_max_{projection})"
