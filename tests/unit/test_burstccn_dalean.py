"""Interneurons add up to the feedback they are made of; lesions of each; SST cells and the rank of feedback. In numpy alone."""

import numpy as np
import pytest

from burstnet.analysis.dimensionality import effective_rank, participation_ratio
from burstnet.datasets import image_set
from burstnet.errors import ArgumentError
from burstnet.models.burstccn_dalean import BurstCCNDalean, UnitParameters
from burstnet.models.burstccn_dalean_images import DaleanImages
from burstnet.models.burstccn_dalean_network import Spared, apical, bursting, excite, feedback_of, new_area, taught
from burstnet.models.burstccn_rate_network import Network, forward
from burstnet.models.burstccn_rate_rules import Strength, burstccn, gradients
from burstnet.plots import feedback_rank_figure, silencing_figure
from burstnet.protocols.feedback_rank import EXPERIMENT, FeedbackRank
from burstnet.protocols.silencing import Silencing
from burstnet.rate_program import RateProgram


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("rank", [None, 3])
def test_interneurons_add_up_to_the_feedback(rank):
    wanted = rng().standard_normal((8, 12))
    found = feedback_of(wanted, 0.5, rank)
    for part in (found.event_direct, found.event_ndnf, found.to_sst, found.to_vip, found.from_sst, found.sst_drive):
        assert (part >= 0).all()
    assert found.to_sst.shape == (8, 2 * (rank or 8))
    assert np.allclose(found.events, -0.5 * found.bursts)
    assert np.linalg.matrix_rank(found.bursts) == (rank or 8)
    assert np.linalg.norm(found.bursts) == pytest.approx(np.linalg.norm(wanted))
    if rank is None:
        assert np.allclose(found.bursts, wanted)
    events, p = rng(1).random((20, 8)), rng(2).random((20, 8))
    heard = apical(found, p * events, events, 0.5)
    assert np.allclose(heard.potential, (p * events) @ found.bursts + events @ found.events)
    assert np.allclose(heard.resting, 0, atol=1e-12)
    assert (heard.sst >= 0).all()


def test_a_step_is_that_of_the_model_without_interneurons():
    sizes = (6, 9, 7, 4)
    weights = [rng(k).standard_normal(pair) for k, pair in enumerate(zip(sizes[1:], sizes[:-1], strict=True))]
    images, target = rng(8).standard_normal((5, 6)), np.eye(4)[[0, 3, 1, 1, 2]]
    plain = Network(
        weights, [np.zeros(n) for n in sizes[1:]], weights[1:], [-0.5 * w for w in weights[1:]], "tied", 0.5
    )
    activity = forward(plain, images)
    wanted = gradients(activity, burstccn(plain, activity, target, Strength(), rng()))
    areas, below, events = [new_area(w) for w in weights], images, []
    for area in areas:
        below, pv = excite(area, below)
        events.append(below)
        assert np.array_equal(pv, images) or len(events) > 1
    p = taught(target, events[-1], 0.5, 0.5)
    for k in (2, 1, 0):
        if k < 2:
            heard = apical(feedback_of(weights[k + 1], 0.5), p * events[k + 1], events[k + 1], 0.5)
            p = bursting(heard.potential, events[k], 0.5)
        change = ((p - 0.5) * events[k] / 0.25).T @ (images if k == 0 else events[k - 1]) / 5
        assert np.allclose(change, -wanted[k][0])


def test_rates_are_never_negative_but_those_that_follow_images():
    left = Spared({"sst": np.array([0.0, 1.0])}, {"sst": np.array([1.0, -9.0])})
    assert np.array_equal(left.rates("sst", np.array([[2.0, 3.0]])), [[0.0, 0.0]])
    assert np.array_equal(Spared().rates("pv", np.array([-1.0])), [-1.0])
    assert np.array_equal(Spared().rates("vip", np.array([-1.0])), [0.0])


def unit(lesions=(), **params):
    return RateProgram(BurstCCNDalean(), Silencing(updates=12)).run(seeds=[1, 9], lesions=lesions, params=params)


def test_lesions_of_interneurons_have_windows():
    whole, late = unit().data, unit("sst:silence@6s..").data
    name = "burst_probability"
    assert np.array_equal(late[name].values[:, :6], whole[name].values[:, :6])
    assert (late[name].values[:, 6] > 0.7).all()
    # driven NDNF cells inhibit dendrites, without VIP cells nothing holds SST cells back
    for lesion in ("ndnf:current=0.5", "vip:silence"):
        assert (unit(lesion).data[name].values[:, 0] < whole[name].values[:, 0]).all()
    frozen = unit("pyramidal:freeze").data
    assert np.array_equal(frozen["direct_weight"].values[:, -1], frozen["direct_weight_before"].values)


