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
_POOL = 25_000
#: Part of the background that comes from units which cells share, and how many there are: with so many, two cells have
#: as much in common as with the published pools.
_SHARED = 0.1
_SHARED_UNITS = round(_POOL * _SHARED**2)
#: Units of a published pool that a cell hears, and what they add in the soma and in the dendrite.
_HEARD = {"ampa": 100, "gaba": 30}
_WEIGHTS = {"ampa": (0.17, 0.0425), "gaba": (0.26, 0.065)}
_P = 0.2
_UNITS = 100
_SIZE = 1000


def _shared_background() -> tuple[Projection, ...]:
    return tuple(
        Projection(
            f"{receptor}_to_{compartment}",
            f"pool_{receptor}",
            "input",
            port=f"{compartment}.{receptor}",
            weight=weight,
            on="spike",
            connect=WithProbability(heard / (_SHARED * _POOL)),
            delay=DELAY,
        )
        for receptor, heard in _HEARD.items()
        for compartment, weight in zip(("soma", "dendrite"), _WEIGHTS[receptor], strict=True)
    )


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
    Behind the background of ``input`` stand two published pools of 25 000 units, of which two cells share 0.4 %. That
    little matters: an output cell sums 200 cells, and with private units only it fires 9 % less. Here a tenth of the
    background comes from pools of 250 units, ``pool_ampa`` and ``pool_gaba``, of which a cell hears ten times as large a
    part, so that the covariance of two cells' input is the published one; the rest is private, each cell with a number of
    units of its own. The hundred units that drive the dendrites of ``output`` are the population ``common``.

    References
    ----------
    Payeur et al. (2021), Figure 2E to G and Methods; published program, ``sim_plasticity_rule``.
    """
    published = published or Published()
    own = 1 - _SHARED
    background = pooled_background(
        {
            "g_E_s": (own * 500 * Hz, _WEIGHTS["ampa"][0]),
            "g_I_s": (own * 150 * Hz, _WEIGHTS["gaba"][0]),
            "g_E_d": (own * 500 * Hz, _WEIGHTS["ampa"][1]),
            "g_I_d": (own * 150 * Hz, _WEIGHTS["gaba"][1]),
        },
        units=round(own * _POOL),
    )
    averages = burst_averages(ALPHA, rate_least=2 * Hz, rate_most=12 * Hz, homeostatic_rate=published.homeostatic_rate)
    # `output` transmits to nobody, so that nothing need be found at its axons' end
    silent_end = dataclasses.replace(published, axonal_criterion="16ms")
    output = pyramidal(silent_end, spread=0 * mV) + averages + steady_current(dendrite=50 * pA)
    readout = Readout(ALPHA)
    event, _ = published.sends
    return Circuit(
        populations=(
            Population(
                "input", n_input, pyramidal(published) + background, {"dendrite": "input_current"}, readout=readout
            ),
            Population("pool_ampa", _SHARED_UNITS, poisson_units(5 * Hz)),
            Population("pool_gaba", _SHARED_UNITS, poisson_units(5 * Hz)),
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
            *_shared_background(),
        ),
        knobs=(Knob("learning", 1.0, slots=8), Knob("common_input", 1.0, slots=8), Knob("input_current", 0 * pA)),
        dt=DT,
    )
