"""Knobs, windows and read-outs: the values that cells see, exact to the step."""

import numpy as np
import pytest
from brian2 import EventMonitor, Hz, Network, StateMonitor, TimedArray, ms, mV, pA, second

from burstnet import brian2_objects
from burstnet.cells import Fragment, Parameter, exact_isi, leaky_counter
from burstnet.circuit import Circuit, Population
from burstnet.control import Knob, Readout, Signal, Window
from burstnet.errors import ArgumentError
from burstnet.timeline import Phase, Timeline

IDLE = Population("idle", 1, Fragment("idle", "dv/dt = I/pA/second : 1", ports={"soma": "I"}))
STEPS = 60


def values(knob, windows, steps=STEPS, dt=1 * ms, **settings):
    """The knob in each step, as the cells of that step see it."""
    objects = brian2_objects(Circuit([IDLE], knobs=[knob], dt=dt), values=settings)
    for name, value in knob.values(tuple(windows), dt).items():
        if not name.endswith("_default"):
            setattr(objects.control, name + "_", value)
    states = StateMonitor(objects.control, knob.name, record=True, when="before_groups")
    Network(*objects.all(), states).run(steps * dt)
    # A copy: since Brian2 2.10 what a monitor hands out does not outlive it.
    return np.array(getattr(states, f"{knob.name}_")[0])


def test_a_knob_has_its_default_outside_every_window():
    assert np.all(values(Knob("k", 3 * pA), []) == 3e-12)
    assert np.all(values(Knob("k", 3 * pA, slots=0), []) == 3e-12)
    assert np.all(values(Knob("k", 3 * pA), [], **{"k.default": 5 * pA}) == 5e-12)


def test_a_window_holds_from_its_start_up_to_its_stop():
    found = values(Knob("k", 1.0), [Window(4.0, 10 * ms, 20 * ms), Window(-2.0, 20 * ms, 21 * ms)])
    expected = np.ones(STEPS)
    expected[10:20], expected[20] = 4, -2
    np.testing.assert_array_equal(found, expected)


def test_edges_of_a_run():
    assert np.all(values(Knob("k"), [Window(1.0, 0 * ms)]) == 1)
    assert np.all(values(Knob("k"), [Window(1.0, 0 * ms, STEPS * ms)]) == 1)
    assert np.all(values(Knob("k"), [Window(1.0, STEPS * ms)]) == 0)
    assert np.all(values(Knob("k"), [Window(1.0, 10 * ms, 10 * ms)]) == 0)
    assert np.flatnonzero(values(Knob("k"), [Window(1.0, 59 * ms)])).tolist() == [59]


@pytest.mark.parametrize("dt", [1 * ms, 0.5 * ms, 0.1 * ms])
def test_windows_are_exact_at_any_step(dt):
    steps = round(30 * ms / dt)
    found = values(Knob("k"), [Window(1.0, 10 * ms, 20.3 * ms), Window(2.0, 20.3 * ms, 25 * ms)], steps, dt)
    edges = [round(t * ms / dt) for t in (10, 20.3, 25)]
    expected = np.zeros(steps)
    expected[edges[0] : edges[1]], expected[edges[1] : edges[2]] = 1, 2
    np.testing.assert_array_equal(found, expected)


def test_windows_late_in_a_long_run_are_exact():
    start, stop, _ = Window(1.0, 99_999.9999 * second, 100_000 * second).steps(0.1 * ms)
    assert (start, stop) == (999_999_999, 1_000_000_000)


@pytest.mark.parametrize(
    "combine, both",
    [("add", lambda default, a, b: default + a + b), ("multiply", lambda default, a, b: default * a * b)],
)
def test_adding_and_multiplying_windows_may_overlap(combine, both):
    knob = Knob("k", 2 * pA, combine=combine)
    unit, neutral = (1e-12, 0) if combine == "add" else (1, 1)
    amount = pA if combine == "add" else 1
    found = values(knob, [Window(3 * amount, 10 * ms, 30 * ms), Window(0.5 * amount, 20 * ms, 40 * ms)])
    t = np.arange(STEPS)
    a, b = np.where((t >= 10) & (t < 30), 3, neutral), np.where((t >= 20) & (t < 40), 0.5, neutral)
    np.testing.assert_allclose(found, both(2e-12, a * unit, b * unit), rtol=1e-14)


