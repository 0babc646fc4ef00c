"""Interneurons: adaptive exponential integrate-and-fire cells with conductances, PV and SST."""

from __future__ import annotations

from dataclasses import dataclass

from brian2.units import ms, mV, nS, pA
from brian2.units.fundamentalunits import Quantity

from ..errors import unknown_name
from ..random import pair_uniform, standard_normal
from .fragment import Fragment, ParameterSet, parameter

__all__ = ["PV", "SST", "AdExParameters", "adex"]

_SOURCE = "Payeur et al. 2021"
#: How the exponential is worked out: as the published program does, eight squarings, or by the library.
EXPONENTIALS = ("exact", "squarings")
#: From where a cell goes on after its refractory period.
RESTARTS = {"reset": "V_r", "rest": "E_L"}


@dataclass(frozen=True, kw_only=True)
class AdExParameters(ParameterSet):
    """Parameters of `adex`; the defaults are a PV cell's."""

    g_L: Quantity = parameter(10 * nS, "leak conductance", _SOURCE, positive=True)
    tau_m: Quantity = parameter(10 * ms, "membrane time constant", _SOURCE, positive=True)
    E_L: Quantity = parameter(-70 * mV, "resting potential", _SOURCE)
    V_r: Quantity = parameter(-55 * mV, "reset potential", _SOURCE)
    V_T: Quantity = parameter(-48 * mV, "threshold of the exponential", _SOURCE)
    D_T: Quantity = parameter(2 * mV, "slope of the exponential", _SOURCE, positive=True)
    V_spike: Quantity = parameter(0 * mV, "potential at which a spike is counted", _SOURCE)
    V_top: Quantity = parameter(20 * mV, "highest potential of a step", _SOURCE)
    a: Quantity = parameter(0 * nS, "adaptation that follows the potential", _SOURCE)
    b: Quantity = parameter(0 * pA, "adaptation that a spike adds", _SOURCE)
    tau_w: Quantity = parameter(5 * ms, "time constant of the adaptation", _SOURCE, positive=True)
    tau_ref: Quantity = parameter(1 * ms, "time for which the potential is held after a spike", _SOURCE)
    E_E: Quantity = parameter(0 * mV, "reversal potential of excitation", _SOURCE)
    E_I: Quantity = parameter(-80 * mV, "reversal potential of inhibition, and lowest potential of a step", _SOURCE)
    tau_E: Quantity = parameter(5 * ms, "decay of the excitatory conductance", _SOURCE, positive=True)
    tau_I: Quantity = parameter(10 * ms, "decay of the inhibitory conductance", _SOURCE, positive=True)
    V_spread: Quantity = parameter(0 * mV, "standard deviation over cells of the initial potential", _SOURCE)


#: Parvalbumin-positive cells: fast, without adaptation; rheobase 200 pA.
PV = AdExParameters()

#: Somatostatin-positive cells: adapting; rheobase 25 pA, from which V_T = I/(g_L + a) + E_L + D_T - D_T*log(1 + a/g_L).
SST = AdExParameters(
    g_L=5 * nS,
    tau_m=20 * ms,
    V_r=-65 * mV,
    V_T=(25 / 5.5 - 70 + 4 - 4 * 0.09531017980432493) * mV,
    D_T=4 * mV,
    a=0.5 * nS,
    b=10 * pA,
    tau_w=500 * ms,
    tau_ref=2 * ms,
)


def adex(parameters: AdExParameters | None = None, *, restart: str = "reset", exponential: str = "exact") -> Fragment:
    """Adaptive exponential integrate-and-fire cell with AMPA and GABA conductances, in units of its leak.

    Parameters
    ----------
    parameters : AdExParameters, optional
        `PV` by default; `SST` is there too.
    restart : {"reset", "rest"}
        Where the potential is held in the refractory period: at `V_r`, or at `E_L` as in the published program, in which
        `V_r` has no lasting effect.
    exponential : {"exact", "squarings"}
        ``exp(x)``, or ``(1 + x/256)**256`` as in the published program. The latter changes spike times, and rates by
        less than 1 %.

    Notes
    -----
    Order of a step as published: the potential by forward Euler from old values, clipped to [E_I, V_top]; held for
    `tau_ref`; test; adaptation with the new potential; injected current. The last two are done at the beginning of the
    next step, so that a potential recorded at the end of a step is without the current.

    References
    ----------
    Payeur et al. (2021), Nature Neuroscience 24, published program; Brette & Gerstner (2005), J. Neurophysiol. 94.
    """
    if restart not in RESTARTS:
        raise unknown_name("restart", restart, RESTARTS)
    if exponential not in EXPONENTIALS:
        raise unknown_name("exponential", exponential, EXPONENTIALS)
    upstroke = "(1 + (V - V_T)/D_T/256)**256" if exponential == "squarings" else "exp((V - V_T)/D_T)"
    return Fragment(
        name="adex",
        equations=f"""
        started = int(t_in_timesteps > 0) : 1 (shared)
        held_until : 1
        held = int(1.0*t_in_timesteps <= held_until) : 1
        dV/dt = (E_L - V + D_T*{upstroke} + g_E*(E_E - V) + g_I*(E_I - V) - w)/tau_m : volt
        w : volt
        dg_E/dt = -g_E/tau_E : 1
        dg_I/dt = -g_I/tau_I : 1
        """,
        parameters=(parameters or PV).parameters(),
        initial={
            "V": f"E_L + V_spread*{standard_normal(1)}",
            "held_until": "-1e9",
        },
        threshold="V > V_spike",
        reset="V = V_r\nw += b/g_L\nheld_until = 1.0*t_in_timesteps + floor(tau_ref/dt + 0.5)",
        hold={"V": "E_L"},
        ports={"soma": "I_soma"},
        receptors={"soma.ampa": "g_E", "soma.gaba": "g_I"},
        exact={"g_E": "tau_E", "g_I": "tau_I"},
        first="w += started*dt/tau_w*(a/g_L*(V - E_L) - w)\nV += started*dt*I_soma/(g_L*tau_m)",
        last=f"V = clip(V, E_I, V_top)*(1 - held) + {RESTARTS[restart]}*held",
        steps=("held_until",),
        namespace={"pair_uniform": pair_uniform},
    )
