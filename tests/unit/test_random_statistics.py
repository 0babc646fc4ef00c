"""Draws are uniform, pulses come with their probability, and all of them are independent of each other."""

import itertools

import numpy as np
import pytest
from scipy import stats

from burstnet import pulses as pls
from burstnet import random as rng

P_VALUE = 1e-4


def uniforms(word, seed, stream, cells, steps):
    """Draws of shape (steps, cells), as the numpy target makes them."""
    index = np.arange(cells, dtype=np.int32)
    return np.stack([rng._cell_uniform_numpy(word, seed, stream, index, step) for step in range(steps)])


def pulses(half, p, seed, stream, cells, steps, q=None):
    """Pulses of shape (steps, cells) as the numpy target makes them; the other channel's if `q` is given."""
    index, place = np.arange(cells, dtype=np.int32), (seed, stream)
    if q is None:
        return np.stack([pls._cell_pulse_numpy(half, p, *place, index, step) for step in range(steps)])
    return np.stack([pls._cell_other_pulse_numpy(half, p, q, *place, index, step) for step in range(steps)])


def chi_square_uniform(values, bins=64):
    return stats.chisquare(np.bincount((values.ravel() * bins).astype(int), minlength=bins)).pvalue


def chi_square_joint(x, y, bins=16):
    """Whether the joint bins of two sets of uniform numbers are equally full."""
    both = (x.ravel() * bins).astype(int) * bins + (y.ravel() * bins).astype(int)
    return stats.chisquare(np.bincount(both, minlength=bins * bins)).pvalue


def assert_independent(x, y):
    assert stats.pearsonr(x.ravel(), y.ravel()).pvalue > P_VALUE
    assert chi_square_joint(x, y) > P_VALUE


@pytest.mark.parametrize("seed", [0, 1, 2, rng.MAX_SEED])
def test_uniform(seed):
    for word in range(4):
        u = uniforms(word, seed, rng.stream_number("input.noise"), 200, 500)
        assert 0 < u.min() and u.max() < 1
        assert chi_square_uniform(u) > P_VALUE
        assert stats.kstest(u.ravel(), "uniform").pvalue > P_VALUE


def test_low_bits_are_uniform():
    words = (uniforms(0, 1, 2, 200, 500) * 2**32 - 0.5).astype(np.uint32)
    for shift in (0, 8, 16, 24):
        byte = (words >> np.uint32(shift)) & np.uint32(255)
        assert stats.chisquare(np.bincount(byte.ravel(), minlength=256)).pvalue > P_VALUE


def test_independent_across_cells_steps_streams_seeds_and_words():
    u = uniforms(0, 1, 10, 200, 500)
    for lag in (1, 2, 16):
        assert_independent(u[lag:], u[:-lag])
        assert_independent(u[:, lag:], u[:, :-lag])
    assert_independent(u[1:, 1:], u[:-1, :-1])
    for word, seed, stream in ((1, 1, 10), (2, 1, 10), (3, 1, 10), (0, 2, 10), (0, 1, 11), (0, 10, 1)):
        assert_independent(u, uniforms(word, seed, stream, 200, 500))
    assert_independent(uniforms(2, 1, 10, 200, 500), uniforms(3, 1, 10, 200, 500))


def test_runs_of_one_cell_and_of_one_step():
    """Wald and Wolfowitz: runs above and below one half."""
    u = uniforms(1, 3, 4, 100, 2000)
    for sequence in (u.T.ravel(), u.ravel()):
        above = sequence > 0.5
        n1, n2 = above.sum(), (~above).sum()
        mean = 2 * n1 * n2 / (n1 + n2) + 1
        variance = (mean - 1) * (mean - 2) / (n1 + n2 - 1)
        z = (1 + np.count_nonzero(above[1:] != above[:-1]) - mean) / np.sqrt(variance)
        assert 2 * stats.norm.sf(abs(z)) > P_VALUE


def test_population_sums_have_the_binomial_spread():
    """A shared seed must not make cells fire pulses together: the sum over cells is binomial."""
    counts = (uniforms(0, 1, 2, 200, 1000) < 0.15).sum(axis=1)
    statistic = ((counts - 30.0) ** 2).sum() / (200 * 0.15 * 0.85)
    assert P_VALUE < stats.chi2.cdf(statistic, 1000) < 1 - P_VALUE


def rate_of(values, p):
    """How many standard errors the mean of Bernoulli draws is from p."""
    return (values.mean() - p) / np.sqrt(p * (1 - p) / values.size)


