"""BurstCCN in rates: its gradients, its comparators, feedback that learns, lesions and images. All in numpy, nothing is built."""

import numpy as np
import pytest

from burstnet import datasets
from burstnet.analysis.alignment import angle
from burstnet.datasets import image_set
from burstnet.errors import ArgumentError, ResultError
from burstnet.models.burstccn_rate import BurstCCNRate, published_network
from burstnet.models.burstccn_rate_network import FEEDBACKS, Intact, forward, new_network
from burstnet.models.burstccn_rate_rules import RULES, Strength, gradients, learned_bursts, learned_events
from burstnet.plots.digits import digits_figure
from burstnet.protocols.digits import EXPERIMENT, Digits
from burstnet.rate_program import RateProgram

SIZES = (12, 20, 20, 10)


def rng(seed=0):
    return np.random.default_rng(seed)


def batch(n=64):
    return rng(1).standard_normal((n, 12), dtype=np.float32), np.eye(10, dtype=np.float32)[rng(2).integers(0, 10, n)]


def steps(rule, feedback="tied", strength=None, gain=2.0, sizes=SIZES):
    network = new_network(sizes, rng(), feedback, forward_gain=gain)
    images, target = batch()
    activity = forward(network, images)
    signals = RULES[rule](network, activity, target, strength or Strength(), rng(3))
    return network, activity, signals, gradients(activity, signals)


def loss(network, images, target):
    return 0.5 * ((forward(network, images).events[-1] - target) ** 2).sum(axis=1).mean()


# -------------------------------------------------------------------------------------------------------------- gradients


def test_backprop_is_the_gradient_of_half_the_squared_error():
    network, _, _, found = steps("backprop")
    network.weights = [w.astype(float) for w in network.weights]
    images, target = (part.astype(float) for part in batch())
    for layer, place in ((0, (3, 5)), (1, (7, 2)), (2, (4, 11))):
        weight, step = network.weights[layer], 1e-5
        weight[place] += step
        up = loss(network, images, target)
        weight[place] -= 2 * step
        down = loss(network, images, target)
        weight[place] += step
        assert found[layer][0][place] == pytest.approx((up - down) / (2 * step), rel=1e-3, abs=1e-7)


def test_backprop_is_the_gradient_of_what_a_lesion_leaves():
    network = new_network(SIZES, rng(), "tied", forward_gain=2.0)
    network.weights, network.bursts = ([w.astype(float) for w in part] for part in (network.weights, network.bursts))
    images, target = (part.astype(float) for part in batch())
    intact = Intact([np.where(np.arange(20) < 10, 0.5, 2.0), np.where(np.arange(20) < 5, 0.0, 1.0), np.ones(10)])

    def lost():
        return 0.5 * ((forward(network, images, intact).events[-1] - target) ** 2).sum(axis=1).mean()

    activity = forward(network, images, intact)
    found = gradients(activity, RULES["backprop"](network, activity, target, Strength(), rng()))
    for layer, place in ((0, (3, 5)), (0, (12, 2)), (1, (7, 2)), (1, (2, 4))):
        weight, step = network.weights[layer], 1e-5
        weight[place] += step
        up = lost()
        weight[place] -= 2 * step
        down = lost()
        weight[place] += step
        assert found[layer][0][place] == pytest.approx((up - down) / (2 * step), rel=1e-3, abs=1e-9)


@pytest.mark.parametrize(("feedback", "exact"), [("tied", "backprop"), ("random", "feedback-alignment")])
def test_burstccn_is_the_exact_rule_through_the_same_feedback(feedback, exact):
    """For small errors; what departs is the saturation of the dendrite."""
    found, wanted = steps("burstccn", feedback, strength=Strength(teacher=0.1))[3], steps(exact, feedback)[3]
    for (w, c), (w_exact, c_exact) in zip(found, wanted, strict=True):
        assert angle(w, w_exact) < 0.1
        assert np.linalg.norm(w) == pytest.approx(np.linalg.norm(w_exact), rel=1e-2)
        assert angle(c, c_exact) < 0.2


def test_saturation_shrinks_with_the_error():
    exact = steps("backprop")[3]
    far, near = (steps("burstccn", strength=Strength(teacher=s))[3] for s in (4.0, 0.5))
    assert angle(near[0][0], exact[0][0]) < 0.2 * angle(far[0][0], exact[0][0])


def test_without_cancelling_updates_say_nothing():
    """The control that must fail: event feedback that does not cancel what bursts say at rest."""
    found, exact = steps("burstccn", "uncancelled")[3], steps("feedback-alignment", "uncancelled")[3]
    assert angle(found[0][0], exact[0][0]) > 45