def test_homeostasis_brings_the_burst_probability_back():
    lesion = "ndnf:silence"
    with_it, without = unit(lesion), unit(lesion, homeostasis=0)
    back, stays = (np.array(Silencing().metrics(one)["last_deviation"].per_seed) for one in (with_it, without))
    assert (abs(back) < 0.2 * stays).all()


@pytest.mark.parametrize(
    ("lesion", "hears"), [((), True), ("ndnf:silence", True), ("sst:silence", False), ("vip:silence", False)]
)
def test_what_is_taught_comes_through_sst_and_vip_cells(lesion, hears):
    down = {"least_change": -0.2, "largest_change": -0.1}
    up, other = (unit(lesion, **params).data["direct_weight"].values for params in ({}, down))
    assert np.array_equal(up, other) != hears


def test_figures_draw_what_was_recorded():
    result = unit()
    axes = {ax.get_label(): ax for ax in silencing_figure(result).axes}
    assert set(axes) == {"weights", "bursts", "events"}
    assert np.allclose(axes["bursts"].lines[0].get_ydata(), result.data["burst_probability"].values.mean(axis=0))
    result = images(epochs=2)
    axes = {ax.get_label(): ax for ax in feedback_rank_figure(result).axes}
    assert {f"area {k}" for k in (1, 2)} <= {line.get_label() for line in axes["directions"].lines}


def images(epochs=1, lesions=(), params=None, **structure):
    model = DaleanImages(**({"areas": 2, "hidden": 20} | structure))
    return RateProgram(model, FeedbackRank(epochs=epochs)).run(seeds=1, lesions=lesions, params=params)


def test_few_sst_cells_leave_few_directions():
    data = images(sst=2).data
    assert (data["participation"].values <= 2 + 1e-6).all()
    assert (data["effective_rank_before"].values <= 2 + 1e-6).all()
    whole = images().data
    assert (whole["apical_angle_before"].values < 5).all()
    assert (data["apical_angle_before"].values > 10).all()
    reduced = DaleanImages(areas=2, hidden=20, sst=8, reduced_area=1, reduced_sst=3)
    assert reduced.ranks == [3, 8]
    assert reduced.populations["sst1"] == reduced.populations["vip1"] == 6
    found = FeedbackRank().metrics(images(sst=2))
    assert found["final.participation.area2"].unit == "1"


def test_lesions_of_one_area():
    whole, off = images().data, images(lesions=["sst1:silence"]).data
    assert off["deviation_before"].values[0, 0] > 10 * whole["deviation_before"].values[0, 0]
    assert np.allclose(off["deviation_before"].values[0, 1], whole["deviation_before"].values[0, 1])
    half = images(lesions=["sst1:silence:fraction=0.5"]).data
    assert half["error"].shape == whole["error"].shape


def test_learning_cancels_event_feedback():
    """Weights from SST cells learn what the dendrite hears at rest, here of NDNF cells that are half as active."""
    lesion = ["ndnf1:scale=0.5", "area1:freeze", "area2:freeze", "output:freeze"]
    stays, learns = (images(2, lesion, {"sst_rate": rate}).data["deviation"].values[0, -1, 0] for rate in (0, 0.02))
    assert learns < 0.8 * stays


def test_directions():
    two = rng().standard_normal((300, 2)) @ np.linalg.qr(rng(1).standard_normal((6, 6)))[0][:2]
    assert participation_ratio(two) == pytest.approx(2, abs=0.1)
    assert effective_rank(two) == pytest.approx(2, abs=0.1)
    assert np.isnan(participation_ratio(np.ones((5, 3))))


def test_refused():
    with pytest.raises(ArgumentError, match="rank=9"):
        feedback_of(np.ones((8, 4)), 0.5, 9)
    with pytest.raises(ArgumentError, match="sst=60"):
        EXPERIMENT.prepare({"sst": "60"})
    with pytest.raises(ArgumentError, match="reduced_sst=11"):
        DaleanImages(reduced_area=4, reduced_sst=11)
    with pytest.raises(ArgumentError, match="weakest"):
        UnitParameters(weakest=0.9)
    with pytest.raises(ArgumentError, match="updates=1.5"):
        Silencing(updates=1.5)
    with pytest.raises(ArgumentError, match=r"fashion-mnist\.npz"):
        image_set("fashion-mnist", "nowhere")
