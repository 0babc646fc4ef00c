"""Phases one after the other, and the windows they set."""

import numpy as np
import pytest
from brian2 import Hz, Network, StateMonitor, ms, mV, pA, second

from burstnet import brian2_objects
from burstnet.cells import Fragment
from burstnet.circuit import Circuit, Population
from burstnet.control import Knob
from burstnet.errors import ArgumentError
from burstnet.timeline import Phase, Timeline

THREE = Timeline(
    [
        Phase("rest", 0.1 * second),
        Phase("teach", 0.2 * second, {"gain": 80 * pA / Hz, "learning": 1.0}),
        Phase("test", 0.3 * second, {"learning": 0.0}),
    ]
)
IDLE = Population("idle", 1, Fragment("idle", "dv/dt = I/pA/second : 1", ports={"soma": "I"}))


def test_spans_and_duration():
    assert float(THREE.duration) == 0.1 + 0.2 + 0.3
    assert THREE.span("teach") == (0.1, 0.1 + 0.2)
    assert list(THREE.spans()) == ["rest", "teach", "test"]
    assert [start for start, _ in THREE.spans().values()][1:] == [stop for _, stop in THREE.spans().values()][:-1]
    assert THREE.knobs() == ("gain", "learning")
    assert float(Timeline([]).duration) == 0


def test_a_timeline_turns_its_knobs_to_the_step():
    knobs = [Knob("gain", 0 * pA / Hz), Knob("learning", 0.5), Knob("other", 7.0)]
    objects = brian2_objects(Circuit([IDLE], knobs=knobs), THREE)
    states = StateMonitor(objects.control, ["gain", "learning", "other"], record=True, when="before_groups")
    Network(*objects.all(), states).run(THREE.duration + 50 * ms)
    steps = [100, 200, 300, 50]
    np.testing.assert_allclose(states.gain_[0], 80e-12 * np.repeat([0, 1, 0, 0], steps), rtol=1e-14)
    np.testing.assert_array_equal(states.learning_[0], np.repeat([0.5, 1, 0, 0.5], steps))
    assert np.all(states.other_ == 7)


def test_phases_of_no_length_change_nothing():
    timeline = Timeline(
        [Phase("none", 0 * second, {"k": 5.0}), Phase("one", 10 * ms, {"k": 1.0}), Phase("never", 0 * ms, {"k": 9.0}),
         Phase("two", 10 * ms, {"k": 2.0})]
    )  # fmt: skip
    objects = brian2_objects(Circuit([IDLE], knobs=[Knob("k")]), timeline)
    states = StateMonitor(objects.control, "k", record=True, when="before_groups")
    Network(*objects.all(), states).run(30 * ms)
    np.testing.assert_array_equal(states.k_[0], np.repeat([1, 2, 0], 10))


def test_many_uneven_phases_share_their_edges():
    """Sums of floats must not leave a gap or an overlap between phases."""
    phases = [Phase(f"p{k}", 0.1 * second, {"k": 1.0}) for k in range(40)]
    objects = brian2_objects(Circuit([IDLE], knobs=[Knob("k", slots=40)], dt=0.1 * ms), Timeline(phases))
    for n in range(40):
        assert getattr(objects.control, f"k_start_{n}") == 1000 * n
        assert getattr(objects.control, f"k_stop_{n}") == 1000 * (n + 1)


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: Phase("a", 5), "duration of phase 'a'=5 has the wrong unit; it is measured in s"),
        (lambda: Phase("a", 5 * mV), "duration of phase 'a'=5 mV has the wrong unit"),
        (lambda: Phase("a", -1 * second), "duration of phase 'a'=.* is not allowed; it is at least 0 s"),
        (lambda: Phase("a", float("inf") * second), "duration of phase 'a'=.* is not finite"),
        (lambda: Timeline([Phase("a", 1 * ms), Phase("a", 1 * ms)]), "phase 'a' is there twice"),
        (lambda: THREE.span("tesk"), "Unknown phase 'tesk'; allowed: rest, teach, test. Did you mean 'test'?"),
        (lambda: brian2_objects(Circuit([IDLE], knobs=[Knob("gian")]), THREE), "Unknown knob 'gain'; allowed: gian"),
        (lambda: brian2_objects(Circuit([IDLE], knobs=[Knob("gain"), Knob("learning")]), THREE),
         "gain window amount=80 pA/Hz has the wrong unit; it is measured in no unit"),
        (lambda: brian2_objects(Circuit([IDLE], knobs=[Knob("k")]), Timeline([Phase("a", 1 * ms, {"k": "1"})])),
         "k window amount='1' is not a single quantity"),
    ],
)  # fmt: skip
def test_arguments_are_checked(make, says):
    with pytest.raises(ArgumentError, match=says):
        make()
