"""Our objects are plain Brian2 objects in a user's own Network, and importing burstnet changes nothing in Brian2."""

import subprocess
import sys

import numpy as np
import pytest
from brian2 import (
    EventMonitor,
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    ms,
    mV,
    nF,
    nS,
    pA,
)

import burstnet
from burstnet import Circuit, Population, Projection, brian2_objects
from burstnet.cells import Fragment, Parameter, exact_isi
from burstnet.models import burstccn

BODY = Fragment(
    "body",
    equations="dv/dt = (I_ext + I - g*v)/C : volt\nI_ext : amp",
    parameters={"C": Parameter(1 * nF), "g": Parameter(50 * nS)},
    threshold="v > 10*mV",
    reset="v = 0*mV",
    ports={"soma": "I"},
)


@pytest.fixture(scope="module")
def ran():
    """A user's spike source drives our group `a`, whose events and bursts drive the user's group."""
    circuit = Circuit([Population("a", 2, BODY + exact_isi()), Population("b", 2, BODY + exact_isi())],
                      [Projection("W", "a", "b", weight=9 * pA)])  # fmt: skip
    objects = brian2_objects(circuit)
    ours = objects.populations["a"]
    source = SpikeGeneratorGroup(2, [0, 1, 0, 1, 0], [5, 5, 10, 40, 80] * ms, dt=1 * ms)
    feed = Synapses(source, ours, on_pre="v_post += 11*mV")
    feed.connect(j="i")
    theirs = NeuronGroup(2, "dx/dt = 0/second : 1\ny : 1", threshold="x > 0.5", reset="x = 0", dt=1 * ms)
    by_event = Synapses(ours, theirs, on_pre="x_post += 1", on_event="event")
    by_burst = Synapses(ours, theirs, on_pre="y_post += 1", on_event="burst")
    for synapses in (by_event, by_burst):
        synapses.connect(j="i")
    monitors = {
        "spikes": SpikeMonitor(ours),
        "events": EventMonitor(ours, "event"),
        "bursts": EventMonitor(ours, "burst"),
        "theirs": SpikeMonitor(theirs),
        "y": StateMonitor(theirs, "y", record=True),
        "I": StateMonitor(objects.populations["b"], "I_W", record=True, when="end"),
    }
    Network(*objects.all(), source, feed, theirs, by_event, by_burst, *monitors.values()).run(100 * ms)
    return monitors


def steps(monitor):
    return sorted(zip(np.round(monitor.t / ms).astype(int).tolist(), monitor.i[:].tolist(), strict=True))


def test_our_group_takes_spikes_of_a_users_group(ran):
    assert steps(ran["spikes"]) == [(6, 0), (6, 1), (11, 0), (41, 1), (81, 0)]


def test_a_users_synapses_transmit_our_events_and_bursts(ran):
    assert steps(ran["events"]) == [(6, 0), (6, 1), (41, 1), (81, 0)]
    assert steps(ran["bursts"]) == [(11, 0)]
    assert steps(ran["theirs"]) == [(step + 1, cell) for step, cell in steps(ran["events"])]
    assert np.flatnonzero(np.diff(ran["y"].y[0])).tolist() == [11] and not ran["y"].y[1].any()


def test_our_projections_work_beside_it(ran):
    current = ran["I"].I_W[0] / pA
    assert {int(step): float(current[step]) for step in np.flatnonzero(current)} == {
        6: pytest.approx(18), 41: pytest.approx(9), 81: pytest.approx(9)
    }  # fmt: skip


def test_a_users_current_drives_our_cell_by_plain_assignment():
    objects = brian2_objects(Circuit([Population("a", 2, BODY + exact_isi())]))
    ours = objects.populations["a"]
    ours.I_ext = [0, 2000] * pA
    spikes = SpikeMonitor(ours)
    Network(*objects.all(), spikes).run(100 * ms)
    assert set(spikes.i[:]) == {1} and spikes.count[1] > 5


def test_objects_are_plain_brian2_and_each_is_there_once():
    objects = brian2_objects(burstccn.circuit(sizes=3))
    assert isinstance(objects.control, NeuronGroup)
    assert all(type(group) is NeuronGroup for group in objects.populations.values())
    assert all(type(synapses) is Synapses for synapses in objects.projections.values())
    assert objects.projections["Y"] is objects.projections["W"] is objects.projections["Q"]
    everything = objects.all()
    assert len({id(thing) for thing in everything}) == len(everything)
    assert len({thing.name for thing in everything}) == len(everything)


def test_the_same_seed_gives_the_same_run_and_another_another():
    def run(seed):
        objects = brian2_objects(burstccn.circuit(sizes=5, inputs_per_cell=3), seed=seed)
        states = StateMonitor(objects.populations["output"], "V_d", record=True)
        Network(*objects.all(), states).run(10 * ms)
        return np.array(states.V_d_), np.array(objects.projections["W"].i)

    (one, graph), (again, same), (other, another) = run(1), run(1), run(2)
    assert np.array_equal(one, again) and np.array_equal(graph, same)
    assert not np.array_equal(one, other) and not np.array_equal(graph, another)


def test_bad_arguments_are_refused_before_anything_is_made():
    circuit = burstccn.circuit(sizes=2)
    values = {"input.cell.tau": 1 * ms}, {"Y.scale": 1 * mV}
    for options in ({"seed": -1}, {"seed": 1.5}, *({"values": value} for value in values)):
        with pytest.raises(burstnet.ArgumentError):
            brian2_objects(circuit, **options)


UNTOUCHED = """
import brian2


def state():
    return dict(brian2.prefs.items()), id(brian2.get_device()), float(brian2.defaultclock.dt)


before = state()
import burstnet
for name in burstnet.__all__:
    getattr(burstnet, name)
from burstnet.models import burstccn
import burstnet.targets.runtime
burstccn.circuit()
assert state() == before
"""


def test_importing_burstnet_sets_no_preference_and_no_device():
    subprocess.run([sys.executable, "-W", "ignore", "-c", UNTOUCHED], check=True)


def test_importing_burstnet_alone_does_not_import_brian2():
    code = "import sys, burstnet; assert 'brian2' not in sys.modules and 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_public_names_are_what_they_say_in_any_order():
    names = list(burstnet.__all__)
    code = "import burstnet, types\nfor name in {}: assert type(getattr(burstnet, name)) is not types.ModuleType, name"
    for order in (names, names[::-1]):
        subprocess.run([sys.executable, "-W", "ignore", "-c", code.format(order)], check=True)
    assert not hasattr(burstnet, "nothing") and dir(burstnet) == names