def test_error_dendrites_and_burstprop_come_near_the_gradient():
    exact = steps("backprop", gain=1.0)[3]
    for rule, most in (("edn", 6), ("burstprop", 20)):
        found = steps(rule, gain=1.0, strength=Strength(teacher=0.1))[3]
        assert angle(found[0][0], exact[0][0]) < most, rule


def test_node_perturbation_is_the_gradient_on_average():
    network = new_network(SIZES, rng(), "tied", forward_gain=2.0)
    images, target = batch(8)
    images, target = np.tile(images, (4000, 1)), np.tile(target, (4000, 1))
    activity = forward(network, images)
    found = gradients(activity, RULES["node-perturbation"](network, activity, target, Strength(), rng(3)))
    exact = gradients(activity, RULES["backprop"](network, activity, target, Strength(), rng(3)))
    assert angle(found[2][0], exact[2][0]) < 20
    assert angle(found[0][0], exact[0][0]) < 45


# --------------------------------------------------------------------------------------------------------------- feedback


def test_feedback_before_learning():
    networks = {name: new_network(SIZES, rng(), name) for name in FEEDBACKS}
    for name, network in networks.items():
        assert all(np.array_equal(a, b) for a, b in zip(network.weights, networks["tied"].weights, strict=True))
        cancels = all(np.allclose(q, -0.5 * y) for q, y in zip(network.events, network.bursts, strict=True))
        assert cancels == (name not in ("online-q", "uncancelled")), name
        copied = all(np.array_equal(w, y) for w, y in zip(network.weights[1:], network.bursts, strict=True))
        assert copied == (name in ("tied", "symmetric")), name


@pytest.mark.parametrize("feedback", ["online-y", "online-q"])
def test_feedback_learns_to_cancel(feedback):
    """Without a teacher the apical potential shrinks."""
    network = new_network(SIZES, rng(), "online-q", forward_gain=2.0)
    images = batch(400)[0]
    size = []
    for _ in range(300):
        activity = forward(network, images)
        signals = RULES["burstccn"](network, activity, activity.events[-1], Strength(), rng())
        size.append(np.mean([np.abs(d).mean() for d in signals.deviation[:-1]]))
        if feedback == "online-y":
            for y, step in zip(network.bursts, learned_bursts(network, activity, signals, 5), strict=True):
                y -= 0.05 * step
        else:
            for q, step in zip(network.events, learned_events(network, activity, signals), strict=True):
                q -= 0.05 * step
    assert size[-1] < 0.35 * size[0]


