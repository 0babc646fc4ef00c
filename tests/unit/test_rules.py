"""Learning rules: the exact gradient against finite differences, the others against it and against what they claim."""

from __future__ import annotations

import numpy as np
import pytest

from burstnet.analysis.alignment import align, angle, cosine, descent_efficiency, norm_ratio, sign_agreement
from burstnet.errors import ArgumentError
from burstnet.rules import (
    RFLO,
    BackPropagation,
    Episode,
    EProp,
    NodePerturbation,
    RandomFeedback,
    TanhNetwork,
    cards,
)
from burstnet.rules.network import PROJECTIONS

EVERY = (BackPropagation(), BackPropagation(horizon=2), EProp(), EProp("random"), RFLO(), RandomFeedback())


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def episode(rng):
    told = np.array([False, True, False, True, True, True])
    return Episode(rng.normal(size=(6, 8, 3)), rng.normal(size=(6, 8, 2)), told)


@pytest.fixture
def network(rng):
    return TanhNetwork.random(3, 12, 2, rng, alpha=0.4)


def test_back_propagation_is_the_gradient_to_one_in_a_million(network, episode, rng):
    update = BackPropagation().update(network, episode, rng)
    step = 1e-5
    for name in PROJECTIONS:
        for at in np.ndindex(update[name].shape):
            nudge = {other: np.zeros_like(update[other]) for other in PROJECTIONS}
            nudge[name][at] = step
            up, down = (network.changed(nudge, sign).run(episode).loss.mean() for sign in (1, -1))
            assert -update[name][at] == pytest.approx((up - down) / (2 * step), rel=1e-6, abs=1e-9)


def test_windows_as_long_as_the_episode_are_exact_and_of_one_step_keep_the_error_of_that_step(network, episode, rng):
    exact, whole = (BackPropagation(h).update(network, episode, rng) for h in (None, 6))
    for name in PROJECTIONS:
        np.testing.assert_array_equal(exact[name], whole[name])
    one = BackPropagation(1).update(network, episode, rng)
    # without a past, traces and windows of one step are the same
    forgetful = TanhNetwork(network.W_in, network.W_rec, network.W_out, alpha=0.0)
    traces = EProp().update(forgetful, episode, rng)
    np.testing.assert_allclose(BackPropagation(1).update(forgetful, episode, rng)["W_rec"], traces["W_rec"], rtol=1e-12)
    assert cosine(one["W_rec"], exact["W_rec"]) < 0.999


def test_eprop_is_exact_where_no_cell_hears_another(network, episode, rng):
    deaf = TanhNetwork(network.W_in, np.zeros_like(network.W_rec), network.W_out, alpha=0.7)
    exact, traces = (rule.update(deaf, episode, rng) for rule in (BackPropagation(), EProp()))
    for name in PROJECTIONS:
        np.testing.assert_allclose(traces[name], exact[name], rtol=1e-10, atol=1e-12)


def test_random_weights_are_fixed_and_the_true_ones_would_give_the_gradient(network, episode, rng):
    for kind in (RFLO, RandomFeedback):
        once, again, other = (kind(seed).update(network, episode, rng) for seed in (1, 1, 2))
        np.testing.assert_array_equal(once["W_rec"], again["W_rec"])
        assert cosine(once["W_rec"], other["W_rec"]) < 0.9
    rflo, eprop = (rule.update(network, episode, rng) for rule in (RFLO(), EProp()))
    # the read-out learns the same way in all; weights through which errors come make the difference
    np.testing.assert_array_equal(rflo["W_out"], eprop["W_out"])
    assert abs(cosine(rflo["W_rec"], eprop["W_rec"])) < 0.9


def test_node_perturbation_is_the_gradient_on_average_and_far_from_it_once(network, episode, rng):
    exact = BackPropagation().update(network, episode, rng)
    often = NodePerturbation(repeats=1000).update(network, episode, np.random.default_rng(1))
    once = NodePerturbation().update(network, episode, np.random.default_rng(1))
    for name in ("W_in", "W_rec"):
        assert cosine(often[name], exact[name]) > 0.9
        assert norm_ratio(often[name], exact[name]) == pytest.approx(1, abs=0.2)
        assert cosine(once[name], exact[name]) < 0.6


def test_alignment_with_the_gradient_falls_from_exact_to_symmetric_to_random(rng):
    """Over twenty networks: tests of one would be luck."""
    found = {rule.card.name: [] for rule in EVERY}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        network = TanhNetwork.random(3, 30, 2, rng, alpha=0.5)
        episode = Episode(rng.normal(size=(8, 10, 3)), rng.normal(size=(8, 10, 2)))
        exact = BackPropagation().update(network, episode, rng)
        for rule in EVERY:
            found[rule.card.name].append(align(rule.update(network, episode, rng), exact)["W_rec"].cosine)
    mean = {name: np.mean(values) for name, values in found.items()}
    assert mean["BPTT"] == pytest.approx(1)
    assert 0.5 < mean["e-prop, symmetric"] < 0.99
    # two outputs and thirty cells: random weights know nothing of the right direction before learning
    for name in ("e-prop, random", "RFLO", "random feedback"):
        assert abs(mean[name]) < 0.2, name


