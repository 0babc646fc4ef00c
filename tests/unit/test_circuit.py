"""Circuits: names and references, what a description holds, settable names, graphs, plastic and tied weights."""

import json

import numpy as np
import pytest
from brian2 import Hz, Network, StateMonitor, TimedArray, ms, mV, pA, second
from small_circuits import BODY, CELL, population, projection, two

from burstnet import brian2_objects
from burstnet.cells import Fragment, Parameter, exact_isi, shot_noise
from burstnet.circuit import Circuit, Population
from burstnet.control import Knob, Readout, Signal
from burstnet.errors import ArgumentError
from burstnet.models import burstccn
from burstnet.plasticity import BurstDependent
from burstnet.synapses import AllToAll, FixedIndegree, FromArrays, WithProbability


@pytest.mark.parametrize("name", ["", "1a", "a-b", "a b", "a.b", "control", "i", "t", "N", "_a", "é", None, 3])
def test_names_are_words(name):
    for make in (population, projection, lambda name: Circuit([population()], knobs=[Knob(name)])):
        with pytest.raises(ArgumentError, match="name .* is not allowed; use letters, digits and underscores"):
            make(name)


@pytest.mark.parametrize("name", ["ms", "exp", "clip", "pi", "xi", "lambda", "target_post"])
def test_words_of_brian2_are_no_knobs_or_signals(name):
    for options in ({"knobs": [Knob(name)]}, {"signals": [Signal(name, "1")]}):
        with pytest.raises(ArgumentError, match="not a word Brian2 keeps"):
            two(**options)


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: Circuit([population(), population()]), "name 'a' is used by both"),
        (lambda: two(projection("a")), "name 'a' is used by both a population and a projection"),
        (lambda: two(projection("k"), knobs=[Knob("k")]), "name 'k' is used by both a projection and a knob"),
        (lambda: two(knobs=[Knob("k")], signals=[Signal("k", "1")]), "name 'k' is used by both a knob and a signal"),
        (lambda: Circuit([]), "a circuit has at least one"),
        (lambda: two(projection(source="c")), "Unknown population 'c'; allowed: a, b"),
        (lambda: two(projection(target="bb")), "Unknown population 'bb'; allowed: a, b. Did you mean 'b'?"),
        (lambda: two(projection(port="some")), "Unknown port of 'b' .*'some'; allowed: soma. Did you mean 'soma'?"),
        (lambda: population(inject={"dendrite": "k"}), "Unknown port of 'a' 'dendrite'; allowed: soma"),
        (lambda: Circuit([population(inject={"soma": "k"})]), "Unknown signal injected into 'a' 'k'; allowed: none"),
        (lambda: two(projection(gain="gian"), knobs=[Knob("gain")]), "Unknown knob of .*'gian'.*Did you mean 'gain'?"),
        (lambda: two(projection(tied_to="V", weight=None)), "Unknown projection 'V'"),
        (lambda: two(projection(on="bursts")), "Unknown event .*'bursts'; .*Did you mean 'burst'?"),
    ],
)
def test_references_are_checked(make, says):
    with pytest.raises(ArgumentError, match=says):
        make()


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: population(n=0), "a.n=0 is not allowed"),
        (lambda: population(n=2.0), "a.n=2.0 is not allowed"),
        (lambda: population(n=True), "a.n=True is not allowed"),
        (lambda: population(cell=BODY, readout=Readout()), "has a readout, but its cell has no 'event'"),
        (lambda: two(dt=1 * mV), "dt=1. mV is not allowed"),
        (lambda: two(dt=0 * ms), "dt=.* is not allowed; give a time above 0"),
        (lambda: two(projection(weight=1 * mV)), "weight=1. mV has the wrong unit; it is a current"),
        (lambda: two(projection(weight=1.0)), "weight=1.0 has the wrong unit; it is a current"),
        (lambda: two(projection(source=5 * pA, weight=5 * pA)), "has the wrong unit; it is a plain factor"),
        (lambda: projection(source=5 * mV, weight=1.0), "source of projection 'W'=5 mV has the wrong unit"),
        (lambda: projection(weight=None), "needs either weight or tied_to"),
        (lambda: projection(tied_to="V"), "needs either weight or tied_to"),
        (lambda: projection(delay=-1 * ms), "delay=-1. ms is not allowed"),
        (lambda: projection(delay=1 * mV), "delay=1. mV is not allowed; it is a time"),
        (lambda: projection(pulse=1), "pulse=1 is not allowed; it is a time above 0"),
        (lambda: projection(pulse=0 * ms), "pulse=.* is not allowed; it is a time above 0"),
        (lambda: projection(scale=2 * mV), "scale of projection 'W'=2 mV has the wrong unit"),
        (lambda: two(projection(weight=np.ones(5) * pA)), r"shape \(5,\) are not allowed; give 12, one for each conn"),
        (lambda: two(projection(source=1 * pA, weight=np.ones(5))), r"shape \(5,\) are not allowed; give 4, one for"),
        (lambda: two(projection(weight=np.ones(4) * pA, connect=FixedIndegree(1))), "the seed draws the connections"),
        (lambda: two(projection(gain="k"), knobs=[Knob("k", 1 * mV)]), "measured in volt; give a plain factor"),
        (lambda: Circuit([population(inject={"soma": "k"})], knobs=[Knob("k", 1 * Hz)]), "hertz; give a current"),
        (lambda: Circuit([population(cell=BODY), population("b")], [projection()]), "'a' has no detector of them"),
        (lambda: Circuit([population(cell=Fragment("x", threshold="i > 9", ports={"soma": "I"}))],
                         [projection(target="a", on="spike")]), "no differential equation"),
    ],
)  # fmt: skip
def test_values_are_checked(make, says):
    with pytest.raises(ArgumentError, match=says):
        make()


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: two(projection("tau", source=1 * pA, weight=1.0)), None),
        (lambda: Circuit([population(cell=CELL + Fragment("x", equations="I_W : amp"))], [projection(target="a")]),
         "'I_W' of group 'a' is defined by both cell 'body .* and projection 'W'"),
        (lambda: Circuit([population(inject={"soma": "G"})], knobs=[Knob("G", 1 * pA)]),
         "'G' of group 'a' is defined by both cell 'body .* and knob or signal"),
        (lambda: two(knobs=[Knob("a_tau")]), "'a_tau' of group 'control' is defined by both readout of 'a' and knob"),
        (lambda: two(signals=[Signal("x", "k", 1, {"k": Parameter(1.0)}), Signal("y", "k", 1, {"k": Parameter(1.0)})]),
         "'k' of group 'control' is defined by both signal 'x' and signal 'y'"),
    ],
)  # fmt: skip
def test_no_variable_is_defined_twice(make, says):
    if says is None:
        make()
        return
    with pytest.raises(ArgumentError, match=says):
        make()


