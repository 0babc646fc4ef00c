"""What drives the cortex: microzones of a cerebellum, or a read-out of the cortex itself, each for a direction of movement.

One population holds the cells of all four zones of a set, in the order x+, x-, y+, y-. Imports burstnet and models' cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from brian2.units import ms
from brian2.units.fundamentalunits import Quantity

from burstnet.cells.cerebellar import NUCLEAR, PURKINJE, climbing_fibre, conductance_lif
from burstnet.circuit import Population
from burstnet.models.cerebellum import Sizes, Weights
from burstnet.models.cerebro_cerebellar_cells import read_out, taught_olive
from burstnet.plasticity.cerebellar import ParallelFibre
from burstnet.plasticity.delta import DeltaRule
from burstnet.projection import Projection
from burstnet.synapses.connectivity import AllToAll, Connectivity, FromArrays, OneToOne

__all__ = ["LAG", "TO_CORTEX", "ZONES", "ListensTo", "microzones", "read_out_zones"]

#: Microzones of a set: a direction of movement each.
ZONES = ("x+", "x-", "y+", "y-")
#: From nuclei to the olive, and to what is scored.
LAG = 70 * ms
#: From what drives the cortex to its cells.
TO_CORTEX = 8 * ms
#: What cells of a zone read of the trajectory.
_TAUGHT = ("rest_rate", "span", "target_x", "target_y", "teaching")


@dataclass(frozen=True)
class ListensTo(Connectivity):
    """Nuclear cells onto the cortical cells that listen to their microzone; the cortical cells say to which.

    Parameters
    ----------
    axis : {"x", "y"}
    nuclei : int
        Cells of a microzone.
    """

    axis: str
    nuclei: int
    seeded = True

    def arguments(self, stream: int) -> dict:
        """Keyword arguments of `brian2.Synapses.connect`."""
        first = 0 if self.axis == "x" else 2 * self.nuclei
        plus = f"int(i < {first + self.nuclei})"
        within = f"i >= {first} and i < {first + 2 * self.nuclei}"
        return {"condition": f"{within} and weight_{self.axis}_post > 0 and side_{self.axis}_post*(2*{plus} - 1) > 0"}


def _within_zones(sources: int, targets: int) -> FromArrays:
    """All cells of a zone onto all of the same zone."""
    i, j = np.divmod(np.arange(len(ZONES) * sources * targets), targets)
    return FromArrays(i, (i // sources) * targets + j)


def microzones(
    sizes: Sizes, weights: Weights, *, eta: Quantity, suffix: str = "", context: str
) -> tuple[list[Population], list[Projection]]:
    """Four microzones: Purkinje cells with an olivary cell each, and the nuclei that drive the cortex.

    Parameters
    ----------
    sizes : Sizes
        Of one microzone.
    weights : Weights
    eta : Quantity [nS]
        Depression of a parallel fibre at a complex spike.
    suffix : str
        What the names of populations and projections end with.
    context : str
        ``NAME`` of the signals ``in_NAME``, which lets the nuclei reach cortex and effectors, and ``learning_NAME``.
    """
    zones = len(ZONES)
    purkinje, nuclei, olive = (f"{name}{suffix}" for name in ("purkinje", "nuclei", "olive"))
    populations = [
        Population(
            purkinje, zones * sizes.purkinje, conductance_lif(PURKINJE.replace(tau_E=2 * ms)) + climbing_fibre()
        ),
        Population(nuclei, zones * sizes.nuclei, conductance_lif(NUCLEAR)),
        Population(
            olive,
            zones * sizes.purkinje,
            taught_olive(sizes.purkinje),
            reads=_TAUGHT,
        ),
    ]
    w = weights.parallel_fibres
    # random steps of weights between near bounds would forget as fast as the olive teaches
    rule = ParallelFibre(eta=eta, form="centred", w_min=0 * w, w_max=6 * w, learning=f"learning_{context}")
    share = 1 / sizes.nuclei
    onto_nuclei = weights.purkinje_to_nuclei * 8 / sizes.purkinje
    p = Projection
    projections = [
        p(f"parallel_fibres{suffix}", "granule", purkinje, "soma.ampa", w, "spike", AllToAll(), 5 * ms, plasticity=rule),
        p(
            f"molecular_layer_to_purkinje{suffix}", "molecular_layer", purkinje, "soma.gaba",
            weights.molecular_layer_to_purkinje, "spike", AllToAll(), 4 * ms,
        ),
        p(f"climbing_fibres{suffix}", olive, purkinje, "climbing", 1.0, "spike", OneToOne(), 4 * ms),
        p(
            f"purkinje_to_nuclei{suffix}", purkinje, nuclei, "soma.gaba", onto_nuclei, "spike",
            _within_zones(sizes.purkinje, sizes.nuclei), 4 * ms,
        ),
        p(
            f"nuclei_to_olive{suffix}", nuclei, olive, "output", share, "spike",
            _within_zones(sizes.nuclei, sizes.purkinje), LAG,
        ),
        *_onwards("nuclei", nuclei, sizes.nuclei, suffix, f"in_{context}", LAG),
    ]  # fmt: skip
    return populations, projections


def read_out_zones(
    cells: int, *, eta: float, suffix: str = "", context: str
) -> tuple[list[Population], list[Projection]]:
    """The control: a linear read-out of all cortical cells by the delta rule, fed back in the place of the nuclei.

    It has as many cells and as many synapses onto the cortex as the nuclei of four microzones, and is compared with the target at no lag.

    Parameters
    ----------
    cells : int
        Of a zone.
    eta : float
        Change of a weight at a cortical spike, for an error of the whole span.
    suffix : str
        What the names of populations and projections end with.
    context : str
        As in `microzones`.
    """
    name, active = f"read_out{suffix}", f"in_{context}"
    rule = DeltaRule(eta=eta, learning=f"learning_{context}")
    populations = [Population(name, len(ZONES) * cells, read_out(cells), reads=_TAUGHT)]
    cortex = Projection(
        f"cortex_to_read_out{suffix}", "cortex", name, "output", 0.0, "spike", AllToAll(), 1 * ms, plasticity=rule
    )
    return populations, [cortex, *_onwards("read_out", name, cells, suffix, active, 0 * ms)]


def _onwards(source: str, name: str, cells: int, suffix: str, active: str, lag: Quantity) -> list[Projection]:
    """From cells of all zones, a population `name`, to the cortex and to the effectors."""
    share = 1 / cells
    return [
        *(
            Projection(
                f"{source}_to_cortex_{axis}{suffix}", name, "cortex", f"soma.thalamic_{axis}", share, "spike",
                ListensTo(axis, cells), TO_CORTEX, gain=active,
            )
            for axis in "xy"
        ),
        Projection(
            f"{source}_to_effectors{suffix}", name, "effectors", "output", share, "spike",
            _within_zones(cells, 1), lag, gain=active,
        ),
    ]  # fmt: skip
