"""Cells of a cortex that is taught late: inputs with a pattern each, a dendrite that the thalamus reaches, and the olive that compares.

Imports burstnet's cells.
"""

from __future__ import annotations

from brian2.units import Hz, ms, pA
from brian2.units.fundamentalunits import Quantity

from burstnet.cells.fragment import Fragment, Parameter
from burstnet.random import cell_uniform, pair_uniform

__all__ = ["comparing_olive", "patterned_input", "thalamic_dendrite"]

_OURS = "ours"


def patterned_input(interval: str = "50 ms") -> Fragment:
    """Poisson units of which every pattern excites a part, drawn by the seed; the population reads ``pattern`` and ``showing``.

    Parameters
    ----------
    interval : str
        How often a unit looks whether the pattern is its own; trials begin at multiples of it.
    """
    return Fragment(
        name="patterned_input",
        equations="""
        chosen : 1
        awake : 1
        rate = base_rate + (pattern_rate - base_rate)*showing*chosen : hertz
        """,
        parameters={
            "base_rate": Parameter(2 * Hz, "rate without a pattern", _OURS, clampable=True),
            "pattern_rate": Parameter(50 * Hz, "rate of the units that a pattern excites", _OURS, clampable=True),
            "pattern_share": Parameter(Quantity(0.25), "part of the units that a pattern excites", _OURS),
        },
        threshold="cell_uniform(0, run_seed, noise_stream, i, t_in_timesteps) < awake*rate*dt",
        initial={"awake": "1"},
        hold={"awake": "0"},
        # drawn when it is needed, so that the number of patterns is no part of the build
        regularly={
            interval: "chosen = int(pair_uniform(run_seed, noise_stream, i, 40 + int(pattern + 0.5)) < pattern_share)"
        },
        namespace={"cell_uniform": cell_uniform, "pair_uniform": pair_uniform},
    )


def thalamic_dendrite() -> Fragment:
    """What nuclei do to a dendrite by way of the thalamus: a slow current, excitatory from one zone and inhibitory from the other.

    ``thalamic`` rises by the signed weight of an arriving spike, 1 over the cells of a zone, so that ``thalamic/tau_thalamic`` is
    the difference of the two zones' rates as a moving average.
    """
    return Fragment(
        name="thalamic_dendrite",
        equations="""
        dthalamic/dt = -thalamic/tau_thalamic : 1
        I_thalamus = thalamic_strength*thalamic/tau_thalamic : amp
        """,
        parameters={
            "tau_thalamic": Parameter(30 * ms, "decay of the thalamic current", _OURS, positive=True),
            "thalamic_strength": Parameter(
                14 * pA / Hz, "dendritic current for a difference of the zones' rates", _OURS, clampable=True
            ),
        },
        contributions={"I_thalamus": "dendrite"},
        receptors={"dendrite.thalamic": "thalamic"},
        exact={"thalamic": "tau_thalamic"},
    )


def comparing_olive(cells: int) -> Fragment:
    """Olivary cells as Poisson units that compare what their zone's nuclei said of a pattern with the teaching that came of it.

    While a pattern is shown they take the mean rate ``said`` of their zone's nuclei and keep it. While the teaching arrives they fire at
    ``olive_rest + olive_gain*(wanted - said)/span`` with ``wanted = rest_rate + side*span*lack``, between 0 and a largest rate, and at
    ``olive_rest`` else. The population reads ``showing``, ``starting``, ``shown_for``, ``arriving``, ``lack``, ``rest_rate`` and ``span``.

    Parameters
    ----------
    cells : int
        Of a zone; the first zone asks for more, the second for less.
    """
    return Fragment(
        name="comparing_olive",
        equations="""
        doutput/dt = -output/tau_output : 1
        said_sum : 1
        side : 1 (constant)
        said = said_sum/clip(shown_for, 20*ms, 1*second) : hertz
        prediction = side*(said - rest_rate)/span : 1
        held_until : 1
        rate : hertz
        """,
        parameters={
            "tau_output": Parameter(10 * ms, "of the moving average of the nuclei's rate", _OURS, positive=True),
            "olive_rest": Parameter(3 * Hz, "rate without an error", _OURS),
            "olive_gain": Parameter(8 * Hz, "rate for an error of the whole span", _OURS),
            "olive_most": Parameter(10 * Hz, "highest rate", _OURS),
            "tau_ref": Parameter(80 * ms, "refractory period", _OURS),
        },
        initial={"held_until": "-1e9", "side": f"1 - 2*int(i >= {cells})"},
        threshold="cell_uniform(0, run_seed, noise_stream, i, t_in_timesteps) < rate*dt*int(1.0*t_in_timesteps > held_until)",
        reset="held_until = 1.0*t_in_timesteps + floor(tau_ref/dt + 0.5)",
        hold={"rate": "0*hertz"},
        last="""
        said_sum = said_sum*(1 - starting) + showing*output*dt/tau_output
        rate = clip(olive_rest + olive_gain*arriving*((rest_rate - said)/span + side*lack), 0*hertz, olive_most)
        """,
        receptors={"output": "output"},
        exact={"output": "tau_output"},
        steps=("held_until",),
        namespace={"cell_uniform": cell_uniform},
    )
