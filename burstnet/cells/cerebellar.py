"""Cells of the cerebellum: conductance integrate-and-fire cells with published numbers, and what learning needs in them.

Imports random, errors and fragments only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from brian2.units import Hz, ms, mV, nS, pA, pF, second
from brian2.units.fundamentalunits import Quantity

from ..errors import ArgumentError
from ..random import cell_uniform, pair_uniform, standard_normal
from .fragment import Fragment, Parameter, ParameterSet, parameter

__all__ = [
    "GOLGI",
    "GRANULE",
    "MOLECULAR_LAYER",
    "NUCLEAR",
    "NUCLEO_OLIVARY",
    "OLIVE",
    "PURKINJE",
    "CerebellarParameters",
    "MossyParameters",
    "climbing_fibre",
    "conductance_lif",
    "eligibility",
    "inhibition_average",
    "mossy_fibre",
]

_SOURCE = "Geminiani et al. 2019, De Schepper et al. 2022, published code"
_OURS = "ours"


@dataclass(frozen=True, kw_only=True)
class CerebellarParameters(ParameterSet):
    """Parameters of `conductance_lif`; the defaults are a granule cell's."""

    C: Quantity = parameter(7 * pF, "capacitance", _SOURCE, positive=True)
    g_L: Quantity = parameter(0.29 * nS, "leak conductance", _SOURCE, positive=True)
    E_L: Quantity = parameter(-62 * mV, "resting potential", _SOURCE)
    V_T: Quantity = parameter(-41 * mV, "threshold", _SOURCE)
    V_r: Quantity = parameter(-70 * mV, "reset potential", _SOURCE)
    tau_ref: Quantity = parameter(1.5 * ms, "refractory period", _SOURCE)
    E_E: Quantity = parameter(0 * mV, "reversal potential of excitation", _SOURCE)
    E_I: Quantity = parameter(-80 * mV, "reversal potential of inhibition", _SOURCE)
    tau_E: Quantity = parameter(5.8 * ms, "decay of the excitatory conductance", _SOURCE, positive=True)
    tau_I: Quantity = parameter(13.6 * ms, "decay of the inhibitory conductance", _SOURCE, positive=True)
    I_tonic: Quantity = parameter(0 * pA, "constant current", _SOURCE, clampable=True)
    I_spread: Quantity = parameter(0.0, "standard deviation over cells of the constant current, as a part of it", _OURS)
    V_noise: Quantity = parameter(
        0 * mV, "standard deviation that the cell's own noise alone gives its potential", _OURS, clampable=True
    )


#: Granule cell: silent at rest, without noise.
GRANULE = CerebellarParameters()

GOLGI = CerebellarParameters(
    C=145 * pF,
    g_L=3.3 * nS,
    V_T=-55 * mV,
    V_r=-75 * mV,
    tau_ref=2 * ms,
    tau_E=0.5 * ms,
    tau_I=10 * ms,
    I_tonic=36.75 * pA,
    I_spread=0.1,
    V_noise=2 * mV,
)

#: Purkinje cell; the constant current is reduced from the published 800 pA for 60 Hz without the noise of a slice.
PURKINJE = CerebellarParameters(
    C=334 * pF,
    g_L=7.1 * nS,
    E_L=-59 * mV,
    V_T=-43 * mV,
    V_r=-69 * mV,
    tau_ref=0.5 * ms,
    tau_E=1.1 * ms,
    tau_I=2.8 * ms,
    I_tonic=560 * pA,
    I_spread=0.1,
    V_noise=3 * mV,
)

#: Basket and stellate cells; the constant current is reduced from the published 24.05 pA.
MOLECULAR_LAYER = CerebellarParameters(
    C=14.6 * pF,
    g_L=1.6 * nS,
    E_L=-68 * mV,
    V_T=-53 * mV,
    V_r=-78 * mV,
    tau_ref=1.59 * ms,
    tau_E=0.64 * ms,
    tau_I=2 * ms,
    I_tonic=22 * pA,
    I_spread=0.1,
    V_noise=1 * mV,
)

#: Glutamatergic projection cell of the deep nuclei. Inhibition decays in 5 ms, since 0.7 ms is for another cell model, and the
#: constant current is raised from the published 180 pA with the strength of inhibition, for 40 Hz at rest.
NUCLEAR = CerebellarParameters(
    C=142 * pF,
    g_L=4.3 * nS,
    E_L=-45 * mV,
    V_T=-36 * mV,
    V_r=-55 * mV,
    tau_ref=1.5 * ms,
    tau_E=1 * ms,
    tau_I=5 * ms,
    I_tonic=230 * pA,
    I_spread=0.05,
    V_noise=2 * mV,
)

