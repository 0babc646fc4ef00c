"""Convolutional BurstCCN: its gradients beside those of torch, dense networks beside numpy's, feedback that learns, lesions.

Skipped where torch, an extra, is not installed.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from burstnet.analysis.alignment import angle
from burstnet.datasets import image_set
from burstnet.errors import ArgumentError
from burstnet.lesion import as_lesions
from burstnet.models import burstccn_conv, burstccn_rate_images
from burstnet.models.burstccn_conv import STRUCTURE, BurstCCNConv, published_conv_network, torch_device
from burstnet.models.burstccn_conv_network import Intact, Layer, forward, new_network
from burstnet.models.burstccn_conv_rules import RULES, ConvStrength, gradients, learned_bursts, learned_events
from burstnet.models.burstccn_conv_shapes import convolutions, dense_areas, stages
from burstnet.models.burstccn_conv_training import OnDevice, Training
from burstnet.models.burstccn_rate import published_network
from burstnet.models.burstccn_rate_network import FEEDBACKS
from burstnet.plots.digits import digits_figure
from burstnet.protocols.convnet import EXPERIMENT, ConvNet
from burstnet.protocols.digits import Digits
from burstnet.rate_program import RateProgram

#: One convolution and one dense area, quick enough for a test.
AREAS = {"convolutions": "4x3/2", "dense": "20"}
UNITS = ("rectified", "sigmoid")


def small_network(feedback="tied", units="rectified", **gains):
    places = stages((2, 9, 8), convolutions("4x3/2,6x2"), dense_areas("12"))
    gains = {"forward_gain": 2.0 if units == "sigmoid" else 1.0} | gains
    return new_network(places, np.random.default_rng(0), feedback, units, **gains)


def batch(n=16):
    rng = np.random.default_rng(1)
    images = torch.from_numpy(rng.standard_normal((n, 2, 9, 8), dtype=np.float32))
    return images, torch.eye(10)[torch.from_numpy(rng.integers(0, 10, n))]


def steps(rule, network, strength=None):
    images, target = batch()
    activity = forward(network, images)
    signals = RULES[rule](network, activity, target, strength or ConvStrength(teacher=0.01))
    return activity, signals, gradients(network, activity, signals)


def numbers(tensor):
    return tensor.numpy().ravel().astype(float)


# -------------------------------------------------------------------------------------------------------------- gradients


@pytest.mark.parametrize(
    "layer", [Layer((3, 8, 9), (5, 3, 4), 3, 2), Layer((3, 8, 9), (5, 6, 7), 3), Layer((3, 2, 2), (7,))]
)
def test_what_comes_down_goes_the_way_it_went_up(layer):
    """Down is the transpose of up, and products are what both change with."""
    rng = torch.manual_seed(0)
    below, above = torch.randn(4, *layer.below, generator=rng), torch.randn(4, *layer.above, generator=rng)
    weights = torch.randn(layer.shape, generator=rng)
    up = (layer.up(below, weights) * above).sum()
    assert up == pytest.approx((layer.down(above, weights) * below).sum().item(), rel=1e-4)
    assert up == pytest.approx(4 * (layer.product(above, below) * weights).sum().item(), rel=1e-4)


@pytest.mark.parametrize("units", UNITS)
def test_backprop_is_what_torch_differentiates(units):
    network = small_network(units=units)
    _, _, found = steps("backprop", network)
    for part in (*network.weights, *network.biases):
        part.requires_grad_(True)
    images, target = batch()
    activity = forward(network, images)
    if units == "sigmoid":
        loss = 0.5 * (activity.events[-1] - target).square().sum(dim=1).mean()
    else:
        loss = torch.nn.functional.cross_entropy(activity.potentials[-1], target)
    loss.backward()
    for (w, c), weight, bias in zip(found, network.weights, network.biases, strict=True):
        assert torch.allclose(w.detach(), weight.grad, rtol=1e-3, atol=1e-6)
        assert torch.allclose(c.detach(), bias.grad, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("units", UNITS)
def test_backprop_is_the_gradient_of_what_a_lesion_leaves(units):
    """Cells that are silenced or scaled, one by one."""
    network = small_network(units=units)
    left = torch.manual_seed(0)
    rates = [
        torch.rand(layer.above, generator=left) * (torch.rand(layer.above, generator=left) > 0.4)
        for layer in network.layers
    ]
    intact = Intact([*rates[:-1], torch.ones(10)])
    images, target = batch()
    activity = forward(network, images, intact)
    exact, bursts = (
        RULES[rule](network, activity, target, ConvStrength(teacher=0.001)) for rule in ("backprop", "burstccn")
    )
    found = gradients(network, activity, exact)
    if units == "rectified":
        for own, wanted in zip(bursts.deltas, exact.deltas, strict=True):
            assert angle(numbers(own), numbers(wanted)) < 0.5
    for part in network.weights:
        part.requires_grad_(True)
    again = forward(network, images, intact)
    if units == "sigmoid":
        loss = 0.5 * (again.events[-1] - target).square().sum(dim=1).mean()
    else:
        loss = torch.nn.functional.cross_entropy(again.potentials[-1], target)
    loss.backward()
    for (w, _), weight in zip(found, network.weights, strict=True):
        assert torch.allclose(w.detach(), weight.grad, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("units", UNITS)
@pytest.mark.parametrize(("feedback", "rule"), [("tied", "backprop"), ("random", "feedback-alignment")])
def test_burstccn_is_the_exact_rule_through_the_same_feedback(units, feedback, rule):
    """For small errors; what departs is the saturation of the dendrite."""
    network = small_network(feedback, units)
    found, wanted = steps("burstccn", network)[2], steps(rule, network)[2]
    for (w, c), (w_exact, c_exact) in zip(found, wanted, strict=True):
        assert angle(numbers(w), numbers(w_exact)) < 1
        assert w.norm() == pytest.approx(w_exact.norm().item(), rel=1e-2)
        assert angle(numbers(c), numbers(c_exact)) < 1


def test_saturation_shrinks_with_the_error():
    network = small_network()
    exact = steps("backprop", network)[2]
    far, near = (steps("burstccn", network, ConvStrength(teacher=s, top_feedback=10))[2] for s in (0.5, 0.005))
    apart = [angle(numbers(found[0][0]), numbers(exact[0][0])) for found in (far, near)]
    assert apart[1] < 0.2 * apart[0]


def test_a_factor_in_the_highest_area_is_taken_out_again():
    network = small_network()
    plain, more = (steps("burstccn", network, ConvStrength(teacher=1e-3, top_feedback=top))[2] for top in (1, 10))
    for (w, _), (w_more, _) in zip(plain, more, strict=True):
        assert w.norm() == pytest.approx(w_more.norm().item(), rel=2e-2)


@pytest.mark.parametrize("units", UNITS)
def test_without_cancelling_updates_say_nothing(units):
    """The control that must fail: event feedback that does not cancel what bursts say at rest."""
    network = small_network("uncancelled", units)
    found, exact = steps("burstccn", network)[2], steps("feedback-alignment", network)[2]
    assert angle(numbers(found[0][0]), numbers(exact[0][0])) > 45


def test_burstprop_comes_near_the_gradient():
    network = small_network(forward_gain=0.5)
    found, exact = steps("burstprop", network)[2], steps("backprop", network)[2]
    assert angle(numbers(found[1][0]), numbers(exact[1][0])) < 60


@pytest.mark.parametrize("units", UNITS)
def test_node_perturbation_is_the_gradient_on_average(units):
    torch.manual_seed(0)
    network, (images, target) = small_network(units=units), batch(4)
    images, target = images.repeat(2000, 1, 1, 1), target.repeat(2000, 1)
    activity = forward(network, images)
    strength = ConvStrength(perturbation=0.02)
    found = gradients(network, activity, RULES["node-perturbation"](network, activity, target, strength))
    exact = gradients(network, activity, RULES["backprop"](network, activity, target, strength))
    assert angle(numbers(found[-1][0]), numbers(exact[-1][0])) < 20


def test_rectified_areas_have_one_mean_square():
    activity = forward(small_network(), batch()[0])
    for events in activity.events[:-1]:
        assert torch.allclose(events.square().flatten(1).mean(dim=1), torch.ones(16), atol=1e-3)
    assert torch.allclose(activity.events[-1].sum(dim=1), torch.ones(16), atol=1e-5)


# ------------------------------------------------------------------------------------------------------ dense ones of numpy


@pytest.mark.parametrize("feedback", FEEDBACKS)
def test_dense_networks_of_sigmoids_are_those_in_numpy(feedback):
    """The same weights, images, updates and lesions; sums in another order."""
    lesions = ["area1:scale=0.9", "burst2:scale=0.8", "output:freeze@1s.."]
    lesions += [f"{part}:freeze:fraction=0.5@1s.." for part in ("burst1", "event2", "area2")]
    dense = published_conv_network(feedback=feedback, units="sigmoid", convolutions="none", dense="30,30", branches=10)
    in_numpy = published_network(feedback=feedback, areas=2, hidden=30)
    params = {"noise": 0.0, "learning_rate": 0.3}
    one = RateProgram(dense, ConvNet(epochs=2)).run(seeds=3, params=params, lesions=lesions).data
    other = RateProgram(in_numpy, Digits(epochs=2)).run(seeds=3, params=params, lesions=lesions).data
    assert np.allclose(one["mse"], other["mse"], rtol=1e-4)
    assert np.allclose(one["deviation"], other["deviation"], rtol=1e-2, atol=1e-6)
    for name in ("angle_bp", "angle_fa", "angle_wy", "angle_qy"):
        assert np.allclose(one[name], other[name], atol=0.2), name


# --------------------------------------------------------------------------------------------------------------- feedback


def test_feedback_before_learning():
    for units in UNITS:
        networks = {name: small_network(name, units) for name in FEEDBACKS}
        for name, network in networks.items():
            assert all(torch.equal(a, b) for a, b in zip(network.weights, networks["tied"].weights, strict=True))
            cancels = all(torch.allclose(q, -0.5 * y) for q, y in zip(network.events, network.bursts, strict=True))
            assert cancels == network.cancels == (name not in ("online-q", "uncancelled")), name
            copied = all(torch.equal(w, y) for w, y in zip(network.weights[1:], network.bursts, strict=True))
            assert copied == (name in ("tied", "symmetric")), name


@pytest.mark.parametrize("feedback", ["online-y", "online-q"])
def test_feedback_learns_to_cancel_channel_by_channel(feedback):
    """Without a teacher the apical potential shrinks."""
    network, size = small_network("online-q", forward_gain=0.5), []
    images = batch(200)[0]
    for _ in range(200):
        activity = forward(network, images)
        signals = RULES["burstccn"](network, activity, activity.events[-1], ConvStrength())
        size.append(np.mean([d.abs().mean() for d in signals.deviation[:-1]]))
        learned, weights = (
            (learned_bursts, network.bursts) if feedback == "online-y" else (learned_events, network.own_events)
        )
        for w, step in zip(weights, learned(network, activity, signals, 2), strict=True):
            w -= 0.05 * step
    assert size[-1] < 0.5 * size[0]


def training(lesions=(), **more):
    model = published_conv_network(**AREAS, device="cpu", **more)
    program = RateProgram(model, ConvNet(epochs=2))
    parameters = model.parameters.replace(weight_decay=0.02, warmup=0)
    run = program.requests([1], program.protocol, parameters, lesions)[0]
    data = OnDevice(image_set(), "cpu")
    return Training(model, run, data, model.new_network(run))


def test_kolen_pollack_feedback_comes_to_its_forward_weights():
    """What is apart decays with every step, momentum and all, and nothing else moves it (Akrout et al. 2019)."""
    found = training(feedback="kolen-pollack", schedule="constant")
    network = found.network
    before = [w - y for w, y in zip(network.weights[1:], network.bursts, strict=True)]
    found.epoch(0)
    left, velocity = 1.0, 0.0
    for _ in range(1437 // 32):
        velocity = 0.9 * velocity + 0.02 * left
        left -= 0.1 * velocity
    for w, y, apart in zip(network.weights[1:], network.bursts, before, strict=True):
        assert torch.allclose(w - y, left * apart, rtol=1e-2, atol=1e-4)
    assert network.cancels


def test_feedback_that_is_frozen_alone_no_longer_cancels():
    found = training(as_lesions("event1:freeze@1s.."), feedback="kolen-pollack")
    found.epoch(0)
    assert found.network.cancels
    frozen = found.network.events[0].clone()
    found.epoch(1)
    assert torch.equal(found.network.events[0], frozen)
    assert torch.allclose(found.network.events[1], -0.5 * found.network.bursts[1], atol=1e-6)
    assert not torch.allclose(found.network.events[0], -0.5 * found.network.bursts[0], atol=1e-3)


def test_steps_rise_and_fall():
    """Step by step, as published: from one step's part of the warmup to 1, then half a cosine to 0."""
    found, protocol = training(), ConvNet(epochs=10)
    parameters = found.model.parameters.replace(warmup=2)
    found.run = RateProgram(found.model, protocol).requests([1], protocol, parameters, ())[0]
    found.parameters["warmup"] = 2.0
    steps = np.arange(0, 10, 0.1)
    paces = np.array([found.pace(done, 0.1) for done in steps])
    assert paces[0] == pytest.approx(0.05)
    assert np.allclose(np.diff(paces[:20]), 0.05)
    assert paces[20] == 1
    assert np.all(np.diff(paces[20:]) < 0)
    assert paces[60] == pytest.approx(0.5)
    assert 0 < paces[-1] < 0.01
    found.parameters["warmup"] = 10.0
    assert found.pace(0.0, 0.1) == 1


