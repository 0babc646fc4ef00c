"""Plain Brian2 objects in a circuit: compiled with it, lesioned beside it, refused where a target would drop them."""

import numpy as np
import pytest
from brian2 import NetworkOperation, NeuronGroup, SpikeMonitor, Synapses, ms, mV, pA, second
from support import needs_compiler

from burstnet import ArgumentError, Circuit, Phase, Population, Projection, Timeline, compile
from burstnet.models import burstccn

TIMELINE = Timeline([Phase("all", 1 * second)])
EQUATIONS = "dv/dt = (1.2 - v)/tau : 1"


def background(objects):
    """Twenty leaky cells that fire at once and at random, and depolarise `a`."""
    clock = objects.control.clock
    cells = NeuronGroup(20, EQUATIONS, threshold="v > 1 or rand() < 0.005", reset="v = 0", method="euler",
                        namespace={"tau": 20 * ms}, clock=clock, name="background")  # fmt: skip
    feed = Synapses(cells, objects.populations["a"], on_pre="V_s_post += 3*mV", clock=clock, name="feed")
    feed.connect(j="i")
    return [cells, feed, SpikeMonitor(cells, name="heard")]


def later(objects):
    """The same, from another initial value."""
    things = background(objects)
    things[0].v = 0.5
    return things


def circuit(*beside):
    cell = burstccn.cell()
    return Circuit(
        [Population("a", 20, cell), Population("b", 20, cell)],
        [Projection("W", "a", "b", weight=900 * pA)],
        beside=beside,
    )


@pytest.mark.parametrize("target", ["numpy", pytest.param("cpp", marks=needs_compiler)])
def test_it_runs_with_the_circuit_and_the_seed_is_its_seed_too(target):
    compiled = compile(circuit(background), TIMELINE, target)
    one, again, hurt = compiled.run([1, 2]), compiled.run([1, 2]), compiled.run(1, lesions="a:silence@0.5s..")
    assert one.data.equals(again.data)
    number = one.data["heard_number"].values
    assert (number > 300).all() and number[0] != number[1] and len(one.data["heard_t"]) == number.sum()
    alone = compile(circuit(), TIMELINE, target).run(1)
    assert len(one.spikes("a", 1)[0]) > 1.2 * len(alone.spikes("a", 1)[0])  # the control without it fires less
    times, _ = hurt.spikes("a", 1)
    before = times[times < 0.5]
    assert len(before) and times.max() < 0.5 and np.array_equal(before, one.spikes("a", 1)[0][: len(before)])


@needs_compiler
def test_the_build_is_found_again_and_another_object_is_another_build():
    assert compile(circuit(background), TIMELINE, "cpp").build_s >= 0
    assert compile(circuit(background), TIMELINE, "cpp").build_s == 0
    keys = {compile(circuit(*functions), TIMELINE, "cpp").program.key for functions in ((), (background,), (later,))}
    assert len(keys) == 3


def unnamed(objects):
    return NeuronGroup(2, "v : 1", clock=objects.control.clock)


def own_clock(objects):
    return NeuronGroup(2, "v : 1", name="x")


def python_between_steps(objects):
    return NetworkOperation(lambda: None, clock=objects.control.clock, name="x")


def taken(objects):
    return NeuronGroup(2, "v : 1", clock=objects.control.clock, name="a")


def unknown_value(objects):
    return NeuronGroup(2, "dv/dt = -v/missing : 1", method="euler", clock=objects.control.clock, name="x")


@pytest.mark.parametrize(
    ("function", "part"),
    [
        (unnamed, "a name of its own"),
        (own_clock, "clock=objects.control.clock"),
        (python_between_steps, "would drop"),
        (taken, "there already"),
        (unknown_value, "namespace="),
        (lambda objects: 3, "return a list of Brian2 objects"),
    ],
)
def test_what_is_refused(function, part):
    with pytest.raises(ArgumentError, match=part):
        compile(circuit(function), TIMELINE, "numpy").run(1)


def test_beside_must_be_a_function():
    with pytest.raises(ArgumentError, match="functions that return"):
        circuit(3 * mV)