def plastic(**options):
    return projection(plasticity=BurstDependent(**dict(eta=1 * pA / ms, w_min=0 * pA, w_max=5 * pA) | options))


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: two(plastic(eta=1.0)), "eta=1.0 has the wrong unit"),
        (lambda: two(plastic(w_min=0.0, w_max=1.0)), "w_min=0.0 is not in the unit of its weight, amp"),
        (lambda: plastic(w_max=1 * mV), "w_min=.* and w_max=.* have different units"),
        (lambda: plastic(w_max=-1 * pA), "w_max=-1. pA is not allowed; it must be at least w_min"),
        (lambda: plastic(p_b=1 * Hz), "p_b=1 Hz has the wrong unit"),
        (lambda: plastic(tau_trace=0 * ms), "tau_trace=0 ms is not allowed"),
        (lambda: two(plastic(learning="x")), "Unknown knob of projection 'W' 'x'"),
        (lambda: Circuit([population(), population("b", cell=BODY)], [plastic()]), "'b' has no detector"),
    ],
)
def test_plasticity_is_checked(make, says):
    with pytest.raises(ArgumentError, match=says):
        make()


@pytest.mark.parametrize(
    "tied, says",
    [
        (projection("Y", "a", "b", weight=None, tied_to="W"), "cannot be tied to 'W'; it needs a spiking one"),
        (projection("Y", "b", "a", weight=None, tied_to="X"), "cannot be tied to 'X'"),
        (projection("Y", "b", "a", weight=None, tied_to="Q"), "cannot be tied to 'Q'"),
    ],
)
def test_a_tied_projection_runs_against_a_spiking_one(tied, says):
    others = [
        projection(),
        projection("X", source=1 * pA, weight=1.0),
        projection("Q", "b", "a", weight=None, tied_to="W"),
    ]
    with pytest.raises(ArgumentError, match=says):
        two(*others, tied)


