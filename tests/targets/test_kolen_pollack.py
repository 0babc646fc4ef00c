"""Feedback that learns, compiled: rows in the place of queues change nothing, and weights that decay miss no event."""

import numpy as np
import pytest
from brian2 import ms
from feedback_pair import STEPS, pair
from support import needs_compiler

from burstnet import Phase, Timeline, compile
from burstnet.models import burstccn_deep
from burstnet.protocols.classify import Classify
from burstnet.targets.dense import dense_pathways


@needs_compiler
@pytest.mark.parametrize("decay", [pytest.param(0.0, marks=pytest.mark.slow), 0.03])
def test_weights_and_feedback_are_the_same_compiled(decay):
    """One source never has an event: without decay its weights stay, with decay they shrink as others do."""
    timeline = Timeline([Phase("all", STEPS * ms)])
    here, there = (compile(pair(decay), timeline, target).run(1).state(1) for target in ("numpy", "cpp"))
    for name in ("W.w_W", "Y.w_Y", "Q.w_Q"):
        np.testing.assert_allclose(there[name], here[name], rtol=1e-9)
    assert np.array_equal(there["Y.w_Y"], there["Q.w_Q"])
    silent = there["W.w_W"].reshape(3, 4)[2]
    assert np.all(silent < 29e-12) if decay else np.all(silent == 30e-12)


def test_a_weight_that_decays_has_no_source_that_is_passed_over():
    found = dense_pathways(pair(0.03))
    assert {"W_W_event", "Y_Y_event", "Y_Y_burst", "Q_Q_event"} <= set(found)
    assert (found["W_W_event"].trace, found["W_W_burst"].trace) == ("", "trace")
    assert found["W_W_event"].after and not found["Y_Y_event"].after


@needs_compiler
def test_the_deep_network_keeps_both_kinds_of_feedback_proportional():
    """Y and Q have one weight to the last digit, and what it differs from W by shrinks alike at every lower cell."""
    pixels = np.random.default_rng(0).random((9, 4))
    circuit = burstccn_deep.circuit(
        burstccn_deep.Pictures(pixels, np.arange(9) % 3, 6),
        (20, 20),
        feedback="kolen-pollack",
        parameters=burstccn_deep.DeepParameters(weight_decay=0.01),
    )
    protocol = Classify(epochs=2.0, training_images=6.0, validation_images=0.0, training_set=6.0, test_images=2.0)
    run = compile(circuit, protocol, "cpp").run
    still, learned = (run(1, {"learning_rate": rate}) for rate in (0.0, 1.0))
    sizes = list(learned.populations.values())
    for k in (2, 3):
        m, n = sizes[k - 1], sizes[k]
        assert np.array_equal(learned.state(1)[f"Y{k}.w_Y{k}"], learned.state(1)[f"Q{k}.w_Q{k}"])
        (w0, y0), (w, y) = (
            (state[f"W{k}.w_W{k}"].reshape(m, n).T, state[f"Y{k}.w_Y{k}"].reshape(n, m))
            for state in (still.state(1), learned.state(1))
        )
        kept = np.sum((w - y) * (w0 - y0), axis=1) / np.sum((w0 - y0) ** 2, axis=1)
        np.testing.assert_allclose(w - y, kept[:, None] * (w0 - y0), rtol=0, atol=1e-9)
        assert np.all((kept > 0) & (kept < 1)) and np.abs(y - y0).max() > 0.01