def test_every_rule_learns_where_a_readout_alone_does_not():
    """A cue in the first step is asked for in the last, which cells that forget cannot tell without learning to."""
    rng = np.random.default_rng(0)
    start = TanhNetwork.random(4, 30, 2, rng, alpha=0.2)
    x = np.zeros((5, 4, 4))
    x[0] = np.eye(4)
    y = np.broadcast_to(np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]), (5, 4, 2)).copy()
    episode = Episode(x, y, np.arange(5) == 4)

    def trained(rule, names=PROJECTIONS, rate=0.2):
        network = start
        for _ in range(400):
            update = rule.update(network, episode, rng)
            network = network.changed({name: update[name] * (name in names) for name in PROJECTIONS}, rate)
        return float(network.run(episode).loss.mean())

    alone = trained(BackPropagation(), names=("W_out",))
    assert alone > 0.3
    assert trained(BackPropagation()) < 0.01
    # traces that decay within a step or two, and errors of the last step alone: less than exact, more than nothing
    for rule in (EProp(), RFLO(), RandomFeedback()):
        assert trained(rule) < 0.7 * alone, rule.card.name
    # noise in 150 places at a time allows a tenth of the rate
    assert trained(NodePerturbation(), rate=0.02) < 0.7 * alone


def test_cards_say_what_a_rule_reads():
    assert not BackPropagation().card.local_in_space and not BackPropagation().card.local_in_time
    assert EProp().card.local_in_time and not EProp().card.local_in_space
    assert RFLO().card.local_in_space and RFLO().card.local_in_time
    assert RandomFeedback().card.local_in_space and not RandomFeedback().card.local_in_time
    assert NodePerturbation().card.phases == 2
    table = cards([*EVERY, NodePerturbation()])
    assert table.splitlines()[0].split("  ")[-1].strip() == "node perturbation"
    assert len(table.splitlines()) == 9
    assert "fixed random weights" in str(RFLO().card)


def test_alignment_of_known_vectors():
    assert cosine([1, 0], [1, 1]) == pytest.approx(np.sqrt(0.5)) and angle([1, 0], [0, 2]) == pytest.approx(90)
    assert np.isnan(cosine([0, 0], [1, 1])) and np.isnan(norm_ratio([1, 1], [0, 0]))
    assert cosine([1e-200, 0], [1e-200, 1e-200]) == pytest.approx(np.sqrt(0.5))
    assert sign_agreement([1, -1, 0, 2], [3, 1, 1, 1]) == pytest.approx(2 / 3)
    assert norm_ratio([3, 4], [0, 1]) == pytest.approx(5)
    np.testing.assert_allclose(cosine([[1, 0], [0, 1]], [[2, 0], [1, 0]], axis=1), [1, 0])
    gradient = {"a": np.array([1.0, 0]), "b": np.array([0, 1.0])}
    assert descent_efficiency({name: -g for name, g in gradient.items()}, gradient) == pytest.approx(1)
    assert descent_efficiency({"a": [-1, 0], "b": [0, 0]}, gradient) == pytest.approx(np.sqrt(0.5))


def test_errors_name_what_is_wrong(network, rng):
    with pytest.raises(ArgumentError, match="shapes .* are not allowed"):
        cosine([1, 2], [1, 2, 3])
    with pytest.raises(ArgumentError, match="projection 'W_im'.*mean 'W_in'"):
        align({"W_im": [[1]]}, {"W_in": [[1]]})
    with pytest.raises(ArgumentError, match="feedback 'symetric'.*mean 'symmetric'"):
        EProp("symetric")
    with pytest.raises(ArgumentError, match="horizon=0"):
        BackPropagation(0)
    with pytest.raises(ArgumentError, match="sigma=-1"):
        NodePerturbation(-1)
    with pytest.raises(ArgumentError, match="alpha=1"):
        TanhNetwork(network.W_in, network.W_rec, network.W_out, alpha=1)
    with pytest.raises(ArgumentError, match="W_rec"):
        TanhNetwork(network.W_in, network.W_in, network.W_out)
    with pytest.raises(ArgumentError, match="told of shape"):
        Episode(np.zeros((3, 1, 2)), np.zeros((3, 1, 2)), np.ones(2))
    with pytest.raises(ArgumentError, match="x of shape"):
        Episode(np.zeros((3, 1, 2)), np.zeros((3, 2, 2)))
