"""The gradient-alignment protocol: sums, angles, signal and noise, the twin; nothing is compiled here."""

import numpy as np
import pytest
import xarray as xr
from brian2 import second

from burstnet.analysis.gradient_alignment import (
    angles_over_examples,
    example_numbers,
    signal_to_noise,
    summed_changes,
)
from burstnet.errors import ArgumentError
from burstnet.experiment import find_experiment
from burstnet.lesion import parse_lesions
from burstnet.models import burstccn_deep
from burstnet.models.burstccn_deep_twin import REFERENCES, Twin, observed, twin_of
from burstnet.models.burstccn_rate_network import Network
from burstnet.plots import draw_gradient_alignment
from burstnet.protocols.gradient_alignment import GradientAlignment
from burstnet.result import Result
from burstnet.verify import MODELS


def test_numbers_of_examples_are_multiples_of_the_interval():
    assert example_numbers(5000, 50) == [50, 100, 200, 500, 1000, 2000, 5000]
    assert example_numbers(1500, 100) == [100, 200, 500, 1000]
    assert example_numbers(70, 30) == [60]


def test_changes_are_sums_over_stretches_of_examples():
    rng = np.random.default_rng(0)
    drives, below = rng.standard_normal((7, 3)), rng.random((7, 4))
    found = summed_changes(drives, below, 3)
    assert found.shape == (2, 4, 3)
    assert np.allclose(found[1], below[3:6].T @ drives[3:6])


def test_noise_is_averaged_away_with_the_root_of_the_number():
    """A wanted change of length 1 in noise of length 10 an example: the tangent of the angle is 10/sqrt(n)."""
    rng = np.random.default_rng(1)
    wanted = np.zeros((1000, 400))
    wanted[:, 0] = 1.0
    noisy = wanted + 10 / np.sqrt(400) * rng.standard_normal(wanted.shape)
    found = angles_over_examples(noisy, wanted, 1, [1, 100, 1000])
    assert np.allclose(found, np.degrees(np.arctan(10 / np.sqrt([1, 100, 1000]))), atol=1.5)
    assert np.all(angles_over_examples(rng.standard_normal(wanted.shape), wanted, 1, [1000]) > 80)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ArgumentError, match="numbers="):
        angles_over_examples(np.ones((4, 2)), np.ones((4, 2)), 10, [50])
    with pytest.raises(ArgumentError, match="shapes"):
        angles_over_examples(np.ones((4, 2)), np.ones((4, 3)), 10, [10])


def test_signal_to_noise_is_unbiased():
    """Signal of power 4 and noise of power 1, from five repetitions; pure noise has none."""
    rng = np.random.default_rng(2)
    image = np.repeat(np.arange(200), 5)
    signal = 2 * rng.standard_normal((200, 30))[image]
    noise = rng.standard_normal((1000, 30))
    assert signal_to_noise(signal + noise, image) == pytest.approx(4, rel=0.1)
    assert abs(signal_to_noise(noise, image)) < 0.01
    assert np.isnan(signal_to_noise(noise[:3], np.arange(3)))


def twin(seed=3, sizes=(6, 5, 4, 3)):
    rng = np.random.default_rng(seed)
    weights = [rng.standard_normal((n, m)) for m, n in zip(sizes[:-1], sizes[1:], strict=True)]
    bursts = [rng.standard_normal(w.shape) for w in weights[1:]]
    network = Network(
        weights, [rng.standard_normal(n) for n in sizes[1:]], bursts, [-0.5 * y for y in bursts], "random", 0.5
    )
    return (
        Twin(network, 1e-4, 1e-4, 0.8, 0.25),
        rng.random((8, sizes[0])),
        np.eye(sizes[-1])[rng.integers(0, sizes[-1], 8)],
    )


def test_the_gradient_is_that_of_half_the_squared_error():
    """Against differences of the error itself, in the lowest area's weights."""
    one, pixels, right = twin()
    change = summed_changes(one.drives("bp", one.activity(pixels), right)[0], pixels, 8)[0]

    def error():
        return 0.5 * ((one.targets(right) - one.activity(pixels).events[-1]) ** 2).sum()

    step = 1e-5
    for cell, pixel in ((0, 0), (4, 5)):
        w = one.network.weights[0]
        w[cell, pixel] += step
        above = error()
        w[cell, pixel] -= 2 * step
        below = error()
        w[cell, pixel] += step
        assert change[pixel, cell] == pytest.approx(-(above - below) / (2 * step), rel=1e-4)


