"""Convolutional BurstCCN computes the published layers' updates, and learns where its controls do not. Skipped without torch.

Source of the updates: tests/reference/data/burstccn/conv_gradients.json, which says how it was made.
"""

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from burstnet.models.burstccn_conv import published_conv_network
from burstnet.models.burstccn_conv_network import forward, new_network
from burstnet.models.burstccn_conv_rules import RULES, ConvStrength, gradients
from burstnet.models.burstccn_conv_shapes import convolutions, dense_areas, stages
from burstnet.protocols.convnet import ConvNet
from burstnet.rate_program import RateProgram

PUBLISHED = Path(__file__).parent / "data" / "burstccn" / "conv_gradients.json"
#: What makes every hidden area of the default network stand still.
FROZEN = tuple(f"area{k}:freeze" for k in (1, 2, 3))


def test_updates_are_those_of_the_published_layers():
    """Forward weights, biases, and Kolen-Pollack feedback; the published code opens dendrites in proportion to rates."""
    published = json.loads(PUBLISHED.read_text())
    places = stages((2, 9, 8), convolutions("4x3/2,6x2"), dense_areas("12"))
    network = new_network(places, np.random.default_rng(0), "random")
    rng = np.random.default_rng(1)
    images = torch.from_numpy(rng.standard_normal((16, 2, 9, 8), dtype=np.float32))
    target = torch.eye(10)[torch.from_numpy(rng.integers(0, 10, 16))]
    activity = forward(network, images)
    assert np.allclose(activity.events[-1][0], published["outputs"], rtol=1e-4)
    strength = ConvStrength(teacher=0.1, top_feedback=10, shift=1, gate=5)
    steps = gradients(network, activity, RULES["burstccn"](network, activity, target, strength))
    # feedback follows the products of the layer above it; that of the output has the shift of its rates in it
    follows = [w for w, _ in steps[1:]]
    found = {
        "weights": [w for w, _ in steps],
        "biases": [c for _, c in steps],
        "bursts": follows,
        "events": [-0.5 * w for w in follows],
    }
    for name, parts in found.items():
        for part, wanted in zip(parts, published[name], strict=True):
            numbers = part.numpy().ravel()
            assert np.linalg.norm(numbers) == pytest.approx(wanted["norm"], rel=1e-4), name
            assert np.allclose(numbers[wanted["at"]], wanted["values"], rtol=1e-3, atol=1e-6), name


def errors(rule="burstccn", feedback="own", lesions=(), seeds=(1, 2), epochs=30):
    program = RateProgram(published_conv_network(rule, feedback), ConvNet(epochs=epochs))
    return program.run(seeds=list(seeds), lesions=list(lesions)).data


def test_errors_reach_areas_of_shared_weights():
    """Ten epochs, two seeds, with the controls beside them: only the output learns, and event feedback that does not cancel."""
    tied = errors(epochs=10)["error"].values[:, -1]
    last = errors(lesions=FROZEN, epochs=10)["error"].values[:, -1]
    apart = errors(feedback="uncancelled", epochs=10)["error"].values[:, -1]
    assert tied.max() < 0.04
    assert last.min() > tied.max() + 0.015
    assert apart.min() > 0.15


@pytest.mark.slow
def test_convolutions_learn_with_any_feedback_that_cancels():
    """Thirty epochs, five seeds. The bounds are means measured with ten, and three standard errors of five."""
    for rule, feedback, most in (
        ("backprop", "own", 0.025),
        ("burstccn", "own", 0.025),
        ("burstccn", "kolen-pollack", 0.028),
        ("burstccn", "random", 0.035),
        ("feedback-alignment", "own", 0.035),
    ):
        found = errors(rule, feedback, seeds=(1, 2, 3, 4, 5))
        assert found["error"].values[:, -1].mean() < most, (rule, feedback)
    last = errors(lesions=FROZEN, seeds=(1, 2, 3, 4, 5))["error"].values[:, -1]
    assert last.mean() > 0.04
    turned = errors(feedback="kolen-pollack", seeds=(1, 2, 3, 4, 5))["angle_bp_hidden"].values[:, -1]
    assert turned.max() < 60