#: GABAergic cell of the deep nuclei that inhibits the olive; inhibition as in `NUCLEAR`, current raised from 7 pA for 10 Hz.
NUCLEO_OLIVARY = CerebellarParameters(
    C=56 * pF,
    g_L=1 * nS,
    E_L=-40 * mV,
    V_T=-39 * mV,
    V_r=-55 * mV,
    tau_ref=3 * ms,
    tau_E=3.64 * ms,
    tau_I=5 * ms,
    I_tonic=26 * pA,
    I_spread=0.05,
    V_noise=2 * mV,
)

#: Inferior olive: its rate at rest comes from the noise, and its refractory period is that of a climbing fibre.
OLIVE = CerebellarParameters(
    C=189 * pF,
    g_L=17.18 * nS,
    E_L=-45 * mV,
    V_T=-35 * mV,
    V_r=-45 * mV,
    tau_ref=80 * ms,
    tau_E=1 * ms,
    tau_I=60 * ms,
    I_tonic=0 * pA,
    V_noise=7 * mV,
)


def conductance_lif(
    parameters: CerebellarParameters | None = None,
    *,
    receptors: Mapping[str, Quantity] | None = None,
    noise: bool = True,
) -> Fragment:
    """Leaky integrate-and-fire cell with conductances, as all cells of the cerebellum here.

    ``C dV/dt = g_L (E_L - V) + g_E (E_E - V) + g_I (E_I - V) + I``; conductances decay exponentially.

    Parameters
    ----------
    parameters : CerebellarParameters, optional
        `GRANULE` by default.
    receptors : mapping of str to Quantity [ms], optional
        Further excitatory receptors beside ``soma.ampa``, with the decay of each: ``{"mossy": 0.23*ms}`` is
        ``soma.mossy``.
    noise : bool
        Whether the cell has noise of its own, of the size `V_noise`; a cell without it is quicker.

    Notes
    -----
    A step takes the potential exactly to where constant conductances, each at its mean over the step, would take it, so
    that a conductance delivers its charge also where it decays within a step. The potential is held for `tau_ref`.

    Raises
    ------
    ArgumentError
        If a decay is not a time above 0 ms.
    """
    chosen = parameters or GRANULE
    extra = {"ampa": "E"} | {name: f"E_{name}" for name in receptors or {}}
    taus = {
        f"tau_E_{name}": Parameter(Quantity(tau), f"decay of the conductance of soma.{name}", _SOURCE, positive=True)
        for name, tau in (receptors or {}).items()
    }
    for name, declared in taus.items():
        Parameter(1 * ms, positive=True).checked(declared.value, name)
    means = {f"g_{x}": f"tau_{x}" for x in (*extra.values(), "I")}
    excitation = " + ".join(f"mean_g_{x}" for x in extra.values())
    equations = [
        "held_until : 1",
        "held = int(1.0*t_in_timesteps <= held_until) : 1",
        "tonic : 1 (constant)",
        *(f"mean_{g} = {g}*{tau}/dt*(1 - exp(-dt/{tau})) : siemens" for g, tau in means.items()),
        f"g_excitation = {excitation} : siemens",
        "g_total = g_L + g_excitation + mean_g_I : siemens",
        "I_total = g_L*E_L + g_excitation*E_E + mean_g_I*E_I + I_tonic*tonic + I_soma : amp",
        "dV/dt = (I_total/g_total - V)*(1 - exp(-dt*g_total/C))/dt : volt",
        *(f"d{g}/dt = -{g}/{tau} : siemens" for g, tau in means.items()),
    ]
    shaken = "V += V_noise*sqrt(24*dt*g_L/C)*(cell_uniform(0, run_seed, noise_stream, i, t_in_timesteps) - 0.5)\n"
    declared_parameters = chosen.parameters() | taus
    if not noise:
        del declared_parameters["V_noise"]
    return Fragment(
        name="conductance_lif",
        equations="\n".join(equations),
        parameters=declared_parameters,
        initial={
            "tonic": f"1 + I_spread*{standard_normal(1)}",
            "V": "V_r + (V_T - V_r)*pair_uniform(run_seed, noise_stream, i, 3)",
            "held_until": "-1e9",
        },
        threshold="V > V_T",
        reset="V = V_r\nheld_until = 1.0*t_in_timesteps + floor(tau_ref/dt + 0.5)",
        hold={"V": "V_r"},
        ports={"soma": "I_soma"},
        receptors={f"soma.{name}": f"g_{x}" for name, x in extra.items()} | {"soma.gaba": "g_I"},
        exact=means,
        last=(shaken if noise else "") + "V = V*(1 - held) + V_r*held",
        steps=("held_until",),
        namespace={"pair_uniform": pair_uniform} | ({"cell_uniform": cell_uniform} if noise else {}),
    )


