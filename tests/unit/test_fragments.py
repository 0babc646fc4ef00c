"""Fragments compose or say what clashes; parameters are checked; detectors and integrator do what they say."""

from dataclasses import FrozenInstanceError, dataclass

import numpy as np
import pytest
from brian2 import (
    EventMonitor,
    Network,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    TimedArray,
    amp,
    ms,
    mV,
    nS,
    pA,
    second,
)
from brian2.equations.equations import Equations
from brian2.units.fundamentalunits import Quantity

from burstnet.cells import (
    Fragment,
    Parameter,
    ParameterSet,
    PyramidalParameters,
    SequentialEuler,
    exact_isi,
    leaky_counter,
    parameter,
    shot_noise,
    two_compartment,
)
from burstnet.circuit import Circuit, Population
from burstnet.errors import ArgumentError
from burstnet.objects import brian2_objects

MEMBRANE = Fragment(
    "membrane",
    equations="dv/dt = (E - v + R*I)/tau : volt",
    parameters={"E": Parameter(-70 * mV), "tau": Parameter(10 * ms, positive=True), "R": Parameter(1 / nS)},
    initial={"v": "E"},
    threshold="v > -50*mV",
    reset="v = E",
    ports={"soma": "I"},
)


def test_fragments_add_up():
    extra = Fragment("extra", equations="du/dt = -u/tau_u : 1", parameters={"tau_u": Parameter(1 * ms)}, reset="u += 1",
                     exact={"u": "tau_u"}, after=("u",), initial={"u": "1"})  # fmt: skip
    both = MEMBRANE + extra
    assert both.name == "membrane + extra"
    assert set(both.defined()) == {"v", "u"}
    assert list(both.parameters) == ["E", "tau", "R", "tau_u"]
    assert both.threshold == MEMBRANE.threshold
    assert both.reset == "v = E\nu += 1"
    assert both.initial == {"v": "E", "u": "1"} and both.after == ("u",) and both.exact == {"u": "tau_u"}
    assert MEMBRANE.parameters.keys() == {"E", "tau", "R"}


def test_events_and_actions_merge():
    one = Fragment("one", events={"event": "{spike}"}, on_event={"event": "a += 1", "spike": "c += 1"})
    other = Fragment("other", events={"burst": "{spike} and x > 1"}, on_event={"event": "b += 1"})
    both = one + other
    assert both.events == {"event": "{spike}", "burst": "{spike} and x > 1"}
    assert both.on_event == {"event": "a += 1\nb += 1", "spike": "c += 1"}


@pytest.mark.parametrize(
    "what, other",
    [
        ("name 'v'", Fragment("other", equations="v = 1*mV : volt")),
        ("name 'tau'", Fragment("other", parameters={"tau": Parameter(1 * ms)})),
        ("name 'E'", Fragment("other", equations="E : volt")),
        ("name 'I'", Fragment("other", equations="I = 1*pA : amp")),
        ("threshold", Fragment("other", threshold="v > 0*mV")),
        ("initial value 'v'", Fragment("other", initial={"v": "0*mV"})),
        ("port 'soma'", Fragment("other", ports={"soma": "I_other"})),
    ],
)
def test_a_clash_names_both_sides(what, other):
    with pytest.raises(ArgumentError) as caught:
        MEMBRANE + other
    assert all(part in str(caught.value) for part in (what, "'membrane'", "'other'"))


def test_two_detectors_clash():
    with pytest.raises(ArgumentError, match="both 'exact_isi' and 'leaky_counter'"):
        exact_isi() + leaky_counter()


def test_events_of_one_name_clash():
    one, other = Fragment("one", events={"event": "{spike}"}), Fragment("other", events={"event": "{spike}"})
    with pytest.raises(ArgumentError, match="event 'event' is defined by both 'one' and 'other'"):
        one + other


def test_functions_of_one_name_clash_unless_they_are_the_same():
    def f(x):
        return x

    Fragment("one", namespace={"f": f}) + Fragment("other", namespace={"f": f})
    with pytest.raises(ArgumentError, match="function 'f'"):
        Fragment("one", namespace={"f": f}) + Fragment("other", namespace={"f": lambda x: x})


def test_a_current_into_a_missing_port_is_refused_by_name():
    with pytest.raises(ArgumentError, match="Unknown port .*'dendrite'; allowed: soma"):
        Population("a", 1, MEMBRANE + exact_isi() + shot_noise())


