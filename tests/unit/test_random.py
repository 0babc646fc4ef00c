"""Counter-based randomness: known answers, frozen draws, the same bits in numpy, C++, CUDA and Cython."""

import ctypes
import itertools
import math
import shutil
import subprocess

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, ms, prefs

from burstnet import pulses as pls
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

KNOWN_ANSWERS_2 = [  # Random123, kat_vectors: threefry2x32
    (13, (0, 0), (0, 0), "9d1c5ec6 8bd50731"),
    (13, (M, M), (M, M), "fd36d048 2d17272c"),
    (13, PI_COUNTER[:2], PI_COUNTER[2:], "ba3e4725 f27d669e"),
    (20, (0, 0), (0, 0), "6b200159 99ba4efe"),
    (20, (M, M), (M, M), "1cb996fc bb002be7"),
    (20, PI_COUNTER[:2], PI_COUNTER[2:], "c4923a9c 483df7a0"),
]

SEEDS = (0, 1, 42, rng.MAX_SEED)
STREAMS = (0, 7, 0x7FFFFFFF)
CELLS = (0, 1, 99, 19_999, 2**31 - 1)
FROZEN_CELLS = [[268291080, 4186888625], [1091717295, 3987552782], [75555578, 3597603875], [1720125232, 2465449573]]
FROZEN_PAIRS = [2310932045, 838548366, 4112058295, 2334219075]
FROZEN_WORDS = [1939141880, 3142413319, 2076009534, 1842389605]
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


def threefry_2(counter, key, rounds=13):
    """Threefry-2x32 in plain Python, after Salmon et al. 2011."""
    turns = (13, 15, 26, 6, 17, 29, 16, 24)
    k = [*key, 0x1BD11BDA ^ key[0] ^ key[1]]
    x = [(c + q) & M for c, q in zip(counter, key, strict=False)]
    for r in range(rounds):
        x[0] = (x[0] + x[1]) & M
        x[1] = (((x[1] << turns[r % 8]) | (x[1] >> (32 - turns[r % 8]))) & M) ^ x[0]
        if (r + 1) % 4 == 0:
            n = (r + 1) // 4
            x = [(x[0] + k[n % 3]) & M, (x[1] + k[(n + 1) % 3] + n) & M]
    return x


def half_word(half, seed, stream, i, step):
    """The 16 bits that decide on a pulse: two cells share a draw of two words, two channels the halves of a word."""
    word = threefry_2(((i & M) >> 1, step & M), (seed, stream))[i & 1]
    return word >> 16 if half else word & 0xFFFF


def limit(p, step):
    """Of 65536 numbers, how many are below p in this step: p*65536, rounded up in the steps that turn it there."""
    turned = step * 0.6180339887498949
    return int(p * 65536 + (turned - math.floor(turned)))


@pytest.mark.parametrize("rounds, counter, key, expected", KNOWN_ANSWERS)
def test_known_answers(rounds, counter, key, expected):
    words = tuple(int(word, 16) for word in expected.split())
    assert tuple(int(word) for word in rng.threefry4x32(counter, key, rounds)) == words
    assert tuple(threefry(counter, key, rounds)) == words


@pytest.mark.parametrize("rounds, counter, key, expected", KNOWN_ANSWERS_2)
def test_known_answers_of_the_small_generator(rounds, counter, key, expected):
    words = tuple(int(word, 16) for word in expected.split())
    assert tuple(int(word) for word in rng.threefry2x32(counter, key, rounds)) == words
    assert tuple(threefry_2(counter, key, rounds)) == words