def test_an_amount_comes_in_linearly():
    found = values(Knob("k", 1.0), [Window(5.0, 10 * ms, 30 * ms, onset=8 * ms)])
    rising = 1 + 4 * np.arange(1, 9) / 8
    expected = np.concatenate([np.ones(10), rising, np.full(12, 5.0), np.ones(30)])
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    halved = values(Knob("k", 1.0), [Window(5.0, 10 * ms, 30 * ms, onset=8 * ms)], 120, 0.5 * ms)
    np.testing.assert_allclose(halved[1::2], expected, rtol=1e-14)
    damped = values(Knob("k", 2.0, combine="multiply"), [Window(0.0, 10 * ms, onset=4 * ms)])
    np.testing.assert_allclose(damped[9:15], [2, 1.5, 1, 0.5, 0, 0])


def test_too_many_windows_say_how_many_slots_to_build():
    windows = tuple(Window(1.0, k * second, (k + 1) * second) for k in range(3))
    with pytest.raises(ArgumentError, match="knob 'k' has 3 windows, but room for 2; build it with slots=3"):
        Knob("k", slots=2).values(windows, 1 * ms)
    with pytest.raises(ArgumentError, match="slots=3"):
        timeline = Timeline([Phase(f"p{k}", 1 * second, {"k": 1.0}) for k in range(3)])
        brian2_objects(Circuit([IDLE], knobs=[Knob("k", slots=2)]), timeline)


@pytest.mark.parametrize(
    "spans", [((0, 20), (10, 30)), ((10, 30), (0, 20)), ((0, 50), (10, 20)), ((0, None), (10, 20))]
)
def test_replacing_windows_must_not_overlap(spans):
    windows = tuple(Window(1.0, a * ms, b if b is None else b * ms) for a, b in spans)
    with pytest.raises(ArgumentError, match="windows of knob 'k' overlap"):
        Knob("k").values(windows, 1 * ms)
    Knob("k", combine="add").values(windows, 1 * ms)


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: Window(1.0, -1 * ms), "start of a window=-1 ms is not allowed; it is at least 0 s"),
        (lambda: Window(1.0, 1 * mV), "start of a window=1 mV has the wrong unit"),
        (lambda: Window(1.0, 1), "start of a window=1 has the wrong unit"),
        (lambda: Window(1.0, 0 * ms, 5), "stop of a window=5 has the wrong unit"),
        (lambda: Window(1.0, 0 * ms, 5 * ms, -1 * ms), "onset of a window=-1 ms is not allowed"),
        (lambda: Window(1.0, 0 * ms, 5 * ms, 1 * Hz), "onset of a window=1 Hz has the wrong unit"),
        (lambda: Window(1.0, 9 * ms, 5 * ms).steps(1 * ms), "needs start <= stop"),
        (lambda: Knob("k", combine="times"), "combine='times' is not allowed; use one of replace, add, multiply"),
        (lambda: Knob("k", slots=-1), "slots=-1 of knob 'k' is not allowed"),
        (lambda: Knob("k", slots=2.5), "slots=2.5 of knob 'k' is not allowed"),
        (lambda: Knob("k", 1 * pA).values((Window(1.0, 0 * ms),), 1 * ms), "k window amount=1 has the wrong unit"),
        (lambda: Knob("k").values((Window("1", 0 * ms),), 1 * ms), "k window amount='1' is not a single quantity"),
        (lambda: Knob("k").values((Window(float("nan"), 0 * ms),), 1 * ms), "k window amount=nan is not finite"),
        (lambda: Readout(1 * mV), "tau of a readout=1 mV has the wrong unit"),
        (lambda: Readout(0 * ms), "tau of a readout=0 ms is not allowed; it must be above 0"),
        (lambda: Readout(baseline=1 * mV), "baseline of a readout=1 mV has the wrong unit"),
    ],
)
def test_arguments_are_checked(make, says):
    with pytest.raises(ArgumentError, match=says):
        make()


def test_a_multiplying_window_is_a_plain_factor():
    with pytest.raises(ArgumentError, match="k window amount=2 pA has the wrong unit; it is measured in no unit"):
        Knob("k", 1 * pA, combine="multiply").values((Window(2 * pA, 0 * ms),), 1 * ms)