def _arrived(stage: int) -> str:
    """What has come to this stage since the last spike, but for the decay that all stages share, by Horner's rule."""
    found = "eligibility_1"
    for k in range(2, stage + 1):
        found = f"eligibility_{k} + eligibility_elapsed/{stage - k + 1}*({found})"
    return found


def eligibility(stages: int = 6, tau: Quantity = 8 * ms, *, tau_mean: Quantity = 20 * second) -> Fragment:
    """Eligibility of a parallel fibre, kept in the granule cell so that it serves all of the fibre's synapses.

    A cascade of equal stages, ``de_1/dt = -e_1/tau`` with ``e_1 += 1`` at a spike, ``de_k/dt = (e_{k-1} - e_k)/tau``; the last
    one is the variable ``eligibility``. As a function of the time since a spike it is a gamma density times `tau`, with mean
    ``stages*tau`` and standard deviation ``sqrt(stages)*tau``. ``eligibility_mean`` is what it comes to on average, from the
    moving average ``granule_rate`` of the cell's own spikes.

    Parameters
    ----------
    stages : int
        Number of stages, 1 to 12; part of the build.
    tau : Quantity [ms]
        Time constant of each; a run argument, ``tau_eligibility``.
    tau_mean : Quantity [second]
        Time constant of the moving average; ``tau_granule_mean``. Until so much has gone by it is the plain average.

    Notes
    -----
    All are worked out in closed form when something asks for them, from their values at the last spike: a step costs
    nothing.

    Raises
    ------
    ArgumentError
        If the number of stages is not allowed, or a time is not above 0 s.
    """
    if isinstance(stages, bool) or not isinstance(stages, (int, np.integer)) or not 1 <= stages <= 12:
        raise ArgumentError(f"stages={stages!r} is not allowed; give a whole number from 1 to 12.")
    parameters = {
        "tau_eligibility": Parameter(Quantity(tau), "time constant of a stage of eligibility", _OURS, positive=True),
        "tau_granule_mean": Parameter(Quantity(tau_mean), "time constant of the moving average", _OURS, positive=True),
    }
    for name, declared in parameters.items():
        Parameter(1 * ms, positive=True).checked(
            declared.value, name.replace("_eligibility", "").replace("_granule", "")
        )
    kept = [f"eligibility_{k}" for k in range(1, stages + 1)]
    # later stages first, since each needs the earlier ones as they were
    advanced = [f"eligibility_{k} = eligibility_decay*({_arrived(k)})" for k in range(stages, 0, -1)]
    return Fragment(
        name="eligibility",
        equations="\n".join(f"{name} : 1" for name in kept)
        + f"""
        eligibility_elapsed = (1.0*t_in_timesteps - eligibility_at)*dt/tau_eligibility : 1
        eligibility_decay = exp(-eligibility_elapsed) : 1
        eligibility = eligibility_decay*({_arrived(stages)}) : 1
        averaged_for = (1.0*t_in_timesteps - averaged_since)*dt/tau_granule_mean : 1
        granule_rate = granule_kept*exp(-(1.0*t_in_timesteps - eligibility_at)*dt/tau_granule_mean)/(1 - exp(-averaged_for - 1e-9)) : hertz
        eligibility_mean = granule_rate*tau_eligibility : 1
        eligibility_at : 1
        averaged_since : 1
        granule_kept : hertz
        """,
        parameters=parameters,
        reset="\n".join(
            [
                *advanced,
                "eligibility_1 += 1",
                "granule_kept = granule_kept*exp(-(1.0*t_in_timesteps - eligibility_at)*dt/tau_granule_mean) + 1/tau_granule_mean",
                "eligibility_at = 1.0*t_in_timesteps",
            ]
        ),
        steps=("eligibility_at", "averaged_since"),
    )


def climbing_fibre(conductance: Quantity = 1.6 * nS, *, tau_rate: Quantity = 5 * second) -> Fragment:
    """What a climbing fibre does in a Purkinje cell: complex spikes, and the moving average of their rate.

    A spike of the olive that arrives at the receptor ``climbing`` with weight 1 is the custom event ``complex_spike`` of the
    next step. It opens the excitatory conductance, and ``complex_rate`` follows its rate: ``dz/dt = -z/tau_rate``, ``z +=
    1/tau_rate`` at a complex spike.

    Parameters
    ----------
    conductance : Quantity [nS]
        ``climbing_conductance``, which a complex spike adds to that of ``soma.ampa``.
    tau_rate : Quantity [second]
        ``tau_complex_rate``.
    """
    return Fragment(
        name="climbing_fibre",
        equations="""
        climbing : 1
        complex_rate = complex_kept*exp(-(1.0*t_in_timesteps - complex_at)*dt/tau_complex_rate) : hertz
        complex_kept : hertz
        complex_at : 1
        """,
        parameters={
            "climbing_conductance": Parameter(Quantity(conductance), "conductance of a complex spike", _SOURCE),
            "tau_complex_rate": Parameter(
                Quantity(tau_rate), "time constant of the average rate of complex spikes", _OURS, positive=True
            ),
            "complex_rate_0": Parameter(1 * Hz, "rate of complex spikes that the average begins with", _OURS),
        },
        initial={"complex_kept": "complex_rate_0"},
        events={"complex_spike": "climbing > 0.5"},
        on_event={
            "complex_spike": """
            climbing = 0
            g_E += climbing_conductance
            complex_kept = complex_rate + 1/tau_complex_rate
            complex_at = 1.0*t_in_timesteps
            """
        },
        receptors={"climbing": "climbing"},
        steps=("complex_at",),
    )


