"""Counter-based randomness: known answers, frozen draws, the same bits in numpy, C++, CUDA and Cython, and statistics."""

import ctypes
import shutil
import subprocess

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, ms, prefs
from scipy import stats

from burstnet import random as rng
from burstnet.errors import ArgumentError

M = 0xFFFFFFFF
ONES = (M, M, M, M)
PI_COUNTER, PI_KEY = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0, 0x082EFA98, 0xEC4E6C89)

KNOWN_ANSWERS = [  # Random123, kat_vectors: threefry4x32
    (13, (0, 0, 0, 0), (0, 0, 0, 0), "531c7e4f 39491ee5 2c855a92 3d6abf9a"),
    (13, ONES, ONES, "c4189358 1c9cc83a d5881c67 6a0a89e0"),
    (13, PI_COUNTER, PI_KEY, "4aa71d8f 734738c2 431fc6a8 ae6debf1"),
    (20, (0, 0, 0, 0), (0, 0, 0, 0), "9c6ca96a e17eae66 fc10ecd4 5256a7d8"),
    (20, ONES, ONES, "2a881696 57012287 f6c7446e a16a6732"),
    (20, PI_COUNTER, PI_KEY, "59cd1dbb b8879579 86b5d00c ac8b6d84"),
]

SEEDS = (0, 1, 42, rng.MAX_SEED)
STREAMS = (0, 7, 0x7FFFFFFF)
CELLS = (0, 1, 99, 19_999, 2**31 - 1)
FROZEN_CELLS = [[268291080, 4186888625], [1091717295, 3987552782], [75555578, 3597603875], [1720125232, 2465449573]]
FROZEN_PAIRS = [2310932045, 838548366, 4112058295, 2334219075]
STEPS = (0, 1, 2, 99_999, 2**31, 2**32 - 1, 2**32 + 5)


def threefry(counter, key, rounds=13):
    """Threefry-4x32 in plain Python, after Salmon et al. 2011."""
    turns = ((10, 26), (11, 21), (13, 27), (23, 5), (6, 20), (17, 11), (25, 10), (18, 20))
    k = [*key, 0x1BD11BDA ^ key[0] ^ key[1] ^ key[2] ^ key[3]]
    x = [(c + q) & M for c, q in zip(counter, key, strict=True)]
    for r in range(rounds):
        for a, turn in zip((0, 2), turns[r % 8], strict=True):
            b = a + 1 if r % 2 == 0 else 3 - a
            x[a] = (x[a] + x[b]) & M
            x[b] = (((x[b] << turn) | (x[b] >> (32 - turn))) & M) ^ x[a]
        if (r + 1) % 4 == 0:
            n = (r + 1) // 4
            x = [(x[w] + k[(n + w) % 5] + (n if w == 3 else 0)) & M for w in range(4)]
    return x


def cell_word(word, seed, stream, i, step):
    return threefry((i & M, step & M, 0, 0), (seed, stream, 0, 0))[word]


def pair_word(seed, stream, i, j):
    return threefry((i & M, j & M, 0, 1), (seed, stream, 0, 0))[0]


def uniforms(word, seed, stream, cells, steps):
    """Draws of shape (steps, cells), as the numpy target makes them."""
    index = np.arange(cells, dtype=np.int32)
    return np.stack([rng._cell_uniform_numpy(word, seed, stream, index, step) for step in range(steps)])


@pytest.mark.parametrize("rounds, counter, key, expected", KNOWN_ANSWERS)
def test_known_answers(rounds, counter, key, expected):
    words = tuple(int(word, 16) for word in expected.split())
    assert tuple(int(word) for word in rng.threefry4x32(counter, key, rounds)) == words
    assert tuple(threefry(counter, key, rounds)) == words


def test_cell_uniform_is_threefry_of_cell_and_step():
    for seed in SEEDS:
        for stream in STREAMS:
            for step in STEPS:
                for word in range(4):
                    drawn = rng._cell_uniform_numpy(word, seed, stream, np.array(CELLS, dtype=np.int32), step)
                    expected = [(cell_word(word, seed, stream, i, step) + 0.5) * 2**-32 for i in CELLS]
                    assert drawn.tolist() == expected