def test_a_tied_projection_has_no_plasticity_of_its_own():
    rule = BurstDependent(eta=1 * pA / ms, w_min=0 * pA, w_max=5 * pA)
    with pytest.raises(ArgumentError, match="'Y' is tied to 'W': it learns with it"):
        projection("Y", "b", "a", weight=None, tied_to="W", plasticity=rule)


def described(**changes):
    options = dict(n=3, cell=CELL, weight=1 * pA, scale=1.0, eta=1 * pA / ms, delay=0 * ms, default=1.0, slots=2,
                   connect=AllToAll(), p_b=0.3, w_min=0 * pA, w_max=5 * pA, tau_trace=20 * ms, tau=1 * second,
                   baseline=0.4, offset=1 * pA, drive=1 * pA, drive_weight=0.5, on="event", combine="replace",
                   expression="offset", dt=1 * ms) | changes  # fmt: skip
    o = type("Options", (), options)
    rule = BurstDependent(eta=o.eta, p_b=o.p_b, w_min=o.w_min, w_max=o.w_max, tau_trace=o.tau_trace, learning="k")
    circuit = Circuit(
        [
            population("a", o.n, o.cell, readout=Readout(o.tau, o.baseline), inject={"soma": "x"}),
            population("b", 4),
        ],
        [
            projection(weight=o.weight, scale=o.scale, delay=o.delay, connect=o.connect, on=o.on, plasticity=rule),
            projection("drive", o.drive, "a", weight=o.drive_weight),
        ],
        [Knob("k", o.default, o.slots, o.combine)],
        [Signal("x", o.expression, 1 * pA, {"offset": Parameter(o.offset)})],
        o.dt,
    )
    return circuit.describe()


PLAIN = described()
PAIRS = dict(i=np.arange(3), j=np.arange(3))


def noisy(uniforms):
    body = Fragment("body", "dv/dt = (I + J)/nF : volt", threshold="v > 1*mV", ports={"soma": "I", "dendrite": "J"})
    return body + exact_isi() + shot_noise(uniforms=uniforms, dt=1 * ms)


def test_a_description_is_json_and_equal_for_equal_circuits():
    assert json.loads(json.dumps(PLAIN)) == described()
    assert json.dumps(PLAIN) == json.dumps(described(n=np.int64(3), slots=np.int64(2)))
    model = burstccn.circuit().describe()
    assert json.loads(json.dumps(model)) == model == burstccn.circuit().describe()


@pytest.mark.parametrize(
    "change",
    [
        dict(cell=CELL.with_parameters(tau=20 * ms)),
        dict(weight=2 * pA),
        dict(scale=2.0),
        dict(eta=0 * pA / ms),
        dict(default=0.0),
        dict(default=0),
        dict(default=1),
        dict(p_b=0),
        dict(p_b=1),
        dict(w_min=-1 * pA),
        dict(w_max=9 * pA),
        dict(tau=2 * second),
        dict(baseline=1),
        dict(offset=2 * pA),
        dict(drive=2 * pA),
        dict(drive_weight=1),
        dict(tau_trace=10 * ms),
    ],
    ids=str,
)
def test_another_value_is_no_other_program(change):
    assert described(**change) == PLAIN