def test_one_branch_is_the_potential_itself():
    network, activity, signals, _ = steps("burstccn", "uncancelled")
    found = learned_bursts(network, activity, signals, 1)[0]
    b, e = signals.bursts[1], activity.events[1]
    wanted = b.T @ (b @ network.bursts[0] + e @ network.events[0]) / len(b)
    assert np.allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_kolen_pollack_feedback_comes_to_its_forward_weights():
    """What is apart decays with every step and nothing else moves it (Akrout et al. 2019)."""
    model = published_network(feedback="kolen-pollack", hidden=20, areas=2)
    program = RateProgram(model, Digits(epochs=1))
    run = program.requests([1], program.protocol, model.parameters.replace(weight_decay=0.02), ())[0]
    network, data = model.new_network(run), image_set()
    before = [w - y for w, y in zip(network.weights[1:], network.bursts, strict=True)]
    model.epoch(run, network, data, 0)
    left = (1 - 0.6 * 0.02) ** (len(data.train) // model.batch)
    for w, y, q, apart in zip(network.weights[1:], network.bursts, network.events, before, strict=True):
        assert np.allclose(w - y, left * apart, rtol=1e-3, atol=1e-4)
        assert np.allclose(q, -0.5 * y, atol=1e-4)


# ---------------------------------------------------------------------------------------------------------------- lesions


def small(rule="burstccn", feedback="own", lesions=(), epochs=2, **params):
    model = published_network(rule, feedback, hidden=20, areas=2)
    return RateProgram(model, Digits(epochs=epochs)).run(seeds=1, lesions=list(lesions), params=params)


def test_lesions_reach_areas_and_feedback():
    whole = small().data
    late = small(lesions=["area1:silence@1s.."]).data
    assert late["error"].values[0, 0] == whole["error"].values[0, 0]
    assert late["error"].values[0, 1] > 0.8
    # without any feedback hidden areas do not learn, and their update is none
    off = small(lesions=["burst1:scale=0", "event1:scale=0"]).data
    assert np.isnan(off["angle_bp"].values[0, :, 0]).all()
    assert np.isfinite(off["angle_bp"].values[0, :, 1]).all()
    one = small(lesions=["event1:scale=0"]).data
    assert one["deviation"].values[0, -1, 0] > 10 * whole["deviation"].values[0, -1, 0]


@pytest.mark.parametrize("hurt", [(), ("area1:silence:fraction=0.5",), ("area1:scale=0.5", "burst1:scale=0.5")])
def test_angles_are_to_the_gradient_of_what_lesions_of_areas_leave(hurt):
    """Back-propagation is at no angle to itself; a lesion of its feedback that is the same for all cells only makes it shorter."""
    assert small("backprop", lesions=hurt).data["angle_bp"].values.max() < 0.1


def test_frozen_areas_keep_their_weights():
    frozen = small(lesions=["area1:freeze", "area2:freeze", "output:freeze"]).data
    assert np.all(frozen["error"].values == frozen["error_before"].values[:, None])


def test_calibration_has_no_teacher():
    model = published_network(hidden=20, areas=2)
    data = RateProgram(model, Digits(epochs=1, calibration=2)).run(seeds=1).data
    assert np.all(data["mse"].values[0, :2] == data["mse_before"].values[0])
    assert data["mse"].values[0, 2] < data["mse_before"].values[0]


@pytest.mark.parametrize("rule", list(RULES))
def test_every_rule_runs_and_draws(rule):
    result = small(rule, epochs=1)
    found = Digits().metrics(result)
    assert np.isfinite(found["final.error"].mean)
    axes = {ax.get_label(): ax for ax in digits_figure(result).axes}
    assert set(axes) == {"error", "updates", "feedback"}


def test_the_figure_draws_what_was_recorded():
    result = small("feedback-alignment", epochs=3)
    axes = {ax.get_label(): ax for ax in digits_figure(result).axes}
    lines = {line.get_label(): line.get_ydata() for line in axes["error"].lines}
    assert np.allclose(lines["unseen"], 100 * result.data["error"].values[0])
    assert {f"area {k}" for k in (1, 2)} <= {line.get_label() for line in axes["updates"].lines}


def test_refused():
    with pytest.raises(ArgumentError, match="random"):
        BurstCCNRate(rule="backprop", feedback="random")
    with pytest.raises(ArgumentError, match="only 'burstccn'"):
        BurstCCNRate(rule="edn", feedback="online-y")
    with pytest.raises(ArgumentError, match="branches=3"):
        BurstCCNRate(feedback="online-y", branches=3)
    with pytest.raises(ArgumentError, match="batch=2000.*1437"):
        RateProgram(published_network(batch=2000), Digits(epochs=1)).run()
    with pytest.raises(ArgumentError, match="epochs=1.5"):
        Digits(epochs=1.5)
    with pytest.raises(ArgumentError, match="symmetric"):
        EXPERIMENT.prepare({"feedback": "symetric"})


# ----------------------------------------------------------------------------------------------------------------- images


def test_digits_are_split_class_by_class():
    data = image_set("digits")
    assert data.train.shape == (1437, 64)
    assert data.test.shape == (360, 64)
    assert np.ptp(np.bincount(data.test_label)) <= 2
    assert data.train.mean() == pytest.approx(0, abs=1e-4)
    assert data.train.std() == pytest.approx(1, abs=1e-4)


def test_images_of_ones_own(tmp_path):
    x, y = rng().integers(0, 256, (30, 4, 4), dtype=np.uint8), rng().integers(0, 10, 30)
    file = tmp_path / "mnist.npz"
    np.savez(file, x_train=x, y_train=y, x_test=x[:5], y_test=y[:5])
    for path in (file, tmp_path):
        data = image_set("mnist", str(path))
        assert data.train.shape == (30, 16)
        assert np.array_equal(data.test_label, y[:5])
        assert np.array_equal(data.targets(data.test_label).argmax(axis=1), y[:5])


def test_absent_and_broken_images(tmp_path, monkeypatch):
    monkeypatch.setenv("BURSTNET_DATA", str(tmp_path))
    for name in ("mnist", "cifar10"):
        with pytest.raises(ArgumentError, match="https://.*BURSTNET_DATA"):
            image_set(name)
    with pytest.raises(ArgumentError, match="'mnist'"):
        image_set("mnis")
    for name in datasets._MNIST:
        (tmp_path / name).write_bytes(b"something else")
    with pytest.raises(ResultError, match="MD5"):
        image_set("mnist")
    x = np.zeros((2, 2, 2))
    for name, arrays in (
        ("lacks", {"x_train": x}),
        ("labels", {"x_train": x, "y_train": [0, 10], "x_test": x, "y_test": [0, 1]}),
        ("pickled", {"x_train": np.array([{}, {}]), "y_train": [0, 1], "x_test": x, "y_test": [0, 1]}),
        ("grey", {"x_train": x, "y_train": [0, 1], "x_test": x, "y_test": [0, 1]}),
    ):
        np.savez(tmp_path / f"{name}.npz", **arrays)
        with pytest.raises(ResultError):
            image_set("mnist", str(tmp_path / f"{name}.npz"))
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(ResultError):
        image_set("mnist", str(tmp_path / "text.npz"))