def test_pair_uniform_is_threefry_of_both_cells():
    i, j = (values.ravel() for values in np.meshgrid(CELLS, CELLS))
    for seed in SEEDS:
        for stream in STREAMS:
            expected = [(pair_word(seed, stream, int(a), int(b)) + 0.5) * 2**-32 for a, b in zip(i, j, strict=True)]
            assert rng._pair_uniform_numpy(seed, stream, i, j).tolist() == expected


def test_frozen_draws():
    """Another value here would change the noise and the graph of every published run."""
    frozen = [rng._cell_uniform_numpy(w, 1, rng.stream_number("input.noise"), np.arange(2), 1000) for w in range(4)]
    assert (np.array(frozen) * 2**32 - 0.5).astype(np.uint32).tolist() == FROZEN_CELLS
    pairs = rng._pair_uniform_numpy(1, rng.stream_number("W"), np.array([0, 0, 1, 99]), np.array([0, 1, 0, 99]))
    assert (pairs * 2**32 - 0.5).astype(np.uint32).tolist() == FROZEN_PAIRS


def test_numpy_draws_do_not_depend_on_the_order_of_asking():
    index = np.arange(50, dtype=np.int32)
    once = {step: rng._cell_uniform_numpy(2, 5, 6, index, step) for step in range(20)}
    for step in (19, 3, 3, 0, 12):
        assert np.array_equal(rng._cell_uniform_numpy(2, 5, 6, index, step), once[step])
    assert np.array_equal(rng._cell_uniform_numpy(2, 5, 6, index[::-1], 12), once[12][::-1])
    assert np.array_equal(rng._cell_uniform_numpy(2, 5, 6, index[7:9], 12), once[12][7:9])


CPP_DRIVER = r"""
extern "C" void uniforms(int n, const int* w, const int* seed, const int* stream, const int* i, const int64_t* step,
                         double* out) {
  for (int k = 0; k < n; k++) out[k] = cell_uniform(w[k], seed[k], stream[k], i[k], step[k]);
}
extern "C" void coins(int n, double p, const int* w, const int* seed, const int* stream, const int* i,
                      const int64_t* step, int* out) {
  for (int k = 0; k < n; k++) out[k] = cell_bernoulli(w[k], p, seed[k], stream[k], i[k], step[k]);
}
extern "C" void pairs(int n, const int* seed, const int* stream, const int* i, const int* j, double* out) {
  for (int k = 0; k < n; k++) out[k] = pair_uniform(seed[k], stream[k], i[k], j[k]);
}
"""


FAST = ("-O3", "-ffast-math", "-march=native")
# What Brian2CUDA compiles is the same text for the device and for the host: here the host's, by g++ and by nvcc.
BUILDS = {
    "cpp-O0": (rng._CPP, "-O0"),
    "cpp-fast-math": (rng._CPP, *FAST),
    "cuda-O0": (rng._CUDA, "-O0"),
    "cuda-fast-math": (rng._CUDA, *FAST),
    "cuda-nvcc": (rng._CUDA, "nvcc"),
}


@pytest.fixture(scope="module", params=BUILDS)
def cpp(request, tmp_path_factory):
    text, *flags = BUILDS[request.param]
    compiler = shutil.which("g++") or shutil.which("clang++") or shutil.which("c++")
    options = ["-fPIC", *flags]
    if flags == ["nvcc"]:
        compiler, options = (
            shutil.which("nvcc"),
            ["-x", "cu", "-Xcompiler=-fPIC", "-arch=sm_80", "-Wno-deprecated-gpu-targets"],
        )
    if compiler is None:
        pytest.skip(f"no {'nvcc' if flags == ['nvcc'] else 'C++ compiler'} on this machine")
    folder = tmp_path_factory.mktemp("random")
    source = folder / "random.cpp"
    headers = "".join(f"#include <{name}>\n" for name in ("algorithm", "cmath", "cstdint"))
    source.write_text(headers + "".join(text.values()) + CPP_DRIVER)
    library = folder / "random.so"
    subprocess.run([compiler, "-std=c++17", "-shared", *options, source, "-o", library], check=True)
    return ctypes.CDLL(str(library))


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


