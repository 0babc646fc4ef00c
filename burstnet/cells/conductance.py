"""Pyramidal cells with a soma, a dendrite and conductances on both: the plateau cell, and its reduction to chance bursts."""

from __future__ import annotations

from dataclasses import dataclass

from brian2.units import ms, mV, nS, pA, pF
from brian2.units.fundamentalunits import Quantity

from ..errors import unknown_name
from ..random import cell_uniform, pair_uniform, standard_normal
from .fragment import Fragment, ParameterSet, parameter

__all__ = ["ConductanceParameters", "StochasticBurstParameters", "conductance_pyramidal", "stochastic_burst"]

_NAUD = "Payeur et al. 2021 (after Naud & Sprekeler 2018)"
#: Compartment whose potential drives the synapses of the dendrite.
DRIVING_POTENTIALS = {"dendrite": "V_d", "soma": "V_s"}


@dataclass(frozen=True, kw_only=True)
class _Compartments(ParameterSet):
    """What both cells share: passive soma and dendrite, their synapses, adaptations and the moving threshold."""

    C_s: Quantity = parameter(370 * pF, "capacitance of the soma", _NAUD, positive=True)
    tau_s: Quantity = parameter(16 * ms, "membrane time constant of the soma", _NAUD, positive=True)
    C_d: Quantity = parameter(170 * pF, "capacitance of the dendrite", _NAUD, positive=True)
    tau_d: Quantity = parameter(7 * ms, "membrane time constant of the dendrite", _NAUD, positive=True)
    E_L: Quantity = parameter(-70 * mV, "resting potential of both compartments", _NAUD)
    V_r: Quantity = parameter(-70 * mV, "reset potential", _NAUD)
    E_E: Quantity = parameter(0 * mV, "reversal potential of excitation (AMPA)", _NAUD)
    E_I: Quantity = parameter(-80 * mV, "reversal potential of inhibition (GABA)", _NAUD)
    tau_E: Quantity = parameter(5 * ms, "decay of excitatory conductances", _NAUD, positive=True)
    tau_I: Quantity = parameter(10 * ms, "decay of inhibitory conductances", _NAUD, positive=True)
    th_inf: Quantity = parameter(-50 * mV, "resting value of the moving threshold", _NAUD)
    tau_th: Quantity = parameter(27 * ms, "time constant of the moving threshold", _NAUD, positive=True)
    th_jump: Quantity = parameter(2 * mV, "rise of the threshold at a spike", _NAUD)
    tau_w: Quantity = parameter(100 * ms, "time constant of the somatic adaptation", _NAUD, positive=True)
    b: Quantity = parameter(200 * pA, "somatic adaptation that a spike adds", _NAUD)
    tau_wd: Quantity = parameter(30 * ms, "time constant of the dendritic adaptation", _NAUD, positive=True)
    a_wd: Quantity = parameter(13 * nS, "strength of the dendritic adaptation", _NAUD)
    V_spread: Quantity = parameter(0 * mV, "standard deviation over cells of the soma's initial potential", _NAUD)
    w_d_0: Quantity = parameter(0.1 * mV, "initial dendritic adaptation", _NAUD)


@dataclass(frozen=True, kw_only=True)
class ConductanceParameters(_Compartments):
    """Parameters of `conductance_pyramidal`, with the values of Payeur et al. 2021, table of the Naud cell."""

    E_d: Quantity = parameter(-38 * mV, "half-activation of the dendritic plateau", _NAUD)
    D_d: Quantity = parameter(6 * mV, "slope of the plateau's activation", _NAUD, positive=True)
    g_s: Quantity = parameter(1300 * pA, "plateau current into the soma", _NAUD, clampable=True)
    g_d: Quantity = parameter(1200 * pA, "plateau current into the dendrite (regenerative)", _NAUD, clampable=True)
    c_d: Quantity = parameter(2600 * pA, "current of a back-propagating action potential", _NAUD)
    bap_width: Quantity = parameter(2 * ms, "duration of that current", _NAUD, positive=True)


