"""Pyramidal cells with a soma and a dendrite."""

from __future__ import annotations

from dataclasses import dataclass

from brian2.units import ms, mV, nS, pA, pF
from brian2.units.fundamentalunits import Quantity

from ..errors import unknown_name
from .fragment import Fragment, ParameterSet, parameter

__all__ = ["PyramidalParameters", "two_compartment"]

_NAUD = "Payeur et al. 2021 (after Naud & Sprekeler 2018)"
_BURSTCCN = "Greedy et al. 2022, spiking program"


@dataclass(frozen=True, kw_only=True)
class PyramidalParameters(ParameterSet):
    """Parameters of the two-compartment pyramidal cell, with the values of the spiking BurstCCN."""

    C_s: Quantity = parameter(370 * pF, "capacitance of the soma", _NAUD, positive=True)
    tau_s: Quantity = parameter(16 * ms, "membrane time constant of the soma", _NAUD, positive=True)
    C_d: Quantity = parameter(170 * pF, "capacitance of the dendrite", _NAUD, positive=True)
    tau_d: Quantity = parameter(7 * ms, "membrane time constant of the dendrite", _NAUD, positive=True)
    E_L: Quantity = parameter(-70 * mV, "resting potential of both compartments", _NAUD)
    V_r: Quantity = parameter(-70 * mV, "reset potential", _NAUD)
    E_d: Quantity = parameter(-38 * mV, "half-activation of the dendritic plateau", _NAUD)
    D_d: Quantity = parameter(6 * mV, "slope of the plateau's activation", _NAUD, positive=True)
    g_s: Quantity = parameter(1300 * pA, "plateau current into the soma", _NAUD, clampable=True)
    g_d: Quantity = parameter(1200 * pA, "plateau current into the dendrite (regenerative)", _NAUD, clampable=True)
    c_d: Quantity = parameter(2600 * pA, "current of a back-propagating action potential", _NAUD)
    th_inf: Quantity = parameter(-50 * mV, "resting value of the moving threshold", _NAUD)
    tau_th: Quantity = parameter(27 * ms, "time constant of the moving threshold", _NAUD, positive=True)
    th_jump: Quantity = parameter(2 * mV, "rise of the threshold at a spike", _NAUD)
    tau_w: Quantity = parameter(100 * ms, "time constant of the somatic adaptation", _NAUD, positive=True)
    b: Quantity = parameter(200 * pA, "strength of the somatic adaptation", _NAUD)
    tau_wd: Quantity = parameter(30 * ms, "time constant of the dendritic adaptation", _NAUD, positive=True)
    a_wd: Quantity = parameter(13 * nS, "strength of the dendritic adaptation", _NAUD)
    bap_delay: Quantity = parameter(0.5 * ms, "delay of the back-propagating action potential", _BURSTCCN)
    bap_width: Quantity = parameter(2 * ms, "duration of its current", _BURSTCCN, positive=True)


#: What a spike adds to the somatic adaptation. "published": the program multiplies b by dt in seconds at dt = 1 ms, 0.2 pA.
ADAPTATION_JUMPS = {"published": "0.001*b", "full": "b"}
#: Whether the dendritic adaptation sees the dendritic potential of after ("new") or before ("old") the step.
ADAPTATION_ORDERS = ("new", "old")


def two_compartment(
    parameters: PyramidalParameters | None = None, *, adaptation_jump: str = "published", adaptation_order: str = "new"
) -> Fragment:
    """Soma with a moving threshold, dendrite with a plateau, back-propagating action potential and two adaptations.

    Compose it with a detector of events and bursts, which also keeps the times of the last two spikes.

    Parameters
    ----------
    parameters : PyramidalParameters, optional
        Values; those of the spiking BurstCCN by default.
    adaptation_jump : {"published", "full"}
        What a spike adds to the somatic adaptation: 0.001*b = 0.2 pA, as the published program effectively does, or b.
        The full jump nearly halves the rates (reference: 3.0 instead of 5.6 Hz at rest).
    adaptation_order : {"new", "old"}
        Whether the dendritic adaptation is integrated with the dendritic potential after or before the step. The old
        one raises the resting burst probability from 0.357 to 0.380.

    Notes
    -----
    The back-propagating current lasts from `bap_delay` up to, not including, ``bap_delay + bap_width`` after a spike;
    those of two spikes add. At dt = 1 ms these are the two steps after the spike.

    References
    ----------
    Greedy, Zhu, Pemberton, Mellor & Costa (2022), NeurIPS 35, and its journal version, spiking program.
    Naud & Sprekeler (2018), PNAS 115.
    """
    if adaptation_jump not in ADAPTATION_JUMPS:
        raise unknown_name("adaptation_jump", adaptation_jump, ADAPTATION_JUMPS)
    if adaptation_order not in ADAPTATION_ORDERS:
        raise unknown_name("adaptation_order", adaptation_order, ADAPTATION_ORDERS)
    return Fragment(
        name="two_compartment",
        equations="""
        plateau = 1/(1 + exp(-(V_d - E_d)/D_d)) : 1
        bap_from = ceil(bap_delay/dt - 1e-9) : 1 (shared)
        bap_until = ceil((bap_delay + bap_width)/dt - 1e-9) : 1 (shared)
        age = step - previous_spike : 1
        age_before = step - spike_before : 1
        bap = int(age >= bap_from)*int(age < bap_until) + int(age_before >= bap_from)*int(age_before < bap_until) : 1
        dV_s/dt = (-(C_s/tau_s)*(V_s - E_L) + g_s*plateau + I_s - w_s)/C_s : volt
        dth/dt = (th_inf - th)/tau_th : volt
        dw_s/dt = -w_s/tau_w : amp
        dV_d/dt = (-(C_d/tau_d)*(V_d - E_L) + g_d*plateau + c_d*bap + I_d - w_d)/C_d : volt
        dw_d/dt = (-w_d + a_wd*(V_d - E_L))/tau_wd : amp
        """,
        parameters=(parameters or PyramidalParameters()).parameters(),
        initial={"V_s": "E_L", "V_d": "E_L", "th": "th_inf"},
        threshold="V_s >= th",
        reset=f"V_s = V_r\nth += th_jump\nw_s += {ADAPTATION_JUMPS[adaptation_jump]}",
        ports={"soma": "I_s", "dendrite": "I_d"},
        after=("w_d",) if adaptation_order == "new" else (),
    )