@pytest.fixture(scope="module")
def points():
    """Word, seed, stream, cell and step: the corners, and 20 000 at random."""
    corners = np.array(np.meshgrid(range(4), SEEDS, STREAMS, CELLS, STEPS)).reshape(5, -1)
    r = np.random.default_rng(0)
    top = [4, 2**31, 2**31, 2**31, 2**40]
    drawn = np.stack([r.integers(0, high, 20_000) for high in top])
    word, seed, stream, cell, step = np.concatenate([corners, drawn], axis=1)
    return tuple(np.ascontiguousarray(v, dtype=np.int32) for v in (word, seed, stream, cell)) + (step.astype(np.int64),)


def numpy_words(word, seed, stream, cell, step):
    words = rng.threefry4x32((cell.astype(np.uint32), step.astype(np.uint32), 0, 0), (seed, stream, 0, 0))
    return np.choose(word, words)


def test_cpp_has_the_same_bits_as_numpy(cpp, points):
    n, out = len(points[0]), np.empty(len(points[0]))
    cpp.uniforms(n, *map(pointer, points), pointer(out))
    assert np.array_equal(out, (numpy_words(*points) + 0.5) * 2.0**-32)
    _, seed, stream, i, step = points
    j = (step & 0x7FFFFFFF).astype(np.int32)
    cpp.pairs(n, *map(pointer, (seed, stream, i, j)), pointer(out))
    assert np.array_equal(out, rng._pair_uniform_numpy(seed, stream, i, j))


def test_cpp_bernoulli_is_uniform_below_p(cpp, points):
    uniform = (numpy_words(*points) + 0.5) * 2.0**-32
    exact = [f(u, side) for u in uniform[:20] for f, side in ((np.nextafter, 0), (np.nextafter, 1), (max, 0))]
    tiny = [2.0**-33, np.nextafter(2.0**-33, 1), 2.0**-32, 1e-12, 1e-300, 1 - 2.0**-33, np.nextafter(1.0, 0)]
    out = np.empty(len(uniform), dtype=np.int32)
    for p in (0.0, 1.0, 0.15, 0.3, 0.5, -1.0, 2.0, 1e9, *tiny, *exact):
        cpp.coins(len(out), ctypes.c_double(p), *map(pointer, points), pointer(out))
        assert np.array_equal(out, uniform < p), p


@pytest.mark.cython
def test_cython_has_the_same_bits_as_numpy():
    def draws():
        group = NeuronGroup(
            40,
            "u : 1\ncoin : integer\npair : 1",
            dt=0.5 * ms,
            namespace={name: getattr(rng, name) for name in ("cell_uniform", "cell_bernoulli", "pair_uniform")},
        )
        group.run_regularly(
            "u = cell_uniform(3, 2147483647, 11, i, t_in_timesteps)\n"
            "coin = cell_bernoulli(1, 0.3, 42, 11, i, t_in_timesteps)\n"
            "pair = pair_uniform(42, 2147483647, i, 39 - i)"
        )
        Network(group).run(3 * ms)
        return [np.array(getattr(group, name)[:]) for name in ("u", "coin", "pair")]

    expected = draws()
    prefs.codegen.target = "cython"
    try:
        found = draws()
    finally:
        prefs.codegen.target = "numpy"
    for compiled, interpreted in zip(found, expected, strict=True):
        assert np.array_equal(compiled, interpreted)


P_VALUE = 1e-4


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


def test_stream_numbers_are_those_of_published_runs():
    assert rng.stream_number("input.noise") == 86606073
    assert rng.stream_number("W") == 655174618
    areas = ("input", "hidden", "output", "pv", "sst")
    names = [f"{area}{n}.{use}" for area in areas for n in range(200) for use in ("noise", "w")]
    numbers = [rng.stream_number(name) for name in names]
    assert len(set(numbers)) == len(names)
    assert all(0 <= n <= 0x7FFFFFFF for n in numbers)


@pytest.mark.parametrize("seed", [0, 7, rng.MAX_SEED, np.int64(3), np.uint8(3)])
def test_allowed_seeds(seed):
    assert rng.check_seed(seed) == int(seed) and type(rng.check_seed(seed)) is int


@pytest.mark.parametrize("seed", [-1, 2**31, 1.0, True, "1", None, np.float64(1)])
def test_other_seeds_are_refused_by_value(seed):
    with pytest.raises(ArgumentError, match="seed=.* is not allowed; .* from 0 to 2147483647"):
        rng.check_seed(seed)
