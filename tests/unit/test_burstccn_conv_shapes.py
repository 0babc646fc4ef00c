"""Convolutional BurstCCN as it is described and refused: areas, settings, images. Nothing here needs torch, which is an extra."""

import sys

import numpy as np
import pytest

from burstnet.datasets import image_set
from burstnet.errors import ArgumentError
from burstnet.models.burstccn_conv import STRUCTURE, BurstCCNConv, ConvParameters, published_conv_network
from burstnet.models.burstccn_conv_shapes import Convolution, Stage, convolutions, dense_areas, stages
from burstnet.protocols.convnet import EXPERIMENT, ConvNet
from burstnet.rate_program import RateProgram

# ------------------------------------------------------------------------------------------------------------------ areas


def test_areas_are_read():
    assert convolutions("64x5/2, 128x3") == [Convolution(64, 5, 2), Convolution(128, 3)]
    assert convolutions("none") == dense_areas("none") == []
    assert dense_areas("1500,100") == [1500, 100]


@pytest.mark.parametrize(
    "text", ["", "64", "64x", "x3", "64x0", "64x3/0", "0x3", "64x3;32x3", "64x3,", "__import__('os')"]
)
def test_areas_that_cannot_be_read(text):
    with pytest.raises(ArgumentError, match="CHANNELSxKERNEL"):
        convolutions(text)


@pytest.mark.parametrize("text", ["", "0", "-3", "12.5", "100,", "ten"])
def test_cells_that_cannot_be_read(text):
    with pytest.raises(ArgumentError, match="cells of every area"):
        dense_areas(text)


def test_shapes_of_the_published_network():
    """Source: published code of BurstCCN, CIFAR-10: no padding, 256 channels of 3 x 3 places below 1500 cells."""
    model = published_conv_network(images="cifar10")
    assert [stage.above for stage in model.stages] == [(64, 14, 14), (128, 5, 5), (256, 3, 3), (1500,), (10,)]
    assert model.populations == {"area1": 12544, "area2": 3200, "area3": 2304, "area4": 1500, "output": 10}
    p = model.parameters
    assert [float(x) for x in (p.learning_rate, p.momentum, p.weight_decay, p.smoothing)] == [1e-3, 0.9, 1e-4, 0.05]
    assert [float(x) for x in (p.teacher, p.top_feedback_scale, p.output_shift)] == [0.1, 10, 1]


def test_an_area_sees_no_more_than_there_is():
    assert stages((1, 8, 8), [Convolution(4, 8)], [])[0] == Stage((1, 8, 8), (4, 1, 1), 8)
    with pytest.raises(ArgumentError, match="area 2 of convolutions sees 5 x 5 places.*4 x 4"):
        stages((1, 8, 8), [Convolution(4, 5), Convolution(4, 5)], [])
    with pytest.raises(ArgumentError, match="at least one hidden area"):
        stages((1, 8, 8), [], [])


# --------------------------------------------------------------------------------------------------------------- settings


def test_settings_are_refused_with_what_is_allowed():
    for settings, match in (
        ({"convolutions": "16x3,32"}, "convolutions='16x3,32' is not allowed"),
        ({"convolutions": "16x9"}, "more than the 8 x 8"),
        ({"dense": "many"}, "dense='many' is not allowed"),
        ({"units": "rectifed"}, "rectified"),
        ({"rule": "edn"}, "rule"),
        ({"images": "cifar"}, "cifar10"),
        ({"device": "gpu"}, "device"),
        ({"rule": "backprop", "feedback": "random"}, "use rule='feedback-alignment'"),
        ({"rule": "burstprop", "feedback": "online-q"}, "only 'burstccn'"),
        ({"feedback": "online-y", "branches": "3"}, "branches=3.*evenly: 1, 2"),
        ({"epochs": "2.5"}, "epochs=2.5"),
        ({"hidden.n": "10"}, "hidden.n"),
    ):
        with pytest.raises(ArgumentError, match=match):
            EXPERIMENT.prepare(settings)
    for settings, match in (
        ({"momentum": 1}, "at least 0 and below 1"),
        ({"flip": 2}, "0 or 1"),
        ({"shift": 1.5}, "whole number of pixels"),
        ({"learning_rate": -1}, "at least 0"),
    ):
        with pytest.raises(ArgumentError, match=match):
            RateProgram(BurstCCNConv(), ConvNet()).run(params=settings)


def test_numbers_belong_to_what_is_learned():
    """Every set of images, with any feedback and units, has a network that can be described without torch."""
    for images in STRUCTURE["images"].allowed:
        for feedback in ("own", "random", "kolen-pollack", "online-y"):
            for units in ("rectified", "sigmoid"):
                model = published_conv_network(images=images, feedback=feedback, units=units)
                assert model.session_s(ConvNet()) > 0
                assert model.memory(ConvNet()) > 5e8
                assert model.course == ("constant" if units == "sigmoid" else "cosine")
                assert set(model.lesionable) - {"output"} <= set(model.populations) | set(model.projections)
    assert float(published_conv_network(feedback="online-y").parameters.noise) == 0.1
    assert float(published_conv_network(units="sigmoid", images="mnist").parameters.learning_rate) == 0.15


def test_without_torch_a_run_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    program = RateProgram(BurstCCNConv(), ConvNet(epochs=1))
    with pytest.raises(ArgumentError, match=r"pip install 'burstnet\[torch\]'"):
        program.run(seeds=1)


def test_parameters_of_protocol_and_model_are_apart():
    assert not set(ConvParameters.declared()) & set(ConvNet.declared())
    assert set(STRUCTURE) == set(BurstCCNConv().fixed())


# ----------------------------------------------------------------------------------------------------------------- images


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ((8, 8), (1, 8, 8)),
        ((784,), (1, 28, 28)),
        ((3072,), (3, 32, 32)),
        ((32, 32, 3), (3, 32, 32)),
        ((3, 8, 8), (3, 8, 8)),
        ((7,), (1, 1, 7)),
    ],
)
def test_images_have_channels_and_sides(tmp_path, given, shape):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (30, *given), dtype=np.uint8), rng.integers(0, 10, 30)
    np.savez(tmp_path / "own.npz", x_train=x, y_train=y, x_test=x[:5], y_test=y[:5])
    data = image_set("fashion-mnist", str(tmp_path / "own.npz"))
    assert data.shape == shape
    wanted = (x - x.mean()) / x.std()
    wanted = np.moveaxis(wanted, 3, 1) if given == (32, 32, 3) else wanted
    assert np.allclose(data.train, wanted.reshape(30, -1), atol=1e-5)
