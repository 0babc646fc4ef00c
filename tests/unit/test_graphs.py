"""Who connects to whom: rules are checked, and their graphs are functions of seed, name and pair."""

import numpy as np
import pytest
from small_circuits import population, projection, two

from burstnet import brian2_objects
from burstnet.circuit import Circuit
from burstnet.errors import ArgumentError
from burstnet.random import _pair_bernoulli_numpy, _pair_uniform_numpy, stream_number
from burstnet.synapses import AllToAll, FixedIndegree, FromArrays, OneToOne, WithProbability


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: WithProbability(1.5), "p=1.5 is not allowed"),
        (lambda: WithProbability(float("nan")), "p=nan is not allowed"),
        (lambda: WithProbability("0.5"), "p='0.5' is not allowed"),
        (lambda: FixedIndegree(0), "k=0 is not allowed"),
        (lambda: FixedIndegree(2.0), "k=2.0 is not allowed"),
        (lambda: FixedIndegree(True), "k=True is not allowed"),
        (lambda: FromArrays([0.0], [1.0]), r"i of shape \(1,\) and type float64 is not allowed"),
        (lambda: FromArrays([0, 1], [1]), "i and j have 2 and 1 entries"),
        (lambda: FromArrays(np.zeros(0, int), np.zeros(0, int)), "i=.. is not allowed; give at least one"),
        (lambda: FromArrays([2**32], [0]), "i holds 4294967296 to 4294967296"),
        (lambda: FromArrays([-1], [0]), "i holds -1 to -1"),
        (lambda: two(projection(connect=FromArrays([0, 3], [0, 0]))), "'W': i holds 0 to 3; allowed are 0 to 2"),
        (lambda: two(projection(connect=FromArrays([0], [4]))), "'W': j holds 4 to 4; allowed are 0 to 3"),
        (lambda: two(projection(connect=OneToOne())), "'W': OneToOne needs equal sizes, got 3 and 4"),
        (lambda: two(projection(connect=WithProbability(0.5, autapses=False))), "autapses=False is not allowed"),
    ],
)
def test_graph_rules_are_checked(make, says):
    with pytest.raises(ArgumentError, match=says):
        make()


# Descriptions: what makes another program


def graph(connect, seed, n=(30, 40), name="W"):
    circuit = two(projection(name, connect=connect), n=n)
    synapses = brian2_objects(circuit, seed=seed).projections[name]
    return list(zip(synapses.i[:].tolist(), synapses.j[:].tolist(), strict=True))


def uniform(seed, i, j, name="W"):
    return _pair_uniform_numpy(seed, stream_number(name), i, j)


def drawn(p, seed, i, j, name="W"):
    return _pair_bernoulli_numpy(p, seed, stream_number(name), i, j) > 0


def test_each_pair_with_probability():
    i, j = np.meshgrid(np.arange(30), np.arange(40), indexing="ij")
    expected = np.argwhere(drawn(0.2, 5, i, j)).tolist()
    assert sorted(map(list, graph(WithProbability(0.2), 5))) == expected
    assert len(graph(WithProbability(0.0), 5)) == 0 and len(graph(WithProbability(1.0), 5)) == 1200


def test_no_autapses():
    i, j = np.meshgrid(np.arange(30), np.arange(30), indexing="ij")
    rule = WithProbability(0.2, autapses=False)
    circuit = Circuit([population("a", 30)], [projection(target="a", connect=rule)])
    synapses = brian2_objects(circuit, seed=5).projections["W"]
    found = sorted(zip(synapses.i[:].tolist(), synapses.j[:].tolist(), strict=True))
    assert found == [(a, b) for a, b in np.argwhere(drawn(0.2, 5, i, j)).tolist() if a != b]


@pytest.mark.parametrize("k", [7, np.int64(7)])
def test_fixed_indegree(k):
    found = sorted(graph(FixedIndegree(k), 5), key=lambda pair: pair[::-1])
    j = np.arange(40)
    expected = [(int(30 * uniform(5, b, c)), int(b)) for b in j for c in range(7)]
    assert found == sorted(expected, key=lambda pair: pair[::-1])


def test_graphs_without_a_seed():
    assert graph(OneToOne(), 1, (5, 5)) == [(k, k) for k in range(5)]
    assert graph(AllToAll(), 1, (2, 3)) == [(a, b) for a in range(2) for b in range(3)]
    assert graph(FromArrays([2, 0, 2], [1, 1, 1]), 1, (3, 2)) == [(2, 1), (0, 1), (2, 1)]


@pytest.mark.parametrize("connect", [WithProbability(0.2), FixedIndegree(7)])
def test_the_seed_and_the_name_make_the_graph(connect):
    assert graph(connect, 5) == graph(connect, 5) != graph(connect, 6)
    assert graph(connect, 5) != graph(connect, 5, name="V")
    assert two(projection(connect=connect)).seeded_graph
    assert not two(projection(connect=AllToAll())).seeded_graph


def test_projections_do_not_disturb_each_others_graph():
    circuit = two(projection("V", connect=WithProbability(0.5)), projection(connect=WithProbability(0.2)), n=(30, 40))
    synapses = brian2_objects(circuit, seed=5).projections["W"]
    assert list(zip(synapses.i[:].tolist(), synapses.j[:].tolist(), strict=True)) == graph(WithProbability(0.2), 5)


# Transmission and learning