def test_with_parameters_changes_a_copy():
    changed = MEMBRANE.with_parameters(tau=20 * ms)
    assert changed.parameters["tau"].value == 20 * ms and changed.parameters["tau"].positive
    assert MEMBRANE.parameters["tau"].value == 10 * ms
    with pytest.raises(ArgumentError, match="Unknown parameter 'tao'; .*Did you mean 'tau'?"):
        MEMBRANE.with_parameters(tao=1 * ms)
    with pytest.raises(ArgumentError, match="tau=20 mV has the wrong unit; it is measured in ms, for instance 10 ms"):
        MEMBRANE.with_parameters(tau=20 * mV)


@dataclass(frozen=True, kw_only=True)
class Two(ParameterSet):
    tau: Quantity = parameter(10 * ms, "a time", "a table", positive=True)
    gain: Quantity = parameter(0.5, "a factor")


@pytest.mark.parametrize(
    "values, says",
    [
        ({"tau": 10 * mV}, "tau=10 mV has the wrong unit; it is measured in ms, for instance 10 ms."),
        ({"tau": 10}, "tau=10 has the wrong unit; it is measured in ms, for instance 10 ms."),
        ({"gain": 1 * ms}, "gain=1 ms has the wrong unit; it is measured in no unit, for instance 0.5."),
        ({"tau": 0 * ms}, "tau=0 ms is not allowed; it must be above 0, for instance 10 ms."),
        ({"tau": -1 * ms}, "tau=-1 ms is not allowed; it must be above 0, for instance 10 ms."),
        ({"gain": float("nan")}, "gain=nan is not finite; give for instance 0.5."),
        ({"gain": float("inf")}, "gain=inf is not finite; give for instance 0.5."),
        ({"tau": "10 ms"}, "tau='10 ms' is not a single quantity; give for instance 10 ms."),
        ({"gain": True}, "gain=True is not a single quantity; give for instance 0.5."),
        ({"gain": None}, "gain=None is not a single quantity; give for instance 0.5."),
    ],
)
def test_parameter_values_are_checked(values, says):
    for make in (lambda: Two(**values), lambda: Two().replace(**values)):
        with pytest.raises(ArgumentError) as caught:
            make()
        assert str(caught.value) == says


def test_arrays_are_no_parameter_values():
    with pytest.raises(ArgumentError, match="tau=.* is not a single quantity"):
        Two(tau=[1, 2] * ms)


def test_parameter_sets_are_frozen_and_documented():
    two = Two(gain=2)
    assert two.gain == 2 and isinstance(two.gain, Quantity) and two.tau == 10 * ms
    assert two.replace(tau=1 * ms).parameters()["tau"] == Parameter(1 * ms, "a time", "a table", True)
    assert two.parameters()["gain"].value == 2 and two.declared()["gain"].value == 0.5
    with pytest.raises(FrozenInstanceError):
        two.tau = 1 * ms
    with pytest.raises(ArgumentError, match="Unknown parameter 'gian'; .*Did you mean 'gain'?"):
        two.replace(gian=1)


def test_every_cell_parameter_has_unit_meaning_and_source():
    for name, declared in PyramidalParameters.declared().items():
        assert declared.doc and declared.source, name


@pytest.mark.parametrize("option", ["adaptation_jump", "adaptation_order"])
def test_unknown_cell_options_are_refused(option):
    with pytest.raises(ArgumentError, match=f"Unknown {option} 'ful'"):
        two_compartment(**{option: "ful"})


# Detectors


def detect(detector, trains, dt=1 * ms):
    """(step, cell) of events and of bursts, and the kind of every spike, of given trains (steps, cells)."""
    given = TimedArray(trains.astype(float), dt=dt, name="given_train")
    driven = Fragment("driven", threshold="given_train(t, i) > 0.5", namespace={"given_train": given})
    circuit = Circuit([Population("cells", trains.shape[1], driven + detector)], dt=dt)
    objects = brian2_objects(circuit)
    cells = objects.populations["cells"]
    events, bursts = EventMonitor(cells, "event"), EventMonitor(cells, "burst")
    spikes = SpikeMonitor(cells, variables="spike_kind")
    Network(*objects.all(), events, bursts, spikes).run(len(trains) * dt)

    def found(monitor):
        return set(zip(np.round(monitor.t / dt).astype(int).tolist(), monitor.i[:].tolist(), strict=True))

    steps = np.round(spikes.t / dt).astype(int).tolist()
    kinds = {(step, i): int(kind) for step, i, kind in zip(steps, spikes.i[:], spikes.spike_kind, strict=True)}
    return found(events), found(bursts), kinds