def test_pulses_are_halves_of_a_word_of_cell_and_step_below_p():
    index = np.array(CELLS, dtype=np.int32)
    for seed, stream, half, (p, q) in itertools.product(SEEDS, STREAMS, (0, 1), ((0.4, 0.7), (0.05, 0.015))):
        for step in STEPS:
            first = pls._cell_pulse_numpy(half, p, seed, stream, index, step)
            other = pls._cell_other_pulse_numpy(half, p, q, seed, stream, index, step)
            x = [half_word(half, seed, stream, i, step) for i in CELLS]
            both, above = limit(p * q, step), limit(p + q - p * q, step)
            assert first.tolist() == [int(n < limit(p, step)) for n in x]
            assert other.tolist() == [int(n < both or limit(p, step) <= n < above) for n in x]


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
    words = rng._words_numpy(1, rng.stream_number("input.noise"), np.arange(4), 1000)
    assert words.tolist() == FROZEN_WORDS
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
extern "C" void pulses(int n, int half, double p, double q, const int* seed, const int* stream, const int* i,
                       const int64_t* step, int* first, int* other) {
  for (int k = 0; k < n; k++) {
    first[k] = cell_pulse(half, p, seed[k], stream[k], i[k], step[k]);
    other[k] = cell_other_pulse(half, p, q, seed[k], stream[k], i[k], step[k]);
  }
}
extern "C" void numbers(int n, int half, double mean, double none, const int* seed, const int* stream, const int* i,
                        const int64_t* step, double* out) {
  for (int k = 0; k < n; k++) out[k] = cell_pulses(half, mean, none, seed[k], stream[k], i[k], step[k]);
}
extern "C" void words_of_pairs(int n, uint32_t seed, uint32_t stream, uint32_t step, uint32_t* out) {
  for (int k = 0; k < n; k++) burstnet_words(k, step, seed, stream, out[2*k], out[2*k + 1]);
}
extern "C" void pairs(int n, const int* seed, const int* stream, const int* i, const int* j, double* out) {
  for (int k = 0; k < n; k++) out[k] = pair_uniform(seed[k], stream[k], i[k], j[k]);
}
"""


FAST = ("-O3", "-ffast-math", "-march=native")
# What Brian2CUDA compiles is the same text for the device and for the host: here the host's, by g++ and by nvcc.
CPP = rng._CPP | pls._CPP
CUDA = {name: rng._for_both(source) for name, source in CPP.items()} | rng._CUDA
BUILDS = {
    "cpp-O0": (CPP, "-O0"),
    "cpp-fast-math": (CPP, *FAST),
    "cuda-O0": (CUDA, "-O0"),
    "cuda-fast-math": (CUDA, *FAST),
    "cuda-nvcc": (CUDA, "nvcc"),
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
    # linked without fast-math: a library that is linked with it turns off subnormal numbers in the process that loads it
    unit, library = folder / "random.o", folder / "random.so"
    subprocess.run([compiler, "-std=c++17", "-c", *options, source, "-o", unit], check=True)
    linked = [option for option in options if option not in FAST and option not in ("-x", "cu")]
    subprocess.run([compiler, "-shared", *linked, unit, "-o", library], check=True)
    return ctypes.CDLL(str(library))


def test_loading_what_was_compiled_leaves_subnormal_numbers(cpp):
    assert np.array([2.0**-1060]) * 0.5 > 0


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


PROBABILITIES = (
    (0.05, 0.05),
    (0.015, 0.3),
    (1e-4, 1e-4),
    (0.0, 1.0),
    (1.0, 0.0),
    (2.0**-16, 0.5),
    (1 - 2.0**-17, 0.999),
)


def test_cpp_pulses_have_the_same_bits_as_numpy(cpp, points):
    _, seed, stream, i, step = points
    low, high = rng.threefry2x32((i.astype(np.uint32) >> 1, step.astype(np.uint32)), (seed, stream))
    word = np.where(i & 1, high, low)
    turned = step * 0.6180339887498949
    turned -= np.floor(turned)
    out = np.empty((2, len(i)), dtype=np.int32)
    for half, (p, q) in itertools.product((0, 1), PROBABILITIES):
        x = word >> np.uint32(16) if half else word & np.uint32(0xFFFF)
        limits = [(part * 65536 + turned).astype(int) for part in (p * q, p, p + q - p * q)]
        probabilities = ctypes.c_double(p), ctypes.c_double(q)
        cpp.pulses(len(i), half, *probabilities, *map(pointer, (seed, stream, i, step)), *map(pointer, out))
        assert np.array_equal(out[0], x < limits[1]), (half, p)
        assert np.array_equal(out[1], (x < limits[0]) | ((x >= limits[1]) & (x < limits[2]))), (half, p, q)


def test_cpp_numbers_of_pulses_are_those_of_numpy(cpp):
    index, steps = np.arange(40, dtype=np.int32), np.arange(200)
    i, step = (np.ascontiguousarray(v.ravel()) for v in np.meshgrid(index, steps))
    place = (np.full_like(i, 42), np.full_like(i, 11), i, step.astype(np.int64))
    out = np.empty(len(i))
    for half, mean in itertools.product(range(4), (0.05, 0.7, 0.0)):
        numbers = ctypes.c_double(mean), ctypes.c_double(np.exp(-mean))
        cpp.numbers(len(i), half, *numbers, *map(pointer, place), pointer(out))
        expected = [pls._cell_pulses_numpy(half, mean, np.exp(-mean), 42, 11, index, s) for s in steps]
        assert np.array_equal(out, np.ravel(expected)), (half, mean)


def test_cpp_draws_for_two_cells_at_once(cpp):
    """What a state updater does before its loop."""
    out = np.empty(100, dtype=np.uint32)
    cpp.words_of_pairs(50, 7, 11, 123_456, pointer(out))
    assert np.array_equal(out, rng._words_numpy(7, 11, np.arange(100), 123_456))


@pytest.mark.cython
def test_cython_has_the_same_bits_as_numpy():
    names = ("cell_uniform", "cell_bernoulli", "pair_uniform")
    pulses = ("cell_pulse", "cell_other_pulse", "cell_pulses")

    def draws():
        group = NeuronGroup(
            40,
            "u : 1\ncoin : integer\npair : 1\npulse : integer\nother : integer\nnumber : 1",
            dt=0.5 * ms,
            namespace={n: getattr(rng, n) for n in names} | {n: getattr(pls, n) for n in pulses},
        )
        group.run_regularly(
            "u = cell_uniform(3, 2147483647, 11, i, t_in_timesteps)\n"
            "coin = cell_bernoulli(1, 0.3, 42, 11, i, t_in_timesteps)\n"
            "pair = pair_uniform(42, 2147483647, i, 39 - i)\n"
            "pulse = cell_pulse(1, 0.4, 2147483647, 11, i, t_in_timesteps)\n"
            "other = cell_other_pulse(0, 0.3, 0.5, 42, 11, i, t_in_timesteps)\n"
            "number = cell_pulses(3, 0.7, exp(-0.7), 42, 11, i, t_in_timesteps)"
        )
        Network(group).run(3 * ms)
        return [np.array(getattr(group, name)[:]) for name in ("u", "coin", "pair", "pulse", "other", "number")]

    expected = draws()
    prefs.codegen.target = "cython"
    try:
        found = draws()
    finally:
        prefs.codegen.target = "numpy"
    for compiled, interpreted in zip(found, expected, strict=True):
        assert np.array_equal(compiled, interpreted)


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
