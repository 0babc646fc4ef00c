"""The network of Payeur et al. 2021, Figure 2E to G: one plastic projection between cells whose dendrites get common input.

How strong the common input is sets how often events of the upper cells become bursts. Imports payeur2021.
"""

from __future__ import annotations

import dataclasses

from brian2.units import Hz, ms, mV, pA, second

from burstnet.cells.averages import burst_averages
from burstnet.cells.background import poisson_units, pooled_background, steady_current
from burstnet.circuit import Circuit, Population
from burstnet.control import Knob, Readout
from burstnet.models.payeur2021 import CITATION, DELAY, DT, Published, pyramidal
from burstnet.plasticity.burst_dependent import AdaptiveBurstDependent
from burstnet.projection import Projection
from burstnet.synapses.connectivity import WithProbability

__all__ = ["ALPHA", "CITATION", "circuit"]

#: Time constant of the moving averages, and of the read-outs.
ALPHA = 5 * second
_P = 0.2
_UNITS = 100
_SIZE = 1000


def circuit(n_input: int = _SIZE, n_output: int = _SIZE, *, published: Published | None = None) -> Circuit:
    """The plasticity network.

    Knobs, which phases set: ``learning`` (1 on, 0 off), ``common_input`` (strength of the common dendritic input d/d0),
    ``input_current`` (into the dendrites of ``input``).

    Parameters
    ----------
    n_input, n_output : int
        Cells; the probability of a connection rises as ``input`` shrinks, so that an output cell keeps 200 inputs.
    published : Published, optional
        Settings of the published program.

    Notes
    -----
    The two pools of 25 000 units behind the background are left out, and each cell has its own number of private units;
    two cells share 0.4 % of the published pools. The hundred units that drive the dendrites of ``output`` are shared by a
    fifth of all cells and stand as a population, ``common``.

    References
    ----------
    Payeur et al. (2021), Figure 2E to G and Methods; published program, ``sim_plasticity_rule``.
    """
    published = published or Published()
    pools = pooled_background(
        {
            "g_E_s": (500 * Hz, 0.17),
            "g_I_s": (150 * Hz, 0.26),
            "g_E_d": (500 * Hz, 0.0425),
            "g_I_d": (150 * Hz, 0.065),
        }
    )
    averages = burst_averages(ALPHA, rate_least=2 * Hz, rate_most=12 * Hz, homeostatic_rate=published.homeostatic_rate)
    # `output` transmits to nobody, so that nothing need be found at its axons' end
    silent_end = dataclasses.replace(published, axonal_criterion="16ms")
    output = pyramidal(silent_end, spread=0 * mV) + averages + steady_current(dendrite=50 * pA)
    readout = Readout(ALPHA)
    event, _ = published.sends
    return Circuit(
        populations=(
            Population("input", n_input, pyramidal(published) + pools, {"dendrite": "input_current"}, readout=readout),
            Population("common", _UNITS, poisson_units(1 * Hz)),
            Population("output", n_output, output, readout=readout),
        ),
        projections=(
            Projection(
                "feedforward",
                "input",
                "output",
                port="soma.ampa",
                weight=0.08,
                on=event,
                connect=WithProbability(min(1.0, _P * _SIZE / n_input)),
                plasticity=AdaptiveBurstDependent(eta=3.5e-3, tau_trace=100 * ms, learning="learning"),
            ),
            Projection(
                "common_to_output",
                "common",
                "output",
                port="dendrite.ampa",
                weight=0.25,
                on="spike",
                connect=WithProbability(_P),
                delay=DELAY,
                gain="common_input",
            ),
        ),
        knobs=(Knob("learning", 1.0, slots=8), Knob("common_input", 1.0, slots=8), Knob("input_current", 0 * pA)),
        dt=DT,
    )