# ---------------------------------------------------------------------------------------------------------- images that move


def test_images_move_whole():
    data = OnDevice(image_set(), "cpu")
    images = data.train[:50]
    moved = data.moved(images, 2, False, np.random.default_rng(0))
    assert moved.shape == images.shape
    shifts = set()
    for image, one in zip(images, moved, strict=True):
        padded = torch.nn.functional.pad(image, (2, 2, 2, 2), value=data.black)
        fits = [(i, j) for i in range(5) for j in range(5) if torch.equal(padded[:, i : i + 8, j : j + 8], one)]
        assert fits
        shifts.add(fits[0])
    assert len(shifts) > 10
    flipped = data.moved(images, 0, True, np.random.default_rng(0))
    same = (flipped == images).flatten(1).all(dim=1)
    assert 10 < same.sum() < 40
    assert torch.equal(flipped[~same], images[~same].flip(3))
    assert data.moved(images, 0, False, np.random.default_rng(0)) is images


# ---------------------------------------------------------------------------------------------------------------- lesions


def learned(rule="burstccn", feedback="own", lesions=(), epochs=2, **params):
    model = published_conv_network(rule, feedback, **AREAS)
    return RateProgram(model, ConvNet(epochs=epochs)).run(seeds=1, lesions=list(lesions), params=params)