def classify(train, within_burst):
    """Kind of each spike of one train: 0 event, 1 burst, 2 further; `within_burst(earlier spikes, spike)`."""
    kinds, in_burst = {}, False
    spikes = np.flatnonzero(train).tolist()
    for n, spike in enumerate(spikes):
        within = within_burst(spikes[:n], spike)
        kinds[spike] = 0 if not within else 2 if in_burst else 1
        in_burst = within
    return kinds


def by_interval(limit):
    return lambda earlier, spike: bool(earlier) and spike - earlier[-1] <= limit


def by_counter(tau):
    return lambda earlier, spike: sum(np.exp(-(spike - s) / tau) for s in earlier) >= np.exp(-1) * (1 - 1e-9)


def trains(intervals, steps=400):
    """One train per row of inter-spike intervals, the first spike at step 3."""
    found = np.zeros((steps, len(intervals)), dtype=bool)
    for cell, row in enumerate(intervals):
        found[3 + np.cumsum([0, *row]), cell] = True
    return found


CHOSEN = trains([[], [15], [16], [17], [1], [5, 16, 16, 17], [16, 17, 16], [17, 17], [1, 1, 1, 1], [10, 20],
                 [5, 22, 30], [16, 22], [16, 20], [30, 16, 40, 3]])  # fmt: skip
RANDOM = np.random.default_rng(1).random((800, 40)) < np.linspace(0.01, 0.3, 40)


@pytest.mark.parametrize(
    "detector, within, given, dt",
    [
        (exact_isi(), by_interval(16), CHOSEN, 1 * ms),
        (exact_isi(), by_interval(16), RANDOM, 1 * ms),
        (exact_isi(), by_interval(32), RANDOM, 0.5 * ms),
        (exact_isi(), by_interval(160), RANDOM, 0.1 * ms),
        (exact_isi(8 * ms), by_interval(8), RANDOM, 1 * ms),
        (leaky_counter(), by_counter(16), CHOSEN, 1 * ms),
        (leaky_counter(), by_counter(16), RANDOM, 1 * ms),
        (leaky_counter(), by_counter(160), RANDOM, 0.1 * ms),
        (leaky_counter(10 * ms), by_counter(10), RANDOM, 1 * ms),
    ],
)
def test_detectors_do_what_they_are_defined_to(detector, within, given, dt):
    events, bursts, kinds = detect(detector, given, dt)
    expected = {(step, i): kind for i in range(given.shape[1]) for step, kind in classify(given[:, i], within).items()}
    assert kinds == expected
    assert events == {key for key, kind in expected.items() if kind == 0}
    assert bursts == {key for key, kind in expected.items() if kind == 1}


@pytest.mark.parametrize("tau, dt", [(tau, dt) for tau in (5, 8, 10, 16, 20) for dt in (1, 0.5, 0.1)])
def test_an_interval_of_exactly_tau_is_inside_a_burst(tau, dt):
    steps = round(tau / dt)
    pair = np.zeros((steps + 2, 2), dtype=bool)
    pair[0] = pair[steps, 0] = pair[steps + 1, 1] = True
    _, bursts, _ = detect(leaky_counter(tau * ms), pair, dt * ms)
    assert bursts == {(steps, 0)}


def test_the_counter_needs_a_longer_silence_after_a_burst():
    events, *_ = detect(leaky_counter(), trains([[16, n] for n in range(17, 28)]))
    assert min(step - 19 for step, _ in events if step > 19) == 22
    events, *_ = detect(leaky_counter(), trains([[4, n] for n in range(17, 30)]))
    assert min(step - 7 for step, _ in events if step > 7) == 26


# Integration


def integrate(equations, method, start, steps=50, dt=1 * ms):
    group = NeuronGroup(1, equations, method=method, dt=dt, namespace={"tau": 20 * ms})
    for name, value in start.items():
        setattr(group, name, value)
    states = StateMonitor(group, list(start), record=True, when="end")
    Network(group, states).run(steps * dt)
    return {name: np.array(getattr(states, name))[0] for name in start}


RECTIFIED = "dw/dt = (u - w)/tau : 1\ndu/dt = -(u + w)/tau : 1"


@pytest.mark.parametrize("after", [(), ("w",), ("u",)])
def test_variables_after_the_others_see_their_new_values(after):
    found = integrate(RECTIFIED, SequentialEuler(after=after), {"u": 1.0, "w": 0.5})
    u, w, rows = 1.0, 0.5, []
    for _ in range(50):
        new_u, new_w = u - 0.05 * (u + w), w + 0.05 * (u - w)
        if after == ("w",):
            new_w = w + 0.05 * (new_u - w)
        if after == ("u",):
            new_u = u - 0.05 * (u + new_w)
        u, w = new_u, new_w
        rows.append((u, w))
    np.testing.assert_allclose(np.array(rows).T, [found["u"], found["w"]], rtol=1e-13)


