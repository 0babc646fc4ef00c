"""Cells of a cortex in a loop with a cerebellum: what shows it a cue, what drives it, what moves, and the olive that is taught.

Imports burstnet's cells.
"""

from __future__ import annotations

from dataclasses import dataclass

from brian2.units import Hz, ms, mV, nS, pA, pF
from brian2.units.fundamentalunits import Quantity

from burstnet.cells.cerebellar import CerebellarParameters
from burstnet.cells.fragment import Fragment, Parameter, parameter
from burstnet.random import cell_uniform

__all__ = [
    "CORTICAL",
    "CORTICAL_RESET",
    "CorticalParameters",
    "cued",
    "effector",
    "read_out",
    "taught_olive",
    "thalamic_drive",
]

_OURS = "ours"


@dataclass(frozen=True, kw_only=True)
class CorticalParameters(CerebellarParameters):
    """Parameters of a cortical cell: the equations are those of the cerebellum's cells."""

    C: Quantity = parameter(200 * pF, "capacitance", _OURS, positive=True)
    g_L: Quantity = parameter(10 * nS, "leak conductance", _OURS, positive=True)
    E_L: Quantity = parameter(-70 * mV, "resting potential", _OURS)
    V_T: Quantity = parameter(-50 * mV, "threshold", _OURS)
    V_r: Quantity = parameter(-60 * mV, "reset potential", _OURS)
    tau_ref: Quantity = parameter(2 * ms, "refractory period", _OURS)
    tau_E: Quantity = parameter(5 * ms, "decay of the excitatory conductance", _OURS, positive=True)
    tau_I: Quantity = parameter(10 * ms, "decay of the inhibitory conductance", _OURS, positive=True)
    I_tonic: Quantity = parameter(180 * pA, "constant current", _OURS, clampable=True)
    I_spread: Quantity = parameter(0.1, "standard deviation over cells of the constant current, as a part of it", _OURS)
    V_noise: Quantity = parameter(
        1.5 * mV, "standard deviation that the cell's own noise alone gives its potential", _OURS, clampable=True
    )


CORTICAL = CorticalParameters()

#: The current that ends a trial's activity, and when it flows.
CORTICAL_RESET = {
    "reset_strength": Parameter(300 * pA, "inhibiting current between trials", _OURS),
    "reset_from": Parameter(250 * ms, "before the cue, where it begins", _OURS),
    "reset_until": Parameter(100 * ms, "before the cue, where it ends", _OURS),
}


def cued(interval: str = "100 ms") -> Fragment:
    """A current into a part of the cells, another part for every cue; the population reads ``cue`` and ``showing``.

    Parameters
    ----------
    interval : str
        How often a cell looks whether the cue is its own; cues begin and end at multiples of it.
    """
    return Fragment(
        name="cued",
        equations="""
        chosen : 1
        I_cue = cue_strength*showing*chosen : amp
        """,
        parameters={
            "cue_strength": Parameter(100 * pA, "current of a cue", _OURS, clampable=True),
            "cue_share": Parameter(Quantity(0.25), "part of the cells that a cue excites", _OURS),
        },
        contributions={"I_cue": "soma"},
        # drawn when it is needed, so that the number of cues is no part of the build
        regularly={interval: "chosen = int(pair_uniform(run_seed, noise_stream, i, 40 + int(cue + 0.5)) < cue_share)"},
    )


def thalamic_drive() -> Fragment:
    """What nuclei do to a cortical cell by way of the thalamus: a slow conductance, its weights drawn by the seed.

    For each of x and y a cell listens to one zone of the pair, or to none. ``thalamic_x`` rises by the weight of an arriving
    spike, 1 over the cells of a zone, so that ``thalamic_x/tau_thalamic`` is the rate of that zone as a moving average.
    `guided` of it is replaced by what the zone would be while it follows the target: rest_rate and, with the zone's sign,
    ``guide_x``. The population reads these.
    """
    draw = "pair_uniform(run_seed, noise_stream, i, {})"
    initial = {}
    for k, axis in enumerate("xy"):
        listens = f"int({draw.format(20 + 3 * k)} < thalamic_share)"
        initial[f"weight_{axis}"] = f"{draw.format(21 + 3 * k)}*{listens}"
        initial[f"side_{axis}"] = f"1 - 2*int({draw.format(22 + 3 * k)} < 0.5)"
    return Fragment(
        name="thalamic_drive",
        equations="\n".join(
            f"""
            dthalamic_{x}/dt = -thalamic_{x}/tau_thalamic : 1
            weight_{x} : 1 (constant)
            side_{x} : 1 (constant)
            drive_{x} = (1 - guided)*thalamic_{x}/tau_thalamic + guided*(rest_rate + side_{x}*guide_{x}) : hertz
            """
            for x in "xy"
        )
        + "I_thalamus = thalamic_strength*(weight_x*drive_x + weight_y*drive_y)*(E_E - V) : amp",
        parameters={
            "tau_thalamic": Parameter(50 * ms, "decay of the thalamic conductance", _OURS, positive=True),
            "thalamic_strength": Parameter(0.08 * nS / Hz, "conductance for a rate of the nuclei", _OURS),
            "thalamic_share": Parameter(Quantity(0.7), "part of the cells that listen, for each of x and y", _OURS),
        },
        initial=initial,
        contributions={"I_thalamus": "soma"},
        receptors={f"soma.thalamic_{x}": f"thalamic_{x}" for x in "xy"},
        exact={f"thalamic_{x}": "tau_thalamic" for x in "xy"},
    )


