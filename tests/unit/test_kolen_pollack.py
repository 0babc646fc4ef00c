"""Feedback that learns: what goes up and what comes back change alike, and what they differ by decays."""

import numpy as np
import pytest
from brian2 import Network, StateMonitor, ms, pA
from feedback_pair import RULE, STEPS, TRAINS, driven, pair

from burstnet import (
    ArgumentError,
    Circuit,
    Knob,
    Lesion,
    Phase,
    Population,
    Projection,
    Timeline,
    brian2_objects,
    compile,
)
from burstnet.cells import Fragment
from burstnet.experiment import find_experiment
from burstnet.models import burstccn_deep
from burstnet.plasticity import BurstDependent, KolenPollack


def watched(circuit):
    """Weights of W, Y and Q after every step, each (steps, low, high) in pA, and what arrived at the low cells."""
    objects = brian2_objects(circuit)
    states = [StateMonitor(objects.projections[name], [f"w_{name}"], record=True, when="end") for name in "WYQ"]
    arrived = StateMonitor(objects.populations["low"], ["I_Y", "I_Q"], record=True, when="end")
    Network(*objects.all(), *states, arrived).run(STEPS * ms)
    w, y, q = (1e12 * np.array(getattr(s, f"w_{name}_")).T for s, name in zip(states, "WYQ", strict=True))
    backward = [x.reshape(STEPS, 4, 3).transpose(0, 2, 1) for x in (y, q)]
    return w.reshape(STEPS, 3, 4), *backward, [1e12 * np.array(x).T for x in (arrived.I_Y_, arrived.I_Q_)]


def high_events():
    """Whether each high cell had an event, and whether a burst, in each step."""
    event, burst = np.zeros((STEPS, 4), bool), np.zeros((STEPS, 4), bool)
    for cell in range(4):
        last, within = -99, False
        for step in np.flatnonzero(TRAINS["high"][:, cell]):
            close = step - last <= 16
            event[step, cell], burst[step, cell] = not close, close and not within
            last, within = step, close
    return event, burst


def test_what_both_differ_by_loses_the_same_part_at_every_event_of_the_upper_cell():
    w, y, _, _ = watched(pair(0.03))
    event, burst = high_events()
    assert burst.any(axis=0).all() and np.ptp(w[-1]) > 10
    expected = np.broadcast_to((40.0 * 0.97 ** event.cumsum(axis=0))[:, None, :], w.shape)
    np.testing.assert_allclose(w - y, expected, rtol=1e-9)


def test_without_decay_the_difference_stays():
    w, y, _, _ = watched(pair(0.0))
    np.testing.assert_allclose(w - y, 40.0, rtol=1e-9)
    assert np.ptp(y[-1]) > 10


def test_bursts_and_events_bring_back_the_same_weights():
    """What a step sends is the weight of before it learns, and it is there at the end of the step."""
    _, y, q, (bursts, events) = watched(pair(0.03))
    assert np.array_equal(y, q)
    event, burst = high_events()
    before = np.concatenate([np.full((1, 3, 4), -10.0), y[:-1]])
    np.testing.assert_allclose(bursts, np.einsum("tlh,th->tl", before, burst), atol=1e-9)
    np.testing.assert_allclose(events, -0.4 * np.einsum("tlh,th->tl", before, event), atol=1e-9)


def test_nothing_is_learned_or_lost_while_learning_is_off():
    w, y, _, _ = watched(pair(0.03, learning=0.0))
    assert np.all(w == w[0]) and np.all(y == y[0])


def test_a_weight_that_does_not_decay_is_as_it_was():
    for rule, options in ((BurstDependent, {}), (KolenPollack, {"decay": 0.0})):
        assert "decay_W" not in rule(**RULE | options).parameters("W")
        assert "decay" not in str(rule(**RULE | options).actions("W", "w", "x"))
    assert BurstDependent(**RULE).fixed() == {"learning": "learning", "trace": "trace"}
    assert BurstDependent(**RULE, decay=0.1).fixed() != BurstDependent(**RULE).fixed()