@dataclass(frozen=True, kw_only=True)
class StochasticBurstParameters(_Compartments):
    """Parameters of `stochastic_burst`, with the values of Payeur et al. 2021, XOR network."""

    E_d: Quantity = parameter(
        -57 * mV, "dendritic potential at which an event becomes a burst in half of the cases", _NAUD
    )
    D_d: Quantity = parameter(6 * mV, "slope of the burst probability", _NAUD, positive=True)
    tau_ref: Quantity = parameter(20 * ms, "silence between a spike and the next event", _NAUD)
    isi_least: Quantity = parameter(5 * ms, "shortest interval between the two spikes of a burst, plus a step", _NAUD)
    isi_spread: Quantity = parameter(10 * ms, "width of the uniform distribution of that interval", _NAUD)


def _compartments(driving_force: str) -> tuple[str, str, str]:
    """Synaptic and leak terms of both compartments, and the other equations that the two cells share."""
    if driving_force not in DRIVING_POTENTIALS:
        raise unknown_name("driving_force", driving_force, DRIVING_POTENTIALS)
    V = DRIVING_POTENTIALS[driving_force]
    soma = "(E_L - V_s + g_E_s*(E_E - V_s) + g_I_s*(E_I - V_s))/tau_s"
    dendrite = f"(E_L - V_d + g_E_d*(E_E - {V}) + g_I_d*(E_I - {V}))/tau_d"
    shared = """
        started = int(t_in_timesteps > 0) : 1 (shared)
        dth/dt = (th_inf - th)/tau_th : volt
        dw_s/dt = -w_s/tau_w : 1
        dw_d/dt = (V_d - E_L - w_d)/tau_wd : volt
        dg_E_s/dt = -g_E_s/tau_E : 1
        dg_I_s/dt = -g_I_s/tau_I : 1
        dg_E_d/dt = -g_E_d/tau_E : 1
        dg_I_d/dt = -g_I_d/tau_I : 1
    """
    return soma, dendrite, shared


_FRAME: dict = {
    "initial": {
        "V_s": f"E_L + V_spread*{standard_normal(1)}",
        "V_d": "E_L",
        "th": "th_inf",
        "w_d": "w_d_0",
    },
    "ports": {"soma": "I_s", "dendrite": "I_d"},
    "receptors": {
        "soma.ampa": "g_E_s",
        "soma.gaba": "g_I_s",
        "dendrite.ampa": "g_E_d",
        "dendrite.gaba": "g_I_d",
    },
    "after": ("w_d",),
    "exact": {"w_s": "tau_w", "g_E_s": "tau_E", "g_I_s": "tau_I", "g_E_d": "tau_E", "g_I_d": "tau_I"},
    # the published program injects after the test of thresholds: what a step injects, the next one integrates
    "first": "V_s += started*dt*I_s/C_s\nV_d += started*dt*I_d/C_d",
}