@pytest.mark.parametrize(("p", "q"), [(0.05, 0.05), (0.015, 0.05), (0.3, 0.7), (1e-4, 1e-4)])
def test_pulses_come_with_their_probability(p, q):
    """Within four standard errors, in every half and for both channels."""
    for half in (0, 1):
        assert abs(rate_of(pulses(half, p, 1, 10, 2000, 2000), p)) < 4
        assert abs(rate_of(pulses(half, p, 1, 10, 2000, 2000, q), q)) < 4


@pytest.mark.parametrize("mean", [0.05, 0.015, 0.6])
def test_numbers_of_pulses_are_poisson_up_to_three(mean):
    """Of every one of the four draws of a cell, which are independent of each other."""
    index = np.arange(1000, dtype=np.int32)
    expected = np.append(stats.poisson.pmf([0, 1, 2], mean), stats.poisson.sf(2, mean))
    drawn = [
        np.stack([pls._cell_pulses_numpy(half, mean, np.exp(-mean), 1, 10, index, step) for step in range(500)])
        for half in range(4)
    ]
    for numbers in drawn:
        assert (
            stats.chisquare(np.bincount(numbers.ravel().astype(int), minlength=4), expected * numbers.size).pvalue
            > P_VALUE
        )
    for one, other in itertools.combinations(drawn, 2):
        assert stats.pearsonr(one.ravel(), other.ravel()).pvalue > P_VALUE


@pytest.mark.parametrize("p", [1e-6, 1e-4, 0.015, 0.05, 1 / 3])
def test_rounding_a_probability_to_16_bits_leaves_its_mean(p):
    """Over n steps the limit is right to a few 65536th of 1/n, where rounding once would make 1e-4 seven percent larger."""
    steps = 20_000
    mean = np.mean([pls._count(p, step) for step in range(steps)]) / 65536
    assert abs(mean - p) < 5 / 65536 / steps
    assert abs(np.rint(1e-4 * 65536) / 65536 / 1e-4 - 1) > 0.06


def chi_square_coins(x, y):
    """Whether two sets of pulses are independent."""
    both = np.bincount(2 * x.ravel() + y.ravel(), minlength=4).reshape(2, 2)
    return stats.chi2_contingency(both, correction=False).pvalue


@pytest.mark.parametrize(("p", "q"), [(0.05, 0.05), (0.015, 0.3), (0.5, 0.5), (0.9, 0.2)])
def test_pulses_are_independent(p, q):
    """Channels of one half, halves of one word, cells that share a draw and those that do not, steps, seeds and streams."""
    first, other, half = pulses(0, p, 3, 4, 400, 1000), pulses(0, p, 3, 4, 400, 1000, q), pulses(1, p, 3, 4, 400, 1000)
    for mine in (
        other,
        half,
        pulses(1, p, 3, 4, 400, 1000, q),
        pulses(0, p, 4, 3, 400, 1000),
        pulses(0, p, 3, 5, 400, 1000),
    ):
        assert chi_square_coins(first, mine) > P_VALUE
    for coins in (first, other):
        assert chi_square_coins(coins[:, ::2], coins[:, 1::2]) > P_VALUE
        assert chi_square_coins(coins[:, 1:-1:2], coins[:, 2::2]) > P_VALUE
        # rounding turns nearly the same way every 2, 3, 5, 8 and 13 steps
        for lag in (1, 2, 3, 5, 8, 13, 50):
            assert chi_square_coins(coins[lag:], coins[:-lag]) > P_VALUE


def test_the_number_of_pulses_of_a_step_is_binomial():
    counts = pulses(1, 0.05, 1, 2, 400, 1000).sum(axis=1)
    statistic = ((counts - 20.0) ** 2).sum() / (400 * 0.05 * 0.95)
    assert P_VALUE < stats.chi2.cdf(statistic, 1000) < 1 - P_VALUE


def test_pair_uniform_is_uniform_and_independent():
    i, j = np.meshgrid(np.arange(300), np.arange(300), indexing="ij")
    u = rng._pair_uniform_numpy(1, 5, i, j)
    assert chi_square_uniform(u) > P_VALUE
    assert stats.kstest(u.ravel(), "uniform").pvalue > P_VALUE
    assert_independent(u[1:], u[:-1])
    assert_independent(u[:, 1:], u[:, :-1])
    upper = np.triu_indices(300, 1)
    assert_independent(u[upper], u.T[upper])
    assert not np.any(u[upper] == u.T[upper])
    for seed, stream in ((2, 5), (1, 6), (5, 1)):
        assert_independent(u, rng._pair_uniform_numpy(seed, stream, i, j))


def test_noise_and_connections_never_share_a_draw():
    i, j = np.meshgrid(np.arange(300), np.arange(300), indexing="ij")
    assert_independent(rng._pair_uniform_numpy(1, 5, i, j), uniforms(0, 1, 5, 300, 300).T)
