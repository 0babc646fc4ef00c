"""Payeur et al. 2021: cells, synapses and settings that the four experiments on burst-dependent plasticity share.

Settings of the published program that surprise are named here, with their published value as default; the general cells
and synapses have the textbook value. The circuits stand in modules of their own, ``payeur2021_*``.
"""

from __future__ import annotations

from dataclasses import dataclass

from brian2.units import ms, mV, second
from brian2.units.fundamentalunits import Quantity

from burstnet.cells import conductance, interneuron
from burstnet.cells.averages import HOMEOSTATIC_RATES
from burstnet.cells.detectors import leaky_counter
from burstnet.cells.fragment import Fragment
from burstnet.errors import ArgumentError, unknown_name
from burstnet.experiment import Choice, Number, Whole
from burstnet.synapses.short_term import ShortTermPlasticity

__all__ = ["CITATION", "DELAY", "DT", "STRUCTURE", "Published", "pv", "pyramidal", "sst", "stochastic"]

CITATION = (
    "Payeur, Guerguiev, Zenke, Richards & Naud (2021). Burst-dependent synaptic plasticity can coordinate learning in "
    "hierarchical circuits. Nature Neuroscience 24: 1010-1019. doi:10.1038/s41593-021-00857-x"
)
DT = 0.1 * ms
#: Axonal delay of ordinary, noise and STP connections; plastic and gated ones have none.
DELAY = 0.8 * ms
_SPREAD = 5 * mV
#: Interneurons have no bursts in the sense of the rule: with a counter that forgets within their shortest interval
#: (1.1 ms) every spike is an event, and event rates are their firing rates.
_EVERY_SPIKE = 0.3 * ms


@dataclass(frozen=True, kw_only=True)
class Published:
    """Settings of the published program; the defaults are what it executes.

    Parameters
    ----------
    driving_force : {"soma", "dendrite"}
        Whose potential drives dendritic synapses. With "dendrite" the burst probability of the first area of the propagation
        network falls from 24 to 15.5 %, its event rate rises from 5.5 to 6.1 Hz.
    facilitation_step : float, optional
        Step f of facilitation; U where None, as executed. With the documented 0.1 the network falls into synchrony.
    initial_u : float, optional
        Release probability before the first spike; U where None. Published 0.01 for every synapse.
    adex_restart : {"rest", "reset"}
        From where interneurons go on after a spike: with "rest" their reset potential has no lasting effect.
    exponential : {"squarings", "exact"}
        How the interneurons' exponential is worked out.
    homeostatic_rate : {"spikes", "events"}
        Which average homeostasis compares with its lower bound: all spikes over 30 s beginning at 0.1 Hz, or events over
        the time constant of the rule.
    axonal_criterion : {"16.8ms", "16ms"}
        Longest interval within a burst as plastic and gated projections find it; 0.35 % of events and 1 % of bursts differ.
    """

    driving_force: str = "soma"
    facilitation_step: float | None = None
    initial_u: float | None = 0.01
    adex_restart: str = "rest"
    exponential: str = "squarings"
    homeostatic_rate: str = "spikes"
    axonal_criterion: str = "16.8ms"

    def __post_init__(self) -> None:
        for name, allowed in _ALLOWED.items():
            if getattr(self, name) not in allowed:
                raise unknown_name(name, str(getattr(self, name)), allowed)
        for name in ("facilitation_step", "initial_u"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ArgumentError(f"{name}={value!r} is not allowed; it is from 0 to 1.")

    @property
    def sends(self) -> tuple[str, str]:
        """The events at which plastic and gated projections transmit an event and a burst."""
        return ("axonal_event", "axonal_burst") if self.axonal_criterion == "16.8ms" else ("event", "burst")

    def detector(self) -> Fragment:
        """The leaky counter that finds events and bursts, at the soma and at the axon's end."""
        return leaky_counter(axonal_delay=DELAY if self.axonal_criterion == "16.8ms" else None)

    def facilitating(self) -> ShortTermPlasticity:
        """STF: reads bursts."""
        return ShortTermPlasticity(
            U=0.02, tau_d=100 * ms, tau_f=100 * ms, f=self.facilitation_step, u_0=self.initial_u, kind="STF"
        )

    def depressing(self) -> ShortTermPlasticity:
        """STD: reads events."""
        return ShortTermPlasticity(
            U=0.9, tau_d=20 * ms, tau_f=1 * second, f=self.facilitation_step, u_0=self.initial_u, kind="STD"
        )


_ALLOWED: dict[str, tuple[str, ...]] = {
    "driving_force": tuple(conductance.DRIVING_POTENTIALS),
    "adex_restart": tuple(interneuron.RESTARTS),
    "exponential": interneuron.EXPONENTIALS,
    "homeostatic_rate": HOMEOSTATIC_RATES,
    "axonal_criterion": ("16.8ms", "16ms"),
}

#: The same as settings of an experiment.
STRUCTURE: dict[str, Whole | Number | Choice] = {
    "driving_force": Choice("soma", "whose potential drives dendritic synapses", _ALLOWED["driving_force"]),
    "facilitation_step": Number(None, "step f of facilitation; U by default, as executed (documented: 0.1)", 0, 1),
    "initial_u": Number(0.01, "release probability before the first spike", 0, 1),
    "adex_restart": Choice("rest", "from where interneurons go on after a spike", _ALLOWED["adex_restart"]),
    "exponential": Choice("squarings", "how the interneurons' exponential is worked out", _ALLOWED["exponential"]),
    "homeostatic_rate": Choice(
        "spikes", "what homeostasis compares with its lower bound", _ALLOWED["homeostatic_rate"]
    ),
    "axonal_criterion": Choice("16.8ms", "longest interval in a burst at the axon's end", _ALLOWED["axonal_criterion"]),
}


def pyramidal(published: Published, spread: Quantity = _SPREAD) -> Fragment:
    """The plateau cell of Figures 2 and 3; `spread` is that of initial potentials."""
    parameters = conductance.ConductanceParameters(V_spread=spread)
    cell = conductance.conductance_pyramidal(parameters, driving_force=published.driving_force)
    return cell + published.detector()


def stochastic(published: Published) -> Fragment:
    """The cell of the XOR network."""
    parameters = conductance.StochasticBurstParameters(V_spread=_SPREAD)
    return conductance.stochastic_burst(parameters, driving_force=published.driving_force) + published.detector()


def pv(published: Published) -> Fragment:
    """PV cells."""
    return _interneuron(interneuron.PV, published)


def sst(published: Published) -> Fragment:
    """SST (SOM) cells."""
    return _interneuron(interneuron.SST, published)


def _interneuron(parameters: interneuron.AdExParameters, published: Published) -> Fragment:
    cell = interneuron.adex(
        parameters.replace(V_spread=_SPREAD), restart=published.adex_restart, exponential=published.exponential
    )
    return cell + leaky_counter(_EVERY_SPIKE)
