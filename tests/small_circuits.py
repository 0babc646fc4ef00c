"""Circuits of a few cells that several tests of the describe layer share."""

from brian2 import ms, mV, nA, pA

from burstnet.cells import Fragment, Parameter, exact_isi
from burstnet.circuit import Circuit, Population, Projection
from burstnet.control import Readout

BODY = Fragment(
    "body",
    equations="dv/dt = (I/G - v)/tau : volt",
    parameters={"G": Parameter(10 * nA / mV), "tau": Parameter(10 * ms, positive=True)},
    threshold="v > 10*mV",
    reset="v = 0*mV",
    ports={"soma": "I"},
)
CELL = BODY + exact_isi()


def population(name="a", n=3, cell=CELL, **options):
    return Population(name, n, cell, **options)


def projection(name="W", source="a", target="b", weight=1 * pA, **options):
    return Projection(name, source, target, weight=weight, **options)


def two(*projections, knobs=(), signals=(), n=(3, 4), **options):
    populations = [population("a", n[0], readout=Readout()), population("b", n[1])]
    return Circuit(populations, projections, knobs, signals, **options)


# Names and references