def conductance_pyramidal(
    parameters: ConductanceParameters | None = None, *, driving_force: str = "dendrite"
) -> Fragment:
    """Soma and dendrite with AMPA and GABA conductances, dendritic plateau, back-propagating action potential, two adaptations.

    Conductances are in units of their compartment's leak, ``C/tau``: a weight is a number. Compose the cell with a detector
    of events and bursts, which also keeps the time of the last spike.

    Parameters
    ----------
    parameters : ConductanceParameters, optional
    driving_force : {"dendrite", "soma"}
        Whose potential drives the synapses on the dendrite. The published program takes the soma's; with the dendrite's own
        the burst probability of the propagation network falls from 24 to 15.5 % and the event rate rises from 5.5 to 6.1 Hz.

    Notes
    -----
    The order of a step is that of the published program: synaptic currents of the old potentials and conductances,
    conductances decay, membranes and threshold by forward Euler, the dendritic adaptation with the new dendritic potential,
    then the test ``V_s > th``. Arriving events raise a conductance for the next step. Currents that enter a port are added to
    the potentials after the test, which is the beginning of the next step; a potential recorded at the end of a step is
    without them. The back-propagating current is a box that begins with the step after a spike; a new spike restarts it.
    There is no absolute refractory period.

    References
    ----------
    Payeur, Guerguiev, Zenke, Richards & Naud (2021), Nature Neuroscience 24: 1010-1019, published program.
    Naud & Sprekeler (2018), PNAS 115.
    """
    soma, dendrite, shared = _compartments(driving_force)
    return Fragment(
        name="conductance_pyramidal",
        equations=f"""
        plateau = 1/(1 + exp(-(V_d - E_d)/D_d)) : 1
        bap_steps = floor(bap_width/dt + 0.5) : 1 (shared)
        bap = int(step - previous_spike <= bap_steps) : 1
        dV_s/dt = {soma} + (g_s*plateau - b*w_s)/C_s : volt
        dV_d/dt = {dendrite} + (g_d*plateau + c_d*bap - a_wd*w_d)/C_d : volt
        {shared}""",
        parameters=(parameters or ConductanceParameters()).parameters(),
        threshold="V_s > th",
        reset="V_s = V_r\nth += th_jump\nw_s += 1",
        namespace={"pair_uniform": pair_uniform},
        **_FRAME,
    )


def stochastic_burst(
    parameters: StochasticBurstParameters | None = None, *, driving_force: str = "dendrite"
) -> Fragment:
    """Soma and passive dendrite; an event becomes a burst of two spikes with a probability that the dendrite sets.

    The burst probability is ``1/(1 + exp(-(V_d - E_d)/D_d))``. The soma does not feel the dendrite nor the dendrite the
    soma. The second spike comes ``isi_least + U*isi_spread - dt`` after the first (4.9 to 14.8 ms), without a reset, and
    adds neither to the threshold nor to the adaptation. After either spike no event begins for `tau_ref`, while the
    membrane is integrated as ever.

    Parameters
    ----------
    parameters : StochasticBurstParameters, optional
    driving_force : {"dendrite", "soma"}
        As for `conductance_pyramidal`.

    References
    ----------
    Payeur et al. (2021), Nature Neuroscience 24, simulations of XOR (their ``BurstPoissonGroup``).
    """
    soma, dendrite, shared = _compartments(driving_force)
    return Fragment(
        name="stochastic_burst",
        equations=f"""
        burst_chance = 1/(1 + exp(-(V_d - E_d)/D_d)) : 1
        free_from : 1
        second_spike : 1
        dV_s/dt = {soma} - b*w_s/C_s : volt
        dV_d/dt = {dendrite} - a_wd*w_d/C_d : volt
        {shared}""",
        parameters=(parameters or StochasticBurstParameters()).parameters(),
        threshold="(V_s > th and step >= free_from) or step == second_spike",
        reset="""
        first_spike = int(V_s > th)*int(step >= free_from)
        bursts = first_spike*int(cell_uniform(0, run_seed, noise_stream, i, t_in_timesteps) < burst_chance)
        wait = floor((isi_least + cell_uniform(1, run_seed, noise_stream, i, t_in_timesteps)*isi_spread)/dt) - 1
        second_spike = bursts*(step + wait) - 1e9*(1 - bursts)
        free_from = step + floor(tau_ref/dt + 0.5)
        V_s = V_s*(1 - first_spike) + V_r*first_spike
        th += th_jump*first_spike
        w_s += first_spike
        """,
        hold={"V_s": "V_r", "second_spike": "-1e9"},
        steps=("free_from", "second_spike"),
        namespace={"pair_uniform": pair_uniform, "cell_uniform": cell_uniform},
        **{**_FRAME, "initial": {**_FRAME["initial"], "second_spike": "-1e9"}},
    )