@pytest.mark.parametrize(
    "change",
    [
        dict(n=5),
        dict(cell=CELL + Fragment("x", equations="u : 1")),
        dict(cell=CELL + Fragment("x", parameters={"u": Parameter(1 * ms)})),
        dict(weight=np.arange(12) * pA),
        dict(drive_weight=np.ones(3)),
        dict(delay=1 * ms),
        dict(connect=FixedIndegree(2)),
        dict(slots=3),
        dict(on="burst"),
        dict(combine="multiply"),
        dict(expression="2*offset"),
        dict(dt=0.5 * ms),
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_structure_is_another_program(change):
    assert described(**change) != PLAIN


@pytest.mark.parametrize(
    "one, other",
    [
        (dict(connect=FixedIndegree(2)), dict(connect=FixedIndegree(3))),
        (dict(connect=WithProbability(0.5)), dict(connect=WithProbability(0.25))),
        (dict(connect=FromArrays(**PAIRS)), dict(connect=FromArrays(PAIRS["i"], PAIRS["j"][::-1]))),
        (dict(drive_weight=np.ones(3)), dict(drive_weight=np.array([1, 1, 2.0]))),
        (dict(weight=np.ones(12) * pA), dict(weight=2 * np.ones(12) * pA)),
        (dict(cell=noisy(np.zeros((9, 3, 4)))), dict(cell=noisy(np.full((9, 3, 4), 0.5)))),
        (dict(cell=noisy(np.zeros((9, 3, 4)))), dict(cell=noisy(np.zeros((10, 3, 4))))),
    ],
)
def test_the_contents_of_arrays_make_the_program(one, other):
    assert described(**one) == described(**one)
    assert described(**one) != described(**other)


def test_the_source_of_a_function_makes_the_program():
    from brian2.core.functions import Function

    def with_function(code):
        f = Function(lambda x: x, arg_units=[1], return_unit=1)
        f.implementations.add_implementation("cpp", code)
        return described(cell=CELL + Fragment("f", "u = f(1.0) : 1", namespace={"f": f}))

    code = "double f(double x) { return x; }"
    assert with_function(code) == with_function(code) != with_function(code.replace("x; ", "2*x; "))


# Settable names


def test_settable_names():
    names = burstccn.circuit(areas=3, sizes=4).arguments()
    for name in """
        input.cell.tau_s hidden1.cell.b output.cell.isi_limit output.cell.noise_s input.readout.tau
        drive.weight drive.current drive.eta drive.p_b drive.w_min drive.w_max W1.weight W1.scale Y1.scale Q2.scale
        input_soma_bias.input_soma_offset output_dendrite_bias.output_slope learning.default
    """.split():
        assert name in names
    assert (names["Y1.scale"].owner, names["Y1.scale"].variable) == ("W1", "scale_Y1")
    assert not any(name.startswith(("Y1.weight", "Q1.weight")) for name in names)


def test_values_are_replaced_by_name_and_checked():
    circuit = burstccn.circuit(sizes=4)
    changed = circuit.replace_values({"input.cell.tau_s": 20 * ms, "Y.scale": 2, "drive.eta": 0 / (pA * second)})
    plain = circuit.replace_values({})
    different = {name: value for name, value in changed.items() if value != plain[name]}
    assert different == {"input.tau_s": 0.02, "W.scale_Y": 2, "input.eta_drive": 0}
    for name, value, says in (
        ("input.cell.tau", 1 * ms, "Unknown parameter 'input.cell.tau'; .*Did you mean 'input.cell.tau"),
        ("input.cell.tau_s", 1 * mV, "input.cell.tau_s=1 mV has the wrong unit"),
        ("input.cell.tau_s", -1 * ms, "input.cell.tau_s=-1 ms is not allowed"),
        ("Y.scale", "2", "Y.scale='2' is not a single quantity"),
    ):
        with pytest.raises(ArgumentError, match=says):
            circuit.replace_values({name: value})


def test_every_settable_name_reaches_the_objects():
    circuit = burstccn.circuit(sizes=2)
    values = {name: float(a.parameter.value) * 0.5 + 0.25 for name, a in circuit.arguments().items()}
    from brian2.units.fundamentalunits import Quantity

    given = {name: Quantity(values[name], dim=a.parameter.value.dim) for name, a in circuit.arguments().items()}
    objects = brian2_objects(circuit, values=given)
    owners = {"control": objects.control, **objects.populations, **objects.projections}
    for name, argument in circuit.arguments().items():
        group = owners[argument.owner]
        assert float(np.asarray(getattr(group, argument.variable + "_"))) == values[name], name
    assert np.all(objects.populations["input"].w_drive == values["drive.weight"])


# Graphs


def driven(name, train):
    given = TimedArray(np.asarray(train, dtype=float), dt=1 * ms, name=f"train_{name}")
    body = Fragment(
        "driven",
        equations="dq/dt = I/pA/second : 1",
        threshold=f"train_{name}(t, i) > 0.5",
        namespace={f"train_{name}": given},
        ports={"soma": "I"},
    )
    return Population(name, train.shape[1], body + exact_isi())


def kinds(train, limit=16):
    """0 at an event, 1 at a burst, 2 at a further spike of a burst, -1 without spike; shape of `train`."""
    found = np.full(train.shape, -1)
    for cell in range(train.shape[1]):
        last, in_burst = -1e9, False
        for step in np.flatnonzero(train[:, cell]):
            within = step - last <= limit
            found[step, cell] = (1 + in_burst) if within else 0
            last, in_burst = step, within
    return found


STEPS = 300
LOW, HIGH = (np.random.default_rng(seed).random((STEPS, n)) < 0.06 for seed, n in ((1, 3), (2, 4)))
LOW_KINDS, HIGH_KINDS = kinds(LOW), kinds(HIGH)


def watch(circuit, owner, names, **options):
    objects = brian2_objects(circuit, **options)
    group = {**objects.populations, **objects.projections}[owner]
    states = StateMonitor(group, names, record=True, when="end")
    Network(*objects.all(), states).run(STEPS * ms)
    # Copies: since Brian2 2.10 what a monitor hands out does not outlive it.
    return [np.array(getattr(states, f"{name}_")).T for name in names]


@pytest.mark.parametrize("on, chosen", [("event", LOW_KINDS == 0), ("burst", LOW_KINDS == 1), ("spike", LOW)])
def test_what_transmits_and_when(on, chosen):
    circuit = Circuit([driven("low", LOW), driven("high", HIGH)], [
        projection("W", "low", "high", 7 * pA, on=on),
        projection("late", "low", "high", 7 * pA, on=on, delay=3 * ms),
        projection("weak", "low", "high", 7 * pA, on=on, scale=0.5, gain="k"),
    ], [Knob("k", 0.5)])  # fmt: skip
    now, late, weak = watch(circuit, "high", ["I_W", "I_late", "I_weak"])
    current = 7e-12 * chosen.sum(axis=1)[:, None] * np.ones(4)
    np.testing.assert_allclose(now, current, rtol=1e-12)
    np.testing.assert_allclose(late[3:], current[:-3], rtol=1e-12)
    np.testing.assert_allclose(weak, current / 4, rtol=1e-12)
    assert not late[:3].any()


def test_a_pulse_carries_its_charge_at_any_step():
    charges = []
    for dt in (1 * ms, 0.25 * ms):
        circuit = Circuit([driven("low", LOW), driven("high", HIGH)], [projection("W", "low", "high", 7 * pA)], dt=dt)
        objects = brian2_objects(circuit)
        Network(*objects.all()).run(STEPS * ms)
        charges.append(objects.populations["high"].q[:])
    expected = 7 * 1e-3 * (LOW_KINDS == 0).sum()
    last = 7 * 1e-3 * (LOW_KINDS[-1] == 0).sum()
    np.testing.assert_allclose(charges[0], expected - last, rtol=1e-9)
    # A train held for 1 ms is a spike in each of its four steps: still one event.
    np.testing.assert_allclose(charges[1], expected, rtol=1e-9)


def learned(eta=40.0, w=100.0, p_b=0.3, low=0.0, high=150.0, learning=1.0):
    """The rule in plain Python: weight after every step, shape (steps, 3, 4), in pA."""
    weight, trace, found = np.full((3, 4), w), np.zeros(3), []
    for step in range(STEPS):
        trace = trace * np.exp(-1 / 20)
        change = learning * eta * trace[:, None]
        weight = np.where(HIGH_KINDS[step] == 1, np.clip(weight + change, low, high), weight)
        weight = np.where(HIGH_KINDS[step] == 0, np.clip(weight - p_b * change, low, high), weight)
        trace = trace + (LOW_KINDS[step] == 0)
        found.append(weight)
    return np.array(found)


def learning_circuit(**options):
    rule = BurstDependent(eta=40 * pA / ms, p_b=0.3, w_min=0 * pA, w_max=150 * pA, learning="learning")
    return Circuit(
        [driven("low", LOW), driven("high", HIGH)],
        [
            projection("W", "low", "high", **dict(weight=100 * pA, plasticity=rule) | options),
            projection("Y", "high", "low", None, on="burst", tied_to="W", scale=2.0, delay=1 * ms),
            projection("Q", "high", "low", None, on="event", tied_to="W", scale=-0.5, delay=1 * ms, gain="k"),
        ],
        [Knob("learning", 1.0), Knob("k", 3.0)],
    )


def test_bursts_raise_and_events_lower_a_weight():
    (weight,) = watch(learning_circuit(), "W", ["w_W"])
    expected = learned()
    np.testing.assert_allclose(weight.reshape(expected.shape), 1e-12 * expected, rtol=1e-12)
    assert expected.min() < 75 and expected.max() == 150


def test_the_learning_knob_and_eta_scale_the_change():
    for values, factor in (({"learning.default": 0.5}, 0.5), ({"W.eta": 400 * pA / ms}, 10)):
        (weight,) = watch(learning_circuit(), "W", ["w_W"], values=values)
        expected = 1e-12 * learned(learning=factor)
        np.testing.assert_allclose(weight.reshape(STEPS, 3, 4), expected, rtol=1e-12, atol=1e-24)
    assert expected.min() == 0 and expected.max() == 150e-12
    (weight,) = watch(learning_circuit(), "W", ["w_W"], values={"learning.default": 0.0})
    np.testing.assert_allclose(weight, 100e-12)


def test_tied_projections_follow_the_plastic_weight():
    Y, Q = watch(learning_circuit(), "low", ["I_Y", "I_Q"])
    weight = 1e-12 * learned()
    # Sent one step ago, with the weight of now.
    expected_Y = 2.0 * np.einsum("tlh,th->tl", weight[1:], HIGH_KINDS[:-1] == 1)
    expected_Q = -1.5 * np.einsum("tlh,th->tl", weight[1:], HIGH_KINDS[:-1] == 0)
    np.testing.assert_allclose(Y[1:], expected_Y, rtol=1e-12, atol=1e-24)
    np.testing.assert_allclose(Q[1:], expected_Q, rtol=1e-12, atol=1e-24)


def test_tied_projections_use_the_same_pairs():
    i, j = np.array([0, 2, 2]), np.array([1, 0, 0])
    circuit = learning_circuit(plasticity=None, connect=FromArrays(i, j), weight=np.array([10, 20, 30]) * pA)
    (Y,) = watch(circuit, "low", ["I_Y"])
    weight = np.zeros((3, 4))
    np.add.at(weight, (i, j), [10, 20, 30])
    np.testing.assert_allclose(Y[1:], 2e-12 * (HIGH_KINDS[:-1] == 1) @ weight.T, rtol=1e-12, atol=1e-24)


def test_a_constant_source_learns_per_cell():
    rule = BurstDependent(eta=1 / (pA * second), p_b=0.5, w_min=0.0, w_max=2.0)
    start = np.array([0.5, 1.0, 1.5, 1.95])
    circuit = Circuit([driven("high", HIGH)], [projection("drive", 100 * pA, "high", start, plasticity=rule)])
    weight, current = watch(circuit, "high", ["w_drive", "I_drive"])
    expected, w = [], start
    for step in range(STEPS):
        w = np.clip(w + np.select([HIGH_KINDS[step] == 1, HIGH_KINDS[step] == 0], [0.1, -0.05], 0.0), 0, 2)
        expected.append(w)
    np.testing.assert_allclose(weight, expected, rtol=1e-12)
    np.testing.assert_allclose(current, 1e-10 * np.array(expected), rtol=1e-12)