# Signals and read-outs


def test_signals_are_computed_in_order_and_reach_a_port_in_the_same_step():
    body = Fragment("body", "dq/dt = I : coulomb", ports={"soma": "I"})
    cell = Population("cell", 2, body, inject={"soma": "second_one"})
    signals = [
        Signal("first_one", "gain*2*amplitude", 1 * pA, {"amplitude": Parameter(3 * pA)}),
        Signal("second_one", "first_one + 1*pA", 1 * pA),
    ]
    circuit = Circuit([cell], knobs=[Knob("gain", 0.0)], signals=signals)
    timeline = Timeline([Phase("off", 10 * ms), Phase("on", 10 * ms, {"gain": 1.0}), Phase("end", 5 * ms)])
    objects = brian2_objects(circuit, timeline, values={"first_one.amplitude": 5 * pA})
    charge = StateMonitor(objects.populations["cell"], "q", record=True, when="end")
    Network(*objects.all(), charge).run(timeline.duration)
    current = np.diff(charge.q_[1], prepend=0) / 1e-3
    np.testing.assert_allclose(current, 1e-12 * np.repeat([1, 11, 1], [10, 10, 5]), rtol=1e-9)


@pytest.fixture(scope="module", params=[exact_isi, leaky_counter])
def read(request):
    """Counts per step and the read-out's traces of 5 cells with given spikes; dt = 0.5 ms, tau = 200 ms."""
    steps, n, dt = 1500, 5, 0.5 * ms
    train = np.random.default_rng(4).random((steps, n)) < 0.03
    train[:40] = train[500:900] = False
    spikes = TimedArray(train.astype(float), dt=dt, name="readout_train")
    cell = Fragment("driven", threshold="readout_train(t, i) > 0.5", namespace={"readout_train": spikes})
    circuit = Circuit([Population("cells", n, cell + request.param(), readout=Readout(200 * ms, 0.4))], dt=dt)
    objects = brian2_objects(circuit)
    monitors = {kind: EventMonitor(objects.populations["cells"], kind) for kind in ("event", "burst")}
    names = [f"cells_{kind}_{what}" for kind in monitors for what in ("rate", "average", "total")]
    names.append("cells_burst_probability")
    states = StateMonitor(objects.control, names, record=True, when="end")
    after_control = StateMonitor(objects.control, names, record=True, when="before_groups")
    Network(*objects.all(), *monitors.values(), states, after_control).run(steps * dt)
    counts = {kind: np.bincount(np.round(m.t / dt).astype(int), minlength=steps) for kind, m in monitors.items()}
    return counts, after_control, states


@pytest.mark.parametrize("kind", ["event", "burst"])
def test_rates_are_counts_of_the_step_before(read, kind):
    counts, found, at_end = read
    before = np.concatenate([[0], counts[kind][:-1]])
    assert before.sum() > 20
    np.testing.assert_allclose(getattr(found, f"cells_{kind}_rate_")[0], before / (5 * 0.5e-3), rtol=1e-12)
    np.testing.assert_array_equal(getattr(found, f"cells_{kind}_total_")[0], np.cumsum(before))
    np.testing.assert_array_equal(getattr(at_end, f"cells_{kind}_total_")[0], np.cumsum(counts[kind]))


def averaged(counts):
    average, found = 0.0, []
    for count in [0, *counts[:-1]]:
        average += 0.5e-3 / 0.2 * (count / (5 * 0.5e-3) - average)
        found.append(average)
    return np.array(found)


def test_moving_averages_and_burst_probability(read):
    counts, found, _ = read
    event, burst = averaged(counts["event"]), averaged(counts["burst"])
    np.testing.assert_allclose(found.cells_event_average_[0], event, rtol=1e-12)
    np.testing.assert_allclose(found.cells_burst_average_[0], burst, rtol=1e-12)
    p = np.where(event > 0, burst / np.where(event > 0, event, 1), 0.4)
    np.testing.assert_allclose(found.cells_burst_probability_[0], p, rtol=1e-12)
    assert np.all(p[:40] == 0.4) and len(np.unique(p)) > 100