def test_subexpressions_follow_the_order():
    equations = "double = 2*u : 1\ndu/dt = -double/tau : 1\ndw/dt = double/tau : 1"
    found = integrate(equations, SequentialEuler(after=("w",)), {"u": 1.0, "w": 0.0})
    u = 0.9 ** np.arange(1, 51)
    np.testing.assert_allclose(found["u"], u, rtol=1e-13)
    np.testing.assert_allclose(found["w"], 0.1 * np.cumsum(u), rtol=1e-13)


def test_exact_decay():
    found = integrate("du/dt = -u/tau : 1", SequentialEuler(exact={"u": "tau"}), {"u": 1.0}, dt=5 * ms)
    np.testing.assert_allclose(found["u"], np.exp(-np.arange(1, 51) / 4), rtol=1e-12)


def test_a_one_step_current_is_used_summed_and_cleared():
    method = SequentialEuler(accumulate={"total": "I", "level": "u"}, clear={"I": "amp"})
    equations = "du/dt = I/(tau*pA) : 1\nI : amp\ntotal : amp\nlevel : 1"
    found = integrate(equations, method, {"u": 0.0, "I": 3 * pA, "total": 0 * pA, "level": 0.0}, steps=3)
    np.testing.assert_allclose(found["u"], 0.15)
    np.testing.assert_array_equal(found["I"], 0)
    np.testing.assert_allclose(found["total"], 3e-12)
    np.testing.assert_allclose(found["level"], 0.15 * np.arange(1, 4))


def test_shot_noise_carries_its_charge_and_has_mean_zero():
    equations = "dq/dt = I_s : coulomb\ndr/dt = I_d : coulomb"
    body = Fragment("body", equations=equations, ports={"soma": "I_s", "dendrite": "I_d"})
    for dt in (1 * ms, 0.5 * ms):
        objects = brian2_objects(Circuit([Population("cells", 400, body + shot_noise())], dt=dt), seed=3)
        cells = objects.populations["cells"]
        Network(*objects.all()).run(0.2 * second)
        for charge, amplitude, rate in ((cells.q_[:], 300e-12, 150), (cells.r_[:], 400e-12, 300)):
            p, steps = rate * float(dt), 0.2 / float(dt)
            sd = amplitude / rate * np.sqrt(2 * steps * p * (1 - p))
            assert abs(charge.mean()) < 4 * sd / 20
            assert 0.85 * sd < charge.std() < 1.15 * sd


@pytest.mark.parametrize("shape, dt", [((5, 3), 1 * ms), ((5, 3, 2), 1 * ms), ((5, 3, 4), None)])
def test_given_uniforms_need_their_shape_and_step(shape, dt):
    with pytest.raises(ArgumentError, match=r"give shape \(steps, cells, 4\) together with dt"):
        shot_noise(uniforms=np.zeros(shape), dt=dt)


def test_given_uniforms_are_used_word_by_word():
    uniforms = np.full((4, 2, 4), 0.99)
    for word in range(4):
        uniforms[word, 0, word] = 0.0
    body = Fragment("body", equations="dq/dt = (I_s + I_d)/second/amp : 1", ports={"soma": "I_s", "dendrite": "I_d"})
    objects = brian2_objects(Circuit([Population("cells", 2, body + shot_noise(uniforms=uniforms, dt=1 * ms))]))
    cells = objects.populations["cells"]
    currents = StateMonitor(cells, ["I_s", "I_d"], record=True, when="before_groups")
    Network(*objects.all(), currents).run(4 * ms)
    soma, dendrite = 2e-9, 4e-9 / 3
    np.testing.assert_allclose(currents.I_s[0] / amp, [soma, -soma, 0, 0])
    np.testing.assert_allclose(currents.I_d[0] / amp, [0, 0, dendrite, -dendrite])
    assert not np.any(currents.I_s[1]) and not np.any(currents.I_d[1])


def test_a_step_is_written_in_one_order_whatever_the_hash_seed():
    """Brian2 keeps variables in a set; another order of sums would be another trajectory after every build."""
    equations = Equations("\n".join(f"d{name}/dt = -{name}/second : 1" for name in "qbxaz"))
    assigned = [line.split(" = ")[0] for line in SequentialEuler()(equations).splitlines()][5:]
    assert assigned == sorted(assigned)