def inhibition_average(tau: Quantity = 30 * second) -> Fragment:
    """Running mean ``set_point`` of a nuclear cell's inhibitory conductance, against which its mossy fibres learn.

    The plain mean from the start on, and from `tau` on a moving average: the set point calibrates itself to whatever
    inhibition Purkinje cells give on average.

    Parameters
    ----------
    tau : Quantity [second]
        ``tau_set_point``.
    """
    return Fragment(
        name="inhibition_average",
        equations="""
        dset_point/dt = (g_I - set_point)/clip(averaged, dt, tau_set_point) : siemens
        daveraged/dt = 1 : second
        """,
        parameters={
            "tau_set_point": Parameter(
                Quantity(tau), "time constant of the running mean of inhibition", _OURS, positive=True
            )
        },
    )


@dataclass(frozen=True, kw_only=True)
class MossyParameters(ParameterSet):
    """Parameters of `mossy_fibre`."""

    base_rate: Quantity = parameter(4 * Hz, "rate at rest", _SOURCE, clampable=True)
    peak_least: Quantity = parameter(50 * Hz, "lowest peak that the stimulus adds", _OURS)
    peak_most: Quantity = parameter(80 * Hz, "highest peak that the stimulus adds", _OURS)
    tau_least: Quantity = parameter(20 * ms, "shortest time constant of a passing response", _OURS, positive=True)
    tau_most: Quantity = parameter(500 * ms, "longest time constant of a passing response", _OURS, positive=True)
    foot: Quantity = parameter(0.3, "part of a passing response, from its base up, that makes no spikes", _OURS)
    unresponsive: Quantity = parameter(0.25, "part of the fibres that do not respond", _OURS)
    tonic_part: Quantity = parameter(0.05, "part of the responding fibres that fire as long as the stimulus", _OURS)


def mossy_fibre(stimulus: str, parameters: MossyParameters | None = None) -> Fragment:
    """Mossy fibres as Poisson units whose rates follow a stimulus, each in its own time.

    A part of them does not respond, some fire as long as the stimulus lasts, and all others pass it through a band: the
    difference of two low-pass filters with time constants tau and 2*tau, whose answer to a step peaks ``2*log(2)*tau`` after it. The
    fibres' tau is spread evenly, and what is below a foot of the response makes no spikes. They stand for the temporal basis that unipolar brush cells and
    short-term plasticity give.

    Parameters
    ----------
    stimulus : str
        Knob or signal of the circuit, 0 to 1; the population reads it.
    parameters : MossyParameters, optional
    """
    return Fragment(
        name="mossy_fibre",
        equations=f"""
        dslow/dt = ({stimulus} - slow)/(2*tau_response) : 1
        dquick/dt = ({stimulus} - quick)/tau_response : 1
        rate : hertz
        tau_response : second (constant)
        peak : hertz (constant)
        tonic : 1 (constant)
        """,
        parameters=(parameters or MossyParameters()).parameters(),
        initial={
            "tau_response": "tau_least + (tau_most - tau_least)*pair_uniform(run_seed, noise_stream, i, 1)",
            "peak": "(peak_least + (peak_most - peak_least)*pair_uniform(run_seed, noise_stream, i, 2))*int(pair_uniform(run_seed, noise_stream, i, 3) >= unresponsive)",
            "tonic": "int(pair_uniform(run_seed, noise_stream, i, 4) < tonic_part)",
        },
        threshold="cell_uniform(0, run_seed, noise_stream, i, t_in_timesteps) < rate*dt",
        hold={"rate": "0*hertz"},
        last=f"rate = base_rate + peak*(tonic*{stimulus} + (1 - tonic)*clip((4*(quick - slow) - foot)/(1 - foot), 0, 1))",
        namespace={"pair_uniform": pair_uniform, "cell_uniform": cell_uniform},
    )
