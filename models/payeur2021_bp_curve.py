"""Burst probability against dendritic current in Payeur et al. 2021: with recurrent inhibition of dendrites, and with the SST loop.

Two circuits under one staircase of current: a population that inhibits its own dendrites with facilitating synapses, and
one whose dendrites are inhibited by SST cells, which PV and VIP cells inhibit in turn. Imports payeur2021.
"""

from __future__ import annotations

from collections.abc import Mapping

from brian2.units import Hz, pA
from brian2.units.fundamentalunits import Quantity

from burstnet.cells.background import pooled_background, steady_current
from burstnet.cells.fragment import Fragment, Parameter
from burstnet.circuit import Circuit, Population
from burstnet.control import Knob, Readout
from burstnet.errors import unknown_name
from burstnet.models.payeur2021 import CITATION, DELAY, DT, Published, pv, pyramidal, sst
from burstnet.projection import Projection
from burstnet.synapses.connectivity import AllToAll, WithProbability

__all__ = ["CIRCUITS", "CITATION", "MOST_STEPS", "SIZES", "circuit"]

#: Circuit to its populations with their sizes in the published program.
SIZES = {"recurrent": {"pyramidal": 4000}, "sst-loop": {"pyramidal": 10_000, "pv": 1000, "sst": 1000}}
CIRCUITS = tuple(SIZES)
#: Steps of the staircase that a circuit has room for.
MOST_STEPS = 40
_SOURCE = "Payeur et al. 2021, supplementary figures"
#: Of 25 000 units at 5 Hz a cell has 100, or 30.
_HUNDRED, _THIRTY = 500 * Hz, 150 * Hz


def _current(value: Quantity) -> Fragment:
    """A current beside the cell's own bias, by which VIP cells act on SST cells."""
    return Fragment(
        name="vip",
        equations="I_vip = vip_current : amp",
        parameters={"vip_current": Parameter(value, "current by which VIP cells inhibit", _SOURCE, clampable=True)},
        contributions={"I_vip": "soma"},
    )


def _pyramidal(n: int, published: Published, noise: Mapping[str, tuple[Quantity, float]], soma: Quantity) -> Population:
    return Population(
        "pyramidal",
        n,
        pyramidal(published) + pooled_background(noise) + steady_current(soma=soma),
        {"dendrite": "dendritic_current"},
        readout=Readout(),
    )


def _recurrent(n: Mapping[str, int], published: Published) -> tuple[tuple[Population, ...], tuple[Projection, ...]]:
    noise = {
        "g_E_s": (_HUNDRED, 0.17),
        "g_I_s": (_THIRTY, 0.26),
        "g_E_d": (_HUNDRED, 0.043),
        "g_I_d": (_THIRTY, 0.07),
    }
    inhibition = Projection(
        "recurrent",
        "pyramidal",
        "pyramidal",
        port="dendrite.gaba",
        weight=0.0,
        on="spike",
        connect=WithProbability(0.05, autapses=False),
        delay=DELAY,
        scale=SIZES["recurrent"]["pyramidal"] / n["pyramidal"],
        short_term=published.facilitating(),
    )
    return (_pyramidal(n["pyramidal"], published, noise, 0 * pA),), (inhibition,)


def _sst_loop(n: Mapping[str, int], published: Published) -> tuple[tuple[Population, ...], tuple[Projection, ...]]:
    def noise(*weights: float, onto: tuple[str, ...]) -> dict[str, tuple[Quantity, float]]:
        return {name: (_HUNDRED, weight) for name, weight in zip(onto, weights, strict=True)}

    both = ("g_E", "g_I")
    populations = (
        _pyramidal(
            n["pyramidal"],
            published,
            noise(0.05, 0.05, 0.05, 0.05, onto=("g_E_s", "g_I_s", "g_E_d", "g_I_d")),
            560 * pA,
        ),
        Population(
            "pv",
            n["pv"],
            pv(published) + pooled_background(noise(0.12, 0.15, onto=both)) + steady_current(soma=205 * pA),
            readout=Readout(),
        ),
        Population(
            "sst",
            n["sst"],
            sst(published)
            + pooled_background(noise(0.2, 0.3, onto=both))
            + steady_current(soma=-5 * pA)
            + _current(0 * pA),
            readout=Readout(),
        ),
    )
    projections = tuple(
        Projection(
            f"{source}_to_{target}",
            source,
            target,
            port=port,
            weight=weight,
            on="spike",
            connect=AllToAll() if p == 1 else WithProbability(p),
            delay=DELAY,
            # a cell of a smaller network gets the same from fewer inputs
            scale=SIZES["sst-loop"][source] / n[source],
            short_term=release,
        )
        for source, target, port, p, weight, release in (
            ("pyramidal", "pv", "soma.ampa", 0.2, 0.001, published.depressing()),
            ("pyramidal", "sst", "soma.ampa", 0.2, 0.04, published.facilitating()),
            ("pv", "sst", "soma.gaba", 1, 0.002, None),
            ("sst", "pyramidal", "dendrite.gaba", 1, 0.001, None),
        )
    )
    return populations, projections


def circuit(
    kind: str = "recurrent", sizes: Mapping[str, int] | None = None, *, published: Published | None = None
) -> Circuit:
    """Pyramidal cells whose dendrites get the current of the knob ``dendritic_current``.

    Parameters
    ----------
    kind : {"recurrent", "sst-loop"}
        ``recurrent``: 4000 cells and their own facilitating inhibition ``recurrent``, of weight 0 by default (0.02 in the
        published figure); ``sst-loop``: 10 000 cells, PV and SST cells.
    sizes : mapping of str to int, optional
        Cells of populations that are not of the published size, by name. Weights are scaled by the number of inputs that is
        missing.
    published : Published, optional
        Settings of the published program.

    Raises
    ------
    ArgumentError
        If a kind or a population does not exist.

    References
    ----------
    Payeur et al. (2021), supplementary figures on the burst probability of a population with dendritic inhibition.
    """
    if kind not in SIZES:
        raise unknown_name("kind", kind, SIZES)
    for name in sizes or {}:
        if name not in SIZES[kind]:
            raise unknown_name("population", name, SIZES[kind])
    n = {**SIZES[kind], **(sizes or {})}
    made = _recurrent if kind == "recurrent" else _sst_loop
    populations, projections = made(n, published or Published())
    return Circuit(populations, projections, (Knob("dendritic_current", 0 * pA, slots=MOST_STEPS),), dt=DT)
