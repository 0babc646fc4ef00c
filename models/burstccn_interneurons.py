"""The spiking BurstCCN with the interneurons and synapses that its pathways Y and Q stand for.

Bursts of the top area are read by facilitating synapses onto VIP cells, which inhibit SST cells; events by depressing
synapses onto NDNF cells; SST and NDNF cells inhibit the dendrites below. Two areas. Imports burstccn and payeur2021.

References
----------
Greedy, Zhu, Pemberton, Mellor & Costa (2022), NeurIPS 35, and its journal version (2026), for the microcircuit, there in
rates; Payeur et al. (2021), Nature Neuroscience 24, for SST cells and short-term plasticity.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brian2.units import Hz, coulomb, ms, nS, pA
from brian2.units.fundamentalunits import Quantity

from burstnet.cells import Fragment, ParameterSet, leaky_counter, parameter
from burstnet.cells.background import background, steady_current
from burstnet.cells.interneuron import SST, AdExParameters, adex
from burstnet.circuit import Circuit, Population, Projection
from burstnet.control import Readout
from burstnet.errors import ArgumentError, unknown_name
from burstnet.models import burstccn
from burstnet.models.payeur2021 import Published

__all__ = ["CITATION", "INTERNEURONS", "InterneuronParameters", "area_parameters", "circuit"]

CITATION = burstccn.CITATION
_OURS = "ours"
_PAYEUR = "Payeur et al. 2021"
_WITHOUT_ADAPTATION = SST.replace(a=0 * nS, b=0 * pA)
#: Interneurons: SST cells of Payeur et al., and the same without adaptation.
INTERNEURONS: Mapping[str, AdExParameters] = {"vip": _WITHOUT_ADAPTATION, "sst": SST, "ndnf": _WITHOUT_ADAPTATION}
#: Releases as Payeur et al. document them, facilitation by steps of 0.1, where their program executes 0.02 and begins at 0.01.
_FACILITATING = Published(facilitation_step=0.1, initial_u=None).facilitating()
_DEPRESSING = Published(initial_u=None).depressing()
#: Every spike of an interneuron counts as an event.
_EVERY_SPIKE = 0.3 * ms


@dataclass(frozen=True, kw_only=True)
class InterneuronParameters(ParameterSet):
    """Currents into the interneurons, and what is summed over all synapses of a cell."""

    vip_current: Quantity = parameter(-40 * pA, "constant current into VIP cells", _OURS)
    sst_current: Quantity = parameter(400 * pA, "constant current into SST cells", _OURS)
    ndnf_current: Quantity = parameter(-100 * pA, "constant current into NDNF cells", _OURS)
    bursts_to_vip: Quantity = parameter(
        20.0, "facilitating synapses onto a VIP cell, summed, in units of its leak", _OURS
    )
    events_to_ndnf: Quantity = parameter(
        3.0, "depressing synapses onto an NDNF cell, summed, in units of its leak", _OURS
    )
    vip_to_sst: Quantity = parameter(5.0, "inhibition of an SST cell, summed, in units of its leak", _OURS)
    sst_to_dendrite: Quantity = parameter(-20_000 * pA, "current of 1 ms into a dendrite, summed over SST cells", _OURS)
    ndnf_to_dendrite: Quantity = parameter(
        -25_800 * pA, "current of 1 ms into a dendrite, summed over NDNF cells", _OURS
    )
    noise_rate: Quantity = parameter(500 * Hz, "background pulses of each sign onto an interneuron", _PAYEUR)
    noise_E: Quantity = parameter(0.4, "weight of an excitatory pulse, in units of the leak", _PAYEUR)
    noise_I: Quantity = parameter(0.5, "weight of an inhibitory pulse, in units of the leak", _PAYEUR)


def area_parameters() -> burstccn.BurstCCNParameters:
    """Parameters of the areas: a constant dendritic current as large as the inhibition at rest, and a larger step of learning.

    Notes
    -----
    What SST and NDNF cells take away at rest, about 1040 pA, a constant current gives back; it falls with the area's own
    event rate, as the published top area's does.
    """
    return burstccn.BurstCCNParameters(input_bias=995 * pA, input_bias_slope=5 * pA / Hz, eta=3.45e11 / coulomb)


def circuit(
    *,
    areas: int = 2,
    sizes: int | Mapping[str, int] = 100,
    parameters: burstccn.BurstCCNParameters | None = None,
    feedback: InterneuronParameters | None = None,
    dt: Quantity = 1 * ms,
    **options: Any,
) -> Circuit:
    """Areas ``input`` and ``output`` with drive and W, and ``vip``, ``sst`` and ``ndnf`` between them in the place of Y and Q.

    Parameters
    ----------
    areas : int
        2; interneurons for more are not there yet.
    sizes : int or mapping of str to int
        Cells of every population, or of those named (the others have 100).
    parameters : BurstCCNParameters, optional
        `area_parameters` by default. ``Y_ratio`` has no meaning here.
    feedback : InterneuronParameters, optional
    dt : Quantity [ms]
        As of `burstnet.models.burstccn.circuit`.
    **options
        Further arguments of `burstnet.models.burstccn.circuit`.

    Notes
    -----
    With other sizes the summed weights onto a cell stay. Weights are not tied to W: the error has one sign for all cells.

    Raises
    ------
    ArgumentError
        If a population does not exist, or other than two areas are asked for.
    """
    if areas != 2:
        raise ArgumentError(f"areas={areas} is not allowed with interneurons; they stand between 2 areas.")
    f = feedback or InterneuronParameters()
    if isinstance(sizes, Mapping):
        known = ("input", "output", *INTERNEURONS)
        for name in sizes:
            if name not in known:
                raise unknown_name("population", name, known)
        n = {name: sizes.get(name, 100) for name in known}
    else:
        n = dict.fromkeys(("input", "output", *INTERNEURONS), sizes)
    base = burstccn.circuit(
        sizes={name: n[name] for name in ("input", "output")},
        parameters=parameters or area_parameters(),
        dt=dt,
        **options,
    )
    kinds = {"vip": f.vip_current, "sst": f.sst_current, "ndnf": f.ndnf_current}
    interneurons = [
        Population(name, n[name], _cell(INTERNEURONS[name], f, current), readout=Readout())
        for name, current in kinds.items()
    ]
    direct = [p for p in base.projections if p.name not in ("Y", "Q")]
    return dataclasses.replace(
        base,
        populations=(base.populations[0], *interneurons, base.populations[1]),
        projections=(*direct, *_pathways(f, n, dt)),
    )


def _cell(cell: AdExParameters, f: InterneuronParameters, current: Quantity) -> Fragment:
    noise = background({"g_E": (f.noise_rate, float(f.noise_E)), "g_I": (f.noise_rate, float(f.noise_I))})
    return adex(cell) + leaky_counter(_EVERY_SPIKE) + noise + steady_current(soma=current)


def _pathways(f: InterneuronParameters, n: Mapping[str, int], dt: Quantity) -> list[Projection]:
    def pathway(name: str, source: str, target: str, port: str, summed: Any, **more: Any) -> Projection:
        return Projection(name, source, target, port, weight=summed / n[source], on="spike", delay=dt, **more)

    return [
        pathway("bursts_to_vip", "output", "vip", "soma.ampa", float(f.bursts_to_vip), short_term=_FACILITATING),
        pathway("events_to_ndnf", "output", "ndnf", "soma.ampa", float(f.events_to_ndnf), short_term=_DEPRESSING),
        pathway("vip_to_sst", "vip", "sst", "soma.gaba", float(f.vip_to_sst)),
        pathway("sst_to_dendrite", "sst", "input", "dendrite", f.sst_to_dendrite),
        pathway("ndnf_to_dendrite", "ndnf", "input", "dendrite", f.ndnf_to_dendrite),
    ]
