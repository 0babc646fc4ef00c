"""Short-term plasticity: what lesions of release do, in closed form, and what is refused."""

import dataclasses

import numpy as np
import pytest
from brian2 import ms, mV, pA, second

from burstnet import ArgumentError, Circuit, Phase, Population, Projection, Recording, Timeline, compile
from burstnet.cells import Fragment, Parameter
from burstnet.lesion import Lesion
from burstnet.lesion_sites import lesioned_cells
from burstnet.synapses import ShortTermPlasticity
from burstnet.synapses.connectivity import OneToOne

CELLS, EVERY, END = 6, 40, 400
STF, STD = ShortTermPlasticity(U=0.1), ShortTermPlasticity(U=0.8, tau_d=50 * ms, tau_f=1 * second)
#: Windows in steps: spikes come at 0, 40, 80 ... and their effect two steps later.
WINDOW, INSIDE = "@10ms..30ms", (100, 300)


def regular():
    """All cells spike every fortieth step."""
    return Fragment(
        name="regular",
        equations="step = 1.0*t_in_timesteps : 1 (shared)",
        parameters={"every": Parameter(1.0 * EVERY)},
        threshold="step - every*floor((step + 0.5)/every) < 0.5",
    )


def circuit(per_synapse=False, delay=0.2 * ms):
    names = ("stf", "std")
    sums = Fragment("sums", "\n".join(f"{n}_sum : 1" for n in names), receptors={n: f"{n}_sum" for n in names})
    return Circuit(
        [Population("source", CELLS, regular()), Population("target", CELLS, sums)],
        [
            Projection(
                name, "source", "target", name, 2.0, on="spike", connect=OneToOne(), delay=delay,
                short_term=dataclasses.replace(kind, per_synapse=per_synapse),
            )
            for name, kind in (("stf", STF), ("std", STD))
        ],
        dt=0.1 * ms,
    )  # fmt: skip


def expected(kind, static=None):
    """What each of ten spikes releases; `static` in the place of u*x for spikes within the window, while u and x go on."""
    u, x, found = kind.U, 1.0, []
    for k in range(END // EVERY):
        if k:
            x, u = (
                1 - (1 - x) * (1 - 1e-4 / float(kind.tau_d)) ** EVERY,
                kind.U + (u - kind.U) * (1 - 1e-4 / float(kind.tau_f)) ** EVERY,
            )
        released = u * x
        x, u = x - released, u + kind.U * (1 - u)
        inside = INSIDE[0] <= k * EVERY + 2 < INSIDE[1]
        found.append(static if static is not None and inside else released)
    return np.array(found)


@pytest.fixture(scope="module", params=[False, True], ids=["shared", "per synapse"])
def program(request):
    timeline = Timeline([Phase("all", END * 0.1 * ms)])
    return compile(circuit(request.param), timeline, "numpy", recording=Recording(statistics=1 * ms, states=2 * ms))


def sums(result, name):
    return result.state(1)[f"target.{name}_sum"]


def test_release_is_that_of_the_difference_equations(program):
    result = program.run(1)
    for name, kind in (("stf", STF), ("std", STD)):
        assert np.allclose(sums(result, name), 2 * expected(kind).sum(), rtol=1e-12)


def test_a_static_synapse_releases_a_constant_within_the_window(program):
    """In all cells of one projection and in half of the source's cells of the other; release itself goes on beneath."""
    lesions = [f"stf:static=0.25{WINDOW}", f"std:static=0.5:fraction=0.5{WINDOW}"]
    result = program.run(1, lesions=lesions)
    assert np.allclose(sums(result, "stf"), 2 * expected(STF, 0.25).sum(), rtol=1e-12)
    population, hit = lesioned_cells(program.circuit, Lesion.parse(lesions[1]), 1)
    assert population == "source" and hit.sum() == CELLS / 2
    assert np.allclose(sums(result, "std")[hit], 2 * expected(STD, 0.5).sum(), rtol=1e-12)
    assert np.allclose(sums(result, "std")[~hit], 2 * expected(STD).sum(), rtol=1e-12)


def test_a_scaled_receptor_gets_less_in_the_cells_that_are_hit(program):
    result = program.run(1, lesions="stf:scale=0.5:fraction=0.5")
    population, hit = lesioned_cells(program.circuit, Lesion.parse("stf:scale=0.5:fraction=0.5"), 1)
    factor = np.where(hit, 0.5, 1.0)
    assert population == "target" and hit.sum() == CELLS / 2
    assert np.allclose(sums(result, "stf"), 2 * factor * expected(STF).sum(), rtol=1e-12)


@pytest.mark.parametrize("delay", [0.2, 1.0, 1.1, 5.0])
def test_a_long_delay_keeps_release_with_each_synapse(delay):
    """Within a millisecond a cell does not spike twice, so that its last release is the one that arrives."""
    projection = circuit(delay=delay * ms).projections[0]
    assert projection.release_per_synapse == (delay > 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"U": 1.5}, "U=1.5 is not allowed; it is a part of the release, from 0 to 1"),
        ({"U": 0.5 * mV}, "U=.* has the wrong unit"),
        ({"U": 0.5, "f": -0.1}, "f=-0.1 is not allowed"),
        ({"U": 0.5, "u_0": 2}, "u_0=2 is not allowed"),
        ({"U": 0.5, "tau_d": 0 * ms}, "tau_d=.* must be above 0"),
        ({"U": 0.5, "tau_f": 3}, "tau_f=.* has the wrong unit"),
        ({"U": 0.5, "kind": "STP"}, "kind='STP' is not allowed; use 'STF' or 'STD'"),
    ],
)
def test_bad_release_is_refused(options, message):
    with pytest.raises(ArgumentError, match=message):
        ShortTermPlasticity(**options)


def test_a_constant_source_has_no_release():
    with pytest.raises(ArgumentError, match="'bias' has a constant source, which has no short-term plasticity"):
        Projection("bias", 5 * pA, "target", weight=1.0, short_term=STF)


def test_time_constants_are_longer_than_a_step():
    bad = dataclasses.replace(STF, tau_d=0.05 * ms)
    projections = [dataclasses.replace(circuit().projections[0], short_term=bad)]
    with pytest.raises(
        ArgumentError, match="tau_d=.* of projection 'stf' is not allowed; it must be longer than a step"
    ):
        dataclasses.replace(circuit(), projections=projections)


def test_static_needs_release(program):
    plain = [dataclasses.replace(p, short_term=None) if p.name == "std" else p for p in circuit().projections]
    without = dataclasses.replace(circuit(), projections=plain)
    with pytest.raises(ArgumentError, match="projection 'std' has no short-term plasticity; those that have: stf"):
        lesioned_cells(without, Lesion.parse("std:static=0.5"), 1)
    with pytest.raises(ArgumentError, match="stf:static.* a factor is a plain number, at least 0"):
        lesioned_cells(circuit(), Lesion("stf", "static", 3 * mV), 1)
