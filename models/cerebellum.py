"""A cerebellum: a granular layer, and microzones that learn from a climbing fibre of their own each.

Every size, convergence and weight is an argument; with the defaults a run is far quicker than real time on one core.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from brian2.units import ms, nS
from brian2.units.fundamentalunits import Quantity

from burstnet.cells.cerebellar import (
    GOLGI,
    GRANULE,
    MOLECULAR_LAYER,
    NUCLEAR,
    NUCLEO_OLIVARY,
    OLIVE,
    PURKINJE,
    climbing_fibre,
    conductance_lif,
    eligibility,
    inhibition_average,
)
from burstnet.cells.fragment import Fragment, ParameterSet, parameter
from burstnet.circuit import Population
from burstnet.errors import ArgumentError
from burstnet.plasticity import Rule
from burstnet.plasticity.cerebellar import MossyNuclear, parallel_fibre_rule
from burstnet.projection import Projection
from burstnet.synapses.connectivity import AllToAll, FixedIndegree, FromArrays

__all__ = ["CITATION", "DT", "Convergence", "Sizes", "Weights", "granular_layer", "microzone"]

DT = 0.5 * ms

CITATION = (
    "Geminiani, Pedrocchi, D'Angelo & Casellato (2019), Front. Comput. Neurosci. 13; De Schepper et al. (2022), "
    "Commun. Biol. 5 (cells and synapses); Medina, Garcia & Mauk (2001), J. Neurosci. 21 (nuclear plasticity)"
)
_SOURCE = "Geminiani et al. 2019, De Schepper et al. 2022, published code"
_OURS = "ours"


@dataclass(frozen=True, kw_only=True)
class _Counts:
    """Whole numbers, at least 1 each."""

    def __post_init__(self) -> None:
        for one in dataclasses.fields(self):
            value = getattr(self, one.name)
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
                raise ArgumentError(f"{one.name}={value!r} is not allowed; give a whole number, at least 1.")


@dataclass(frozen=True, kw_only=True)
class Sizes(_Counts):
    """Numbers of cells; those from Purkinje cells on are of one microzone."""

    mossy: int = 120
    granule: int = 1200
    golgi: int = 40
    molecular_layer: int = 20
    purkinje: int = 8
    nuclei: int = 12
    nucleo_olivary: int = 4
    olive: int = 4


@dataclass(frozen=True, kw_only=True)
class Convergence(_Counts):
    """Inputs of a cell, drawn by the seed with replacement."""

    mossy_to_granule: int = 4
    mossy_to_golgi: int = 10
    granule_to_golgi: int = 100
    golgi_to_granule: int = 4
    granule_to_molecular_layer: int = 400


@dataclass(frozen=True, kw_only=True)
class Weights(ParameterSet):
    """Conductances that a spike opens; the weights of the projections of the same names at the start."""

    mossy_to_granule: Quantity = parameter(0.23 * nS, "mossy fibre onto granule cell", _SOURCE)
    mossy_to_golgi: Quantity = parameter(2 * nS, "mossy fibre onto Golgi cell", _OURS)
    granule_to_golgi: Quantity = parameter(0.5 * nS, "parallel fibre onto Golgi cell", _OURS)
    golgi_to_granule: Quantity = parameter(0.15 * nS, "Golgi cell onto granule cell", _OURS)
    granule_to_molecular_layer: Quantity = parameter(0.2 * nS, "parallel fibre onto interneuron", _OURS)
    molecular_layer_to_purkinje: Quantity = parameter(6 * nS, "interneuron onto Purkinje cell", _OURS)
    parallel_fibres: Quantity = parameter(2.4 * nS, "parallel fibre onto Purkinje cell", _OURS)
    purkinje_to_nuclei: Quantity = parameter(1.6 * nS, "Purkinje cell onto nuclear projection cell", _OURS)
    purkinje_to_nucleo_olivary: Quantity = parameter(0.3 * nS, "Purkinje cell onto nucleo-olivary cell", _OURS)
    mossy_to_nuclei: Quantity = parameter(0.25 * nS, "mossy fibre onto nuclear cells", _SOURCE)
    nucleo_olivary_to_olive: Quantity = parameter(1.2 * nS, "nucleo-olivary cell onto the olive", _OURS)


def granular_layer(
    mossy: str, sizes: Sizes, convergence: Convergence, weights: Weights, *, stages: int = 6
) -> tuple[list[Population], list[Projection]]:
    """Granule cells, Golgi cells and molecular-layer interneurons, driven by a population of mossy fibres.

    Parameters
    ----------
    mossy : str
        The population, whose spikes are those of mossy fibres.
    sizes : Sizes
    convergence : Convergence
    weights : Weights
    stages : int
        Of the granule cells' eligibility.
    """
    golgi = conductance_lif(GOLGI, receptors={"mossy": 0.23 * ms})
    populations = [
        Population("granule", sizes.granule, conductance_lif(GRANULE, noise=False) + eligibility(stages)),
        Population("golgi", sizes.golgi, golgi),
        Population("molecular_layer", sizes.molecular_layer, conductance_lif(MOLECULAR_LAYER)),
    ]

    def some(source: str, target: str, port: str, delay: Quantity) -> Projection:
        name = f"{'mossy' if source == mossy else source}_to_{target}"
        k = getattr(convergence, name)
        weight = getattr(weights, name)
        return Projection(name, source, target, port, weight, "spike", FixedIndegree(k), delay)

    projections = [
        some(mossy, "granule", "soma.ampa", 1 * ms),
        some(mossy, "golgi", "soma.mossy", 1 * ms),
        some("granule", "golgi", "soma.ampa", 5 * ms),
        some("golgi", "granule", "soma.gaba", 2 * ms),
        some("granule", "molecular_layer", "soma.ampa", 5 * ms),
    ]
    return populations, projections


def microzone(
    mossy: str,
    sizes: Sizes,
    weights: Weights,
    *,
    suffix: str = "",
    rule: str = "covariance",
    eta: Quantity | None = None,
    learning: str = "learning",
    nuclear_learning: str = "nuclear_learning",
    olive: Fragment | None = None,
    teacher: str | None = None,
) -> tuple[list[Population], list[Projection]]:
    """Purkinje cells with a climbing fibre each, the nuclear cells that they inhibit, and the olive that these inhibit.

    Parameters
    ----------
    mossy : str
        The population of mossy fibres, which drives the nuclei too.
    sizes : Sizes
    weights : Weights
    suffix : str
        What the names of the zone's populations and projections end with.
    rule : str
        Of the parallel fibres; see `burstnet.plasticity.cerebellar.parallel_fibre_rule`.
    eta : Quantity [nS], optional
        Learning rate of a rule that has none of its own.
    learning, nuclear_learning : str
        Knobs or signals of the circuit that multiply learning of parallel fibres and of mossy fibres onto nuclei.
    olive : Fragment, optional
        Another cell in the place of the olive's; it needs the receptor ``soma.gaba``.
    teacher : str, optional
        Knob or signal whose current enters the olive.
    """
    purkinje, nuclei, inhibitory, io = (f"{name}{suffix}" for name in ("purkinje", "nuclei", "nucleo_olivary", "olive"))
    nuclear = conductance_lif(NUCLEAR) + inhibition_average()
    populations = [
        Population(purkinje, sizes.purkinje, conductance_lif(PURKINJE) + climbing_fibre()),
        Population(nuclei, sizes.nuclei, nuclear),
        Population(inhibitory, sizes.nucleo_olivary, conductance_lif(NUCLEO_OLIVARY) + inhibition_average()),
        Population(io, sizes.olive, olive or conductance_lif(OLIVE), {"soma": teacher} if teacher else {}),
    ]
    fibres = np.arange(sizes.purkinje)
    parallel = parallel_fibre_rule(rule, weights.parallel_fibres, eta=eta, learning=learning)
    slow = MossyNuclear(eta=0.00006 * nS, w_min=0 * nS, w_max=4 * weights.mossy_to_nuclei, learning=nuclear_learning)

    def all_to(
        source: str, target: str, port: str, delay: Quantity, name: str = "", rule: Rule | None = None
    ) -> Projection:
        name = name or f"{source.removesuffix(suffix)}_to_{target.removesuffix(suffix)}"
        weight = getattr(weights, name)
        return Projection(f"{name}{suffix}", source, target, port, weight, "spike", AllToAll(), delay, plasticity=rule)

    projections = [
        all_to("granule", purkinje, "soma.ampa", 5 * ms, "parallel_fibres", parallel),
        all_to("molecular_layer", purkinje, "soma.gaba", 4 * ms),
        Projection(
            f"climbing_fibres{suffix}",
            io,
            purkinje,
            "climbing",
            1.0,
            "spike",
            FromArrays(fibres % sizes.olive, fibres),
            4 * ms,
        ),
        all_to(purkinje, nuclei, "soma.gaba", 4 * ms),
        all_to(purkinje, inhibitory, "soma.gaba", 4 * ms),
        all_to(mossy, nuclei, "soma.ampa", 4 * ms, "mossy_to_nuclei", slow),
        all_to(inhibitory, io, "soma.gaba", 25 * ms),
    ]
    return populations, projections