def test_lesions_reach_areas_and_feedback():
    whole = learned().data
    assert whole["error"].values[0, -1] < 0.3
    late = learned(lesions=["area1:silence@1s.."]).data
    assert late["error"].values[0, 0] == whole["error"].values[0, 0]
    assert late["error"].values[0, 1] > 0.8
    # without any feedback hidden areas do not learn, and their update is none
    off = learned(lesions=["burst1:scale=0", "event1:scale=0"]).data
    assert np.isnan(off["angle_bp"].values[0, :, 0]).all()
    assert np.isfinite(off["angle_bp"].values[0, :, 1]).all()
    one = learned(lesions=["event1:scale=0"]).data
    assert one["deviation"].values[0, -1, 0] > 2 * whole["deviation"].values[0, -1, 0]


@pytest.mark.parametrize("hurt", [(), ("area1:silence:fraction=0.5",), ("area1:scale=0.5", "burst1:scale=0.5")])
def test_angles_are_to_the_gradient_of_what_lesions_of_areas_leave(hurt):
    """Back-propagation is at no angle to itself; a lesion of its feedback that is the same for all cells only makes it shorter."""
    assert learned("backprop", lesions=hurt).data["angle_bp"].values.max() < 0.1


def test_frozen_areas_keep_their_weights():
    frozen = learned(lesions=["area1:freeze", "area2:freeze", "output:freeze"]).data
    assert np.all(frozen["error"].values == frozen["error_before"].values[:, None])


