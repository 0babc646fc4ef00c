"""The two areas of Payeur et al. 2021, Figure 3: events go up through depressing synapses, bursts come down through facilitating ones.

Two populations of plateau cells, PV cells that carry the feedforward inhibition and SST cells that carry the feedback
one. No plasticity but the short-term one. Imports payeur2021.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from brian2.units import Hz, pA, second

from burstnet.cells.background import background, steady_current
from burstnet.circuit import Circuit, Population
from burstnet.control import Knob, Readout, Signal
from burstnet.errors import unknown_name
from burstnet.models.payeur2021 import CITATION, DELAY, DT, Published, pv, pyramidal, sst
from burstnet.projection import Projection
from burstnet.synapses.connectivity import WithProbability

__all__ = ["CITATION", "SIZES", "circuit"]

#: Cells of each population in the published program.
SIZES = {"pyr1": 4000, "pyr2": 4000, "pv": 1000, "sst": 1000}
_P = 0.05
_RATE = 500 * Hz


def _graph(source: str, n: int, *, recurrent: bool = False) -> WithProbability:
    """A cell has as many inputs from a population of any size as from the published one."""
    return WithProbability(min(1.0, _P * SIZES[source] / n), autapses=not recurrent)


def _inputs() -> tuple[tuple[Knob, ...], tuple[Signal, ...]]:
    """Sines on absolute time; phases switch their amplitudes on."""
    knobs = (
        Knob("somatic_amplitude", 0 * pA),
        Knob("somatic_offset", 0 * pA),
        Knob("somatic_period", 0.5 * second),
        Knob("dendritic_amplitude", 0 * pA),
        Knob("dendritic_offset", 100 * pA),
        Knob("dendritic_period", 0.5 * 5**0.5 * second),
    )
    signals = tuple(
        Signal(
            f"{where}_input",
            f"{where}_offset + {where}_amplitude*sin(2*pi*control_step*dt/{where}_period)",
            1 * pA,
        )
        for where in ("somatic", "dendritic")
    )
    return knobs, signals


def _projections(sizes: Mapping[str, int], published: Published) -> tuple[Projection, ...]:
    events, bursts = published.depressing(), published.facilitating()
    found = []
    for source, target, port, weight, release in (
        ("pyr1", "pyr2", "soma.ampa", 0.05, events),
        ("pyr1", "pv", "soma.ampa", 0.05, events),
        ("pv", "pyr2", "soma.gaba", 0.07, None),
        ("pyr2", "pyr1", "dendrite.ampa", 0.37, bursts),
        ("pyr2", "sst", "soma.ampa", 0.3, bursts),
        ("sst", "pyr1", "dendrite.gaba", 0.035, None),
        # inhibition of the dendrites by the area's own bursts, without the cells between
        ("pyr1", "pyr1", "dendrite.gaba", 0.1, bursts),
        ("pyr2", "pyr2", "dendrite.gaba", 0.1, bursts),
    ):
        found.append(
            Projection(
                f"{source}_to_{target}",
                source,
                target,
                port=port,
                weight=weight,
                on="spike",
                connect=_graph(source, sizes[source], recurrent=source == target),
                delay=DELAY,
                short_term=release,
            )
        )
    return tuple(found)


def circuit(sizes: Mapping[str, int] | None = None, *, published: Published | None = None) -> Circuit:
    """The propagation network.

    Currents: ``somatic_input`` into the somata of ``pyr1`` and ``dendritic_input`` into the dendrites of ``pyr2`` are sines
    around an offset; 50 pA into the dendrites of ``pyr1``, -100 pA into the somata of ``pyr2``, 205 pA into ``pv``.

    Parameters
    ----------
    sizes : mapping of str to int, optional
        Cells of populations that are not of the published size, by name; connection probabilities rise as sizes fall, so
        that a cell keeps 200 inputs from either area and 50 from PV and from SST cells.
    published : Published, optional
        Settings of the published program.

    Raises
    ------
    ArgumentError
        If a population does not exist.

    References
    ----------
    Payeur et al. (2021), Figure 3 and Methods; published program, ``sim_propagation``.
    """
    for name in sizes or {}:
        if name not in SIZES:
            raise unknown_name("population", name, SIZES)
    n = {**SIZES, **(sizes or {})}
    published = published or Published()
    # no projection transmits events, so that nothing need be found at the axon's end
    area = pyramidal(dataclasses.replace(published, axonal_criterion="16ms")) + background(
        {"g_E_s": (_RATE, 0.35), "g_I_s": (_RATE, 0.35), "g_E_d": (_RATE, 0.05), "g_I_d": (_RATE, 0.05)}
    )
    readout = Readout()
    knobs, signals = _inputs()
    populations = (
        Population(
            "pyr1", n["pyr1"], area + steady_current(dendrite=50 * pA), {"soma": "somatic_input"}, readout=readout
        ),
        Population(
            "pyr2", n["pyr2"], area + steady_current(soma=-100 * pA), {"dendrite": "dendritic_input"}, readout=readout
        ),
        Population(
            "pv",
            n["pv"],
            pv(published) + background({"g_E": (_RATE, 0.75), "g_I": (_RATE, 1.125)}) + steady_current(soma=205 * pA),
            readout=readout,
        ),
        Population(
            "sst",
            n["sst"],
            sst(published) + background({"g_E": (_RATE, 0.4), "g_I": (_RATE, 0.5)}),
            readout=readout,
        ),
    )
    return Circuit(populations, _projections(n, published), knobs, signals, DT)