def test_small_errors_make_the_rule_feedback_alignment_of_its_teacher():
    """With small gains nothing saturates: hidden areas get the output's drive through Y, times s(1 - s)."""
    one, pixels, right = twin()
    activity = one.activity(pixels)
    drives = one.drives("rule", activity, right)
    s = activity.events[-2]
    expected = (drives[-1] @ one.network.bursts[-1]) * s * (1 - s)
    assert np.corrcoef(drives[-2].ravel(), expected.ravel())[0, 1] > 0.9999


def test_references_that_must_not_fit_are_others():
    one, pixels, right = twin()
    activity = one.activity(pixels)
    found = {name: one.drives(name, activity, right) for name in REFERENCES}
    assert not np.allclose(found["fa"][0], found["other_feedback"][0])
    assert np.allclose(found["fa"][-1], found["bp"][-1])
    assert not np.allclose(found["fa"][-1], found["other_labels"][-1])
    with pytest.raises(ArgumentError, match="Did you mean 'rule'"):
        one.drives("rul", activity, right)


def pictures():
    rng = np.random.default_rng(0)
    return burstccn_deep.Pictures(rng.random((9, 4)), np.arange(9) % 3, 6)


def test_the_network_is_that_of_classify():
    plain = burstccn_deep.circuit(pictures(), hidden=(5, 4))
    found = observed(plain)
    assert found.projections == plain.projections
    assert [p.n for p in found.populations] == [p.n for p in plain.populations]
    assert "accounted" in found.population("hidden1").cell.events


def test_weights_stand_still_from_a_sample_of_them_on():
    protocol = GradientAlignment(epochs=2.0, training_images=7.0, validation_images=2.0, test_images=3.0, cooling=1.0)
    spans = protocol.timeline().spans()
    assert list(spans) == ["grey", "training", "test", "rest", "measured", "repeated"]
    assert spans["measured"][0] / 15 == pytest.approx(round(spans["measured"][0] / 15))
    assert np.allclose(np.diff(spans["measured"]), 1500) and np.allclose(np.diff(spans["repeated"]), 300)
    without = protocol.replace(epochs=0.0, test_images=0.0, centred=0.0).timeline()
    assert list(without.spans()) == ["grey", "rest", "measured", "repeated"]
    assert float(without.phases[0].settings["centred_in"]) == 0
    for timeline in (protocol.timeline(), without):
        measured = timeline.phases[-2].settings
        assert (
            float(measured["learning_rate"]) == 1e-6
            and float(measured["decay"]) == 1
            and float(measured["cooling"]) == 0
        )
        assert float(measured["begun"] / second) == pytest.approx(timeline.span("measured")[0])


def test_verify_takes_feedback_away_only_once_weights_stand_still():
    """Its windows are texts, so that other defaults would leave them where something is still learned."""
    condition = MODELS["deep"][1]["gradient-alignment-no-feedback"]
    span = find_experiment(condition.protocol).prepare(condition.settings).protocol.timeline().span("rest")
    lesions = parse_lesions(condition.lesions)
    assert {lesion.target for lesion in lesions} == {"Y2", "Q2", "Y3", "Q3"}
    assert all(span[0] <= float(lesion.windows[0][0]) <= span[1] for lesion in lesions)


def test_settings_that_make_no_sense_are_refused():
    for name, value in (("examples", 10.5), ("interval", 6000.0), ("centred", 2.0), ("repetitions", 0.5)):
        with pytest.raises(ArgumentError, match=f"{name}="):
            GradientAlignment(**{name: value})
    assert find_experiment("gradient-alignment").prepare({"areas": "2"}).protocol.training_images == 1257