def test_a_channel_learns_less_the_more_of_its_cells_are_frozen():
    """Its weights are shared: what is left is the mean over its places."""
    left = training(as_lesions("area1:freeze:fraction=0.5"), feedback="random").learning(0)
    assert left[0].shape == (4, 1, 1, 1)
    assert float(left[0].mean()) == pytest.approx(0.5, abs=0.02)
    assert float(left[0].min()) > 0
    assert all(one.ndim == 0 for one in left[1:])


def test_calibration_has_no_teacher():
    model = published_conv_network(feedback="online-y", **AREAS)
    data = RateProgram(model, ConvNet(epochs=1, calibration=2)).run(seeds=1).data
    assert np.all(data["mse"].values[0, :2] == data["mse_before"].values[0])
    assert data["mse"].values[0, 2] < data["mse_before"].values[0]


@pytest.mark.parametrize("rule", list(RULES))
def test_every_rule_runs_and_draws(rule):
    result = learned(rule, epochs=1)
    assert np.isfinite(ConvNet().metrics(result)["final.error"].mean)
    assert {ax.get_label() for ax in digits_figure(result).axes} == {"error", "updates", "feedback"}


def test_a_seed_is_the_same_twice_and_alone():
    model = published_conv_network(feedback="online-y", **AREAS)
    program = RateProgram(model, ConvNet(epochs=2))
    both, again, alone = (program.run(seeds=seeds).data for seeds in ([1, 2], [1, 2], [2]))
    assert both.equals(again)
    assert both.sel(seed=[2]).equals(alone)