def _output(side: str, along_x: str) -> Fragment:
    """The moving average of the rate of a zone, and the zone's direction."""
    return Fragment(
        name="output",
        equations="""
        doutput/dt = -output/tau_output : 1
        side : 1 (constant)
        along_x : 1 (constant)
        output_rate = output/tau_output : hertz
        """,
        parameters={"tau_output": Parameter(30 * ms, "of the moving average of the output", _OURS, positive=True)},
        initial={"side": side, "along_x": along_x},
        receptors={"output": "output"},
        exact={"output": "tau_output"},
    )


def _of_zones(cells: int) -> Fragment:
    """The output of zones of so many cells each, in the order x+, x-, y+, y-."""
    return _output(f"1 - 2*(int(floor(1.0*i/{cells})) % 2)", f"int(i < {2 * cells})")


#: Where a zone should be along its direction.
_WANTED = "side*(along_x*target_x + (1 - along_x)*target_y)"


def effector() -> Fragment:
    """What a zone moves; the mean over the four of ``position_x`` and ``position_y`` is the position. The population reads ``span``."""
    return _output("1 - 2*(i % 2)", "int(i < 2)") + Fragment(
        name="effector",
        equations="""
        position_x = 2*along_x*side*output_rate/span : 1
        position_y = 2*(1 - along_x)*side*output_rate/span : 1
        """,
    )


def taught_olive(cells: int) -> Fragment:
    """Olivary cells as Poisson units, driven by what their zone's nuclei lack and inhibited by what is too much.

    The rate is ``olive_rest + olive_gain*teaching*(wanted - output_rate)/span``, between 0 and a largest one, with
    ``wanted = rest_rate + side*span*target`` for the direction of the zone.

    Parameters
    ----------
    cells : int
        Of a zone.
    """
    return _of_zones(cells) + Fragment(
        name="taught_olive",
        equations="""
        held_until : 1
        rate : hertz
        """,
        parameters={
            "olive_rest": Parameter(3 * Hz, "rate without an error", _OURS),
            "olive_gain": Parameter(8 * Hz, "rate for an error of the whole span", _OURS),
            "olive_most": Parameter(10 * Hz, "highest rate", _OURS),
            "tau_ref": Parameter(80 * ms, "refractory period", _OURS),
        },
        initial={"held_until": "-1e9"},
        threshold="cell_uniform(0, run_seed, noise_stream, i, t_in_timesteps) < rate*dt*int(1.0*t_in_timesteps > held_until)",
        reset="held_until = 1.0*t_in_timesteps + floor(tau_ref/dt + 0.5)",
        hold={"rate": "0*hertz"},
        last=f"rate = clip(olive_rest + olive_gain*teaching*((rest_rate - output_rate)/span + {_WANTED}), 0*hertz, olive_most)",
        steps=("held_until",),
        namespace={"cell_uniform": cell_uniform},
    )


def read_out(cells: int) -> Fragment:
    """Cells that read the cortex out and say what they read as Poisson spikes; the other control of the paper.

    The rate is ``rest_rate`` and the weighted sum of the cortical rates, between 0 and a largest one. ``error`` is what that sum,
    unbounded, lacks of ``rest_rate + side*span*target``, in spans, while the teacher is there: at no lag.

    Parameters
    ----------
    cells : int
        Of a zone.
    """
    return _of_zones(cells) + Fragment(
        name="read_out",
        equations=f"error = teaching*({_WANTED} - output_rate/span) : 1",
        parameters={"rate_most": Parameter(150 * Hz, "highest rate", _OURS)},
        threshold="cell_uniform(0, run_seed, noise_stream, i, t_in_timesteps) < clip(rest_rate + output_rate, 0*hertz, rate_most)*dt",
        reset="",
        namespace={"cell_uniform": cell_uniform},
    )