def plain():
    return Population("plain", 4, Fragment("plain", "dv/dt = I/pA/second : 1", ports={"soma": "I"}, threshold="v > 1"))


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: KolenPollack(**RULE | {"decay": 1.5}), "decay=1.5 is not allowed; it is from 0 to 1"),
        (lambda: KolenPollack(**RULE | {"decay": 1 * ms}), "decay=1 ms has the wrong unit"),
        (lambda: Projection("Y", 5 * pA, "low", weight=1.0, plasticity=KolenPollack(**RULE)), "has a constant source"),
        (
            lambda: Circuit(
                [driven("low"), plain()],
                [Projection("Y", "plain", "low", weight=1 * pA, on="spike", plasticity=KolenPollack(**RULE))],
                [Knob("learning", 1.0)],
            ),
            "'Y' learns from its source's bursts, but the cell 'plain' has no detector",
        ),
        (
            lambda: Circuit(
                [driven("high"), plain()],
                [Projection("Y", "high", "plain", weight=1 * pA, plasticity=KolenPollack(**RULE))],
                [Knob("learning", 1.0)],
            ),
            "trace of projection 'Y' in 'plain'",
        ),
        (lambda: burstccn_deep.circuit(pictures(), feedback="kolen"), "feedback .*Did you mean 'kolen-pollack'"),
    ],
)
def test_what_is_refused(make, says):
    with pytest.raises(ArgumentError, match=says) as found:
        make()
    assert "\n" not in str(found.value)


def pictures():
    pixels = np.random.default_rng(0).random((9, 4))
    return burstccn_deep.Pictures(pixels, np.arange(9) % 3, 6)


def test_frozen_feedback_stays_and_the_rest_learns_on():
    run = compile(pair(0.03), Timeline([Phase("all", STEPS * ms)]), "numpy").run
    free, frozen = (run(1, lesions=lesions).state(1) for lesions in ([], [Lesion("Y", "freeze")]))
    np.testing.assert_allclose(frozen["Y.w_Y"], -10e-12, rtol=1e-12)
    assert np.ptp(free["Y.w_Y"]) > 10e-12
    for name in ("W.w_W", "Q.w_Q"):
        assert np.array_equal(free[name], frozen[name])


def test_the_setting_builds_it_and_its_decays_are_run_arguments():
    setup = find_experiment("classify").prepare({"areas": "2", "feedback": "kolen-pollack", "W2.decay": "1e-4"})
    names = set(setup.circuit.arguments())
    assert {f"{p}{k}.decay" for p in "WYQ" for k in (2, 3)} <= names and "W1.decay" not in names
    fixed = find_experiment("classify").prepare({"areas": "2"}).circuit
    assert not any(name.endswith(".decay") for name in fixed.arguments())
    assert all(fixed.projection(name).plasticity is None for name in ("Y2", "Q2", "Y3", "Q3"))


@pytest.mark.parametrize("feedback, follows", [("kolen-pollack", True), ("random", False)])
def test_feedback_is_set_as_what_it_belongs_to(feedback, follows):
    given = {"feedback": feedback, "W1.eta": "2Hz", "W2.eta": "4Hz", "Y2.spread": "0.03"}
    values = find_experiment("classify").prepare(given).values
    found = {name: float(values[name]) for name in values}
    assert found == {"W1.eta": 2, "W2.eta": 4, "Y2.spread": 0.03, "Q2.spread": 0.03} | (
        {"Y2.eta": 4, "Q2.eta": 4} if follows else {}
    )


def test_feedback_may_be_set_apart():
    given = {"feedback": "kolen-pollack", "W2.decay": "1e-4", "Q2.decay": "0", "Y2.spread": "0.03", "Q2.spread": "0.04"}
    values = find_experiment("classify").prepare(given).values
    assert [float(values[name]) for name in ("Y2.decay", "Q2.decay", "Q2.spread")] == [1e-4, 0, 0.04]


def test_a_name_that_is_not_there_is_refused_by_its_own_name():
    with pytest.raises(ArgumentError, match="parameter 'W3.eta'"):
        find_experiment("classify").prepare({"feedback": "kolen-pollack", "W3.eta": "4Hz"})