def test_torch_is_left_as_it_was():
    """Threads, its own random numbers, and precision, whichever of its ways of setting it was used."""
    matmul = torch.backends.cuda.matmul
    name = "fp32_precision" if hasattr(matmul, "fp32_precision") else "allow_tf32"
    before, threads = getattr(matmul, name), torch.get_num_threads()
    try:
        setattr(matmul, name, "tf32" if name == "fp32_precision" else True)
        torch.manual_seed(5)
        wanted = torch.rand(3)
        torch.manual_seed(5)
        learned("burstccn", "online-y", epochs=1)
        assert torch.equal(torch.rand(3), wanted)
        assert getattr(matmul, name) in ("tf32", True)
    finally:
        setattr(matmul, name, before)
    assert torch.get_num_threads() == threads
    assert not torch.is_inference_mode_enabled()


def test_what_a_result_was_computed_with():
    provenance = learned(epochs=1).about["provenance"]
    assert provenance["torch"] == torch.__version__
    assert provenance["device"] == torch_device()


@pytest.mark.parametrize("units", UNITS)
@pytest.mark.parametrize("feedback", FEEDBACKS)
def test_everything_is_on_one_device(feedback, units, monkeypatch):
    """On torch's device without numbers, where tensors of different devices do not mix, as on a GPU."""
    monkeypatch.setattr(burstccn_conv, "torch_device", lambda device: "meta")
    model = published_conv_network(feedback=feedback, units=units, **AREAS)
    protocol = ConvNet(epochs=1, calibration=1)
    parameters = model.parameters.replace(noise=0.1, shift=1, flip=1)
    hurt = ["area1:scale=0.5", "burst1:scale=0.5", "event2:scale=0.5"]
    hurt += [f"{part}:freeze:fraction=0.5" for part in ("area1", "area2", "burst1", "event2")]
    run = RateProgram(model, protocol).requests([1], protocol, parameters, as_lesions(hurt))[0]
    found = Training(model, run, OnDevice(image_set(), "meta"), model.new_network(run))
    with torch.inference_mode():
        found.epoch(0)
        found.epoch(1)
    assert {part.device.type for part in (*found.network.weights, *found.network.bursts)} == {"meta"}