def made(noise):
    """A result as the protocol leaves it, of a network that learns as its twin's feedback alignment would, in noise."""
    protocol = GradientAlignment(
        epochs=0.0, test_images=0.0, examples=40.0, interval=10.0, repeated_images=2.0, repetitions=5.0
    )
    one, _, _ = twin()
    rng = np.random.default_rng(4)
    sizes, areas = (6, 5, 4, 3), ["input", "hidden1", "hidden2", "output"]
    images = rng.random((2, 6))
    pixels = np.concatenate([rng.random((40, 6)), np.tile(images, (5, 1))])
    right = np.eye(3)[np.concatenate([rng.integers(0, 3, 40), np.tile([0, 2], 5)])]
    activity = one.activity(pixels[:40])
    below, drives = [pixels[:40], *activity.events[:-1]], one.drives("fa", activity, right[:40])
    spans = protocol.timeline().spans()
    time = np.arange(0, spans["repeated"][1], 3.0)
    first = round(spans["measured"][0] / 3)
    variables, state = {}, {}
    for k, (d, b) in enumerate(zip(drives, below, strict=True), start=1):
        change = summed_changes(d, b, 10).reshape(4, -1)
        change = 1e-6 * (change + noise * change.std() * rng.standard_normal(change.shape))
        weights = one.network.weights[k - 1].T.ravel() + np.zeros((len(time), 1))
        weights[first + 1 :] += change.sum(axis=0)
        weights[first + 1 : first + 5] = weights[first] + np.cumsum(change, axis=0)
        variables[f"W{k}_weight"] = (("seed", "state_time", f"W{k}_index"), weights[None])
        state[f"W{k}.w_W{k}"] = weights[-1]
        state[f"{areas[k]}.bias"] = one.network.biases[k - 1]
        if k > 1:
            state[f"Y{k}.w_Y{k}"] = one.network.bursts[k - 2].ravel()
    wanted = one.deviations(one.activity(pixels[40:]), right[40:])
    for name, values in (("shown_pixel", pixels), ("told_right", right)):
        monitor = name.partition("_")[0]
        variables[name] = (f"{monitor}_record", values.ravel())
        variables[f"{monitor}_number"] = ("seed", [values.size])
    for area, values in zip(areas[1:], wanted, strict=True):
        noisy = 200 * (values + values.std() * rng.standard_normal(values.shape))
        variables[f"{area}_account_error"] = (f"{area}_account_record", noisy.ravel())
        variables[f"{area}_account_number"] = ("seed", [values.size])
    about = {
        "populations": dict(zip(areas, sizes, strict=True)),
        "timeline": [{"name": n, "start_s": a, "stop_s": b} for n, (a, b) in spans.items()],
        "parameters": {
            "output.cell.p_b": "0.5",
            "hidden1.cell.feedback_gain": "0.0001",
            "output.cell.teacher_gain": "0.0001",
        }
        | {"output.cell.target_high": "0.8", "output.cell.target_low": "0.25"},
    }
    data = xr.Dataset(variables, {"seed": [1], "state_time": time})
    return protocol, Result(data, about, {1: state})


def test_a_network_that_learns_by_feedback_alignment_has_its_angle():
    protocol, result = made(noise=0.0)
    found = protocol.metrics(result)
    for area in ("hidden1", "hidden2", "output"):
        curve = found[f"{area}.angle_fa"]
        assert list(curve.at) == [10, 20] and curve.per_seed.max() < 0.1
        assert found[f"{area}.snr"].mean > 0.1
    assert found["hidden1.fa_to_bp"].mean == pytest.approx(found["hidden1.angle_bp"].mean[-1], abs=15)
    assert "output.angle_other_feedback" not in found and found["output.fa_to_bp"].mean < 1e-3
    assert found["hidden1.angle_other_feedback"].mean[-1] > 20
    noisy = made(noise=3.0)[0].metrics(made(noise=3.0)[1])["hidden1.angle_fa"].mean
    assert noisy[0] > 40 and noisy[1] < noisy[0]


def test_the_figure_shows_every_area():
    numbers = np.array([50.0, 100.0])
    lines = {
        "rule": np.array([[60.0, 40.0]] * 3),
        "fa": np.array([[80.0, 70.0]] * 3),
        "bp": np.array([[80.0, 75.0]] * 3),
    }
    angles = {"hidden1": lines | {"other_feedback": np.full((3, 2), 90.0)}, "output": lines}
    figure = draw_gradient_alignment(numbers, angles, {"hidden1": np.array([0.1, 0.2, -0.1]), "output": np.ones(3)})
    axes = {ax.get_label(): ax for ax in figure.axes}
    assert {"rule", "fa", "bp", "snr"} == set(axes)
    drawn = {name: {line.get_label() for line in ax.lines} for name, ax in axes.items()}
    assert {"hidden1", "output", "no alignment"} <= drawn["rule"]
    assert "hidden1 other feedback" in drawn["fa"] and "output other feedback" not in drawn["fa"]


def test_the_twin_is_of_the_final_state():
    _, result = made(noise=0.0)
    found, (one, pixels, _) = twin_of(result, 1), twin()
    assert np.allclose(found.activity(pixels).events[-1], one.activity(pixels).events[-1], atol=1e-4)
    assert np.array_equal(found.network.bursts[0], one.network.bursts[0])
    assert found.target_low == 0.25
