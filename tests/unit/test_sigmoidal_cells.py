"""Cells that classify: what they know of their own activity, and when their bursts happen."""

import numpy as np
import pytest
from brian2 import EventMonitor, Network, ms
from scipy.special import logit

from burstnet import Circuit, Knob, Population, brian2_objects
from burstnet.cells.sigmoidal import SigmoidalParameters, hidden_cell
from burstnet.errors import ArgumentError

ACTIVITY = np.array([0.2, 0.5, 0.8, 0.97])
UNTIL = 600


def ran(own_rate="membrane", burst_delay=None, lesions=(), change=None):
    """Cells of constant activity, or of another one from 300 ms on; their events and bursts, by cell."""
    cell = hidden_cell(SigmoidalParameters(), 32.0, own_rate, burst_delay)
    knobs = (Knob("learning", 0.0), Knob("centring", 0.0))
    circuit = Circuit([Population("a", len(ACTIVITY), cell, reads=("learning", "centring"))], knobs=knobs, dt=1 * ms)
    objects = brian2_objects(circuit, seed=3, lesions=lesions)
    group = objects.populations["a"]
    read = ["spike_kind", "activity"] + (["own_rate"] if own_rate != "membrane" else [])
    events = EventMonitor(group, "event", variables=read)
    bursts = EventMonitor(group, "burst")
    group.bias = logit(ACTIVITY)
    network = Network(*objects.all(), events, bursts)
    network.run(UNTIL / 2 * ms, namespace={})
    if change is not None:
        group.bias = logit(change)
    network.run(UNTIL / 2 * ms, namespace={})

    def steps(monitor):
        return [np.rint(np.asarray(monitor.t / ms)[monitor.i == k]).astype(int) for k in range(len(ACTIVITY))]

    kept = {name: [np.asarray(getattr(events, name))[events.i == k] for k in range(len(ACTIVITY))] for name in read}
    return steps(events), steps(bursts), kept


def test_the_interval_between_events_tells_the_activity():
    """One over it, a whole number of steps, at the event that ends it; another activity is known two events later."""
    events, _, kept = ran("interval", change=ACTIVITY[::-1])
    for at, known in zip(events, kept["own_rate"], strict=True):
        assert np.allclose(known[1:], 10 / np.diff(at))
    for before, after, at, known in zip(ACTIVITY, ACTIVITY[::-1], events, kept["own_rate"], strict=True):
        first, later = known[(at > 100) & (at < 300)], known[at >= 300][2:]
        for activity, found in ((before, first), (after, later)):
            # an interval is rounded up or down to a step
            assert (abs(10 / found - 10 / activity) < 1).all()


def test_low_passed_events_are_read_without_the_bias_of_their_ripple():
    """In the middle of a jump, at intervals of a time constants, they are ``a/2/tanh(a/2)`` times the activity."""
    events, _, kept = ran("events")
    for activity, at, known in zip(ACTIVITY, events, kept["own_rate"], strict=True):
        a = 10 / activity / 50
        assert known[at > 250].mean() == pytest.approx(activity * a / 2 / np.tanh(a / 2), rel=0.02)


@pytest.mark.parametrize(
    "delay", [pytest.param(1, marks=pytest.mark.slow), 10, pytest.param(30, marks=pytest.mark.slow)]
)
def test_bursts_happen_later_than_their_events(delay):
    """None is lost where the next event comes first, nor between two that are due; events are those without a delay."""
    events, at_once, kept = ran()
    same, late, _ = ran(burst_delay=delay * ms)
    for k in range(len(ACTIVITY)):
        assert np.array_equal(events[k], same[k])
        assert np.array_equal(at_once[k], events[k][kept["spike_kind"][k] == 1])
        assert np.array_equal(late[k], at_once[k][at_once[k] + delay < UNTIL] + delay)
    assert min(map(len, late)) > 0 and np.diff(events[-1]).min() < 16


def test_a_silenced_cell_has_no_burst_left():
    events, bursts, _ = ran(burst_delay=30 * ms, lesions="a:silence@200ms..")
    assert max(at.max() for at in events) < 500 and max(at.max() for at in bursts) < 500
    assert min(len(at) for at in bursts) > 0


def test_an_unknown_source_is_refused():
    with pytest.raises(ArgumentError, match="own_rate 'intervals'.*'interval'"):
        hidden_cell(SigmoidalParameters(), 32.0, "intervals")