def test_rules_are_named_without_torch():
    assert tuple(RULES) == STRUCTURE["rule"].allowed


def test_a_batch_and_a_shift_fit_the_images():
    with pytest.raises(ArgumentError, match="batch=2000.*1437"):
        RateProgram(published_conv_network(batch=2000), ConvNet(epochs=1)).run()
    with pytest.raises(ArgumentError, match="shift=8.*8 pixels"):
        RateProgram(published_conv_network(), ConvNet(epochs=1)).run(params={"shift": 8})
    for name in ("batch", "branches"):
        with pytest.raises(ArgumentError, match=f"{name}='0'"):
            published_conv_network(**{name: 0})


def test_perturbed_nodes_do_not_take_noise_for_their_doing():
    """The error's change is of one network with and without what was added, whatever noise the trial had."""
    network, (images, target) = small_network(), batch()
    found = []
    for noise in (0.0, 0.5):
        torch.manual_seed(1)
        activity = forward(network, images, noise=noise)
        activity.inputs[0] = images
        torch.manual_seed(2)
        found.append(RULES["node-perturbation"](network, activity, target, ConvStrength()).deltas)
    for clean, noisy in zip(*found, strict=True):
        assert torch.allclose(clean, noisy, rtol=1e-4, atol=1e-4)


def test_no_gpu_is_said_before_anything_runs():
    if torch.cuda.is_available():
        assert torch_device() == torch_device("cuda") == "cuda"
    else:
        assert torch_device() == "cpu"
        with pytest.raises(ArgumentError, match="torch finds no GPU"):
            RateProgram(BurstCCNConv(device="cuda"), ConvNet(epochs=1)).run(seeds=1)


def test_images_of_another_shape_are_refused(tmp_path, monkeypatch):
    x, y = np.random.default_rng(0).integers(0, 256, (40, 4, 4), dtype=np.uint8), np.arange(40) % 10
    np.savez(tmp_path / "mnist.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    monkeypatch.setenv("BURSTNET_DATA", str(tmp_path))
    monkeypatch.setattr(burstccn_rate_images, "image_set", image_set.__wrapped__)
    with pytest.raises(ArgumentError, match=r"\(1, 4, 4\).*\(1, 28, 28\)"):
        RateProgram(published_conv_network(images="mnist"), ConvNet(epochs=1)).run(seeds=1)


def test_coloured_images_of_ones_own(tmp_path, monkeypatch):
    """CIFAR-10's published network on a made-up file: it runs and learns by heart what it is shown."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (96, 32, 32, 3), dtype=np.uint8), np.arange(96) % 10
    np.savez(tmp_path / "cifar10.npz", x_train=x, y_train=y, x_test=x[:20], y_test=y[:20])
    monkeypatch.setenv("BURSTNET_DATA", str(tmp_path))
    monkeypatch.setattr(burstccn_rate_images, "image_set", image_set.__wrapped__)
    setup = EXPERIMENT.prepare({"images": "cifar10", "epochs": "3", "convolutions": "8x5/2,16x5/2,16x3", "dense": "50"})
    data = RateProgram(setup.system, setup.protocol).run(seeds=1, params=setup.values).data
    assert data.sizes["area"] == 4
    assert np.isfinite(data["angle_bp"].values).all()
