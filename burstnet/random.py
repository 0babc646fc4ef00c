"""Counter-based randomness: noise as a pure function of (seed, stream, cell, step), connectivity of (seed, projection, i, j).

Threefry with 13 rounds, the same bits on every target: 4x32 for single draws, 2x32 for background noise and connections
(see `burstnet.pulses`). Imports errors only.

References
----------
Salmon, Moraes, Dror & Shaw (2011). Parallel random numbers: as easy as 1, 2, 3. SC'11. doi:10.1145/2063384.2063405
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from brian2.core.functions import Function
from numpy.typing import ArrayLike

from .errors import ArgumentError

__all__ = [
    "WORDS",
    "cell_bernoulli",
    "cell_uniform",
    "check_seed",
    "noise_words",
    "pair_bernoulli",
    "pair_uniform",
    "standard_normal",
    "stream_number",
    "target_function",
    "threefry2x32",
    "threefry4x32",
]

ROUNDS = 13
MAX_SEED = 2**31 - 1
_PARITY = 0x1BD11BDA
_ROTATIONS = ((10, 26), (11, 21), (13, 27), (23, 5), (6, 20), (17, 11), (25, 10), (18, 20))
_ROTATIONS_2 = (13, 15, 26, 6, 17, 29, 16, 24)
_SCALE = 2.0**-32
_NOISE, _PAIR = 0, 1


def threefry4x32(
    counter: Sequence[ArrayLike], key: Sequence[ArrayLike], rounds: int = ROUNDS
) -> tuple[np.ndarray, ...]:
    """Four 32-bit words for each counter.

    Parameters
    ----------
    counter, key : sequence of four array_like of unsigned 32-bit integers
        They broadcast against each other.
    rounds : int
        13 by default, which passes BigCrush; known-answer vectors exist for 13 and 20.

    Returns
    -------
    tuple of four ndarray of uint32
    """
    k = [np.asarray(word, dtype=np.uint32) for word in key]
    k.append(np.uint32(_PARITY) ^ k[0] ^ k[1] ^ k[2] ^ k[3])
    with np.errstate(over="ignore"):
        x = [np.asarray(word, dtype=np.uint32) + k[n] for n, word in enumerate(counter)]
        x = [np.array(word) for word in np.broadcast_arrays(*x)]
        for r in range(rounds):
            for (a, b), turn in zip(
                ((0, 1), (2, 3)) if r % 2 == 0 else ((0, 3), (2, 1)), _ROTATIONS[r % 8], strict=True
            ):
                x[a] += x[b]
                x[b] = (x[b] << np.uint32(turn)) | (x[b] >> np.uint32(32 - turn))
                x[b] ^= x[a]
            if r % 4 == 3:
                block = r // 4 + 1
                for n in range(4):
                    x[n] += k[(block + n) % 5]
                x[3] += np.uint32(block)
    return tuple(x)


def threefry2x32(
    counter: Sequence[ArrayLike], key: Sequence[ArrayLike], rounds: int = ROUNDS
) -> tuple[np.ndarray, np.ndarray]:
    """Two 32-bit words for each counter.

    Parameters
    ----------
    counter, key : sequence of two array_like of unsigned 32-bit integers
        They broadcast against each other.
    rounds : int
        13 by default, which passes BigCrush; known-answer vectors exist for 13 and 20.

    Returns
    -------
    tuple of two ndarray of uint32
    """
    k = [np.asarray(word, dtype=np.uint32) for word in key]
    k.append(np.uint32(_PARITY) ^ k[0] ^ k[1])
    with np.errstate(over="ignore"):
        x = [np.asarray(word, dtype=np.uint32) + k[n] for n, word in enumerate(counter)]
        x = [np.array(word) for word in np.broadcast_arrays(*x)]
        for r in range(rounds):
            turn = _ROTATIONS_2[r % 8]
            x[0] += x[1]
            x[1] = (x[1] << np.uint32(turn)) | (x[1] >> np.uint32(32 - turn))
            x[1] ^= x[0]
            if r % 4 == 3:
                block = r // 4 + 1
                x[0] += k[block % 3]
                x[1] += k[(block + 1) % 3] + np.uint32(block)
    return x[0], x[1]


def stream_number(name: str) -> int:
    """The stream of a named source of randomness, so that adding one source never shifts another's draws."""
    return zlib.crc32(name.encode()) & 0x7FFFFFFF


def check_seed(seed: object) -> int:
    """`seed` as a plain int.

    Raises
    ------
    ArgumentError
        If it is not a whole number from 0 to 2147483647.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= int(seed) <= MAX_SEED:
        raise ArgumentError(f"seed={seed!r} is not allowed; seeds are whole numbers from 0 to {MAX_SEED}.")
    return int(seed)


def standard_normal(first: int) -> str:
    """An expression of one standard normal number a cell, out of its ``pair_uniform`` numbers `first` and `first` + 1."""
    u, v = (f"pair_uniform(run_seed, noise_stream, i, {first + n})" for n in (0, 1))
    return f"(sqrt(-2*log({u}))*cos(2*pi*{v}))"


def _as_uniform(words: np.ndarray) -> np.ndarray:
    return (words + 0.5) * _SCALE


class _NoiseBlocks:
    """Draws many steps at once for the numpy target, which asks for one step and one word at a time."""

    def __init__(self, words: Callable[[np.ndarray, np.ndarray, int, int], np.ndarray]) -> None:
        self.blocks: dict[tuple, tuple] = {}
        self.words = words

    def __call__(self, word: Any, seed: Any, stream: Any, index: Any, step: Any) -> np.ndarray:
        """The 32-bit words of these cells in this step."""
        index = np.atleast_1d(np.asarray(index))
        key = (int(np.max(seed)), int(np.max(stream)), len(index))
        first, cells, words = self.blocks.get(key, (0, None, None))
        offset = int(step) - first
        if words is None or not 0 <= offset < words.shape[1] or not np.array_equal(cells, index):
            first, offset = int(step), 0
            steps = np.arange(first, first + max(1, 65536 // max(1, len(index))), dtype=np.int64).astype(np.uint32)
            words = self.words(index.astype(np.uint32), steps[:, None], key[0], key[1])
            if len(self.blocks) > 64:
                self.blocks.clear()
            self.blocks[key] = (first, index.copy(), words)
        return words[int(word), offset]


def _pair_uniform_numpy(seed: Any, stream: Any, i: Any, j: Any) -> np.ndarray:
    return _as_uniform(
        threefry4x32((np.asarray(i), np.asarray(j), 0, _PAIR), (np.asarray(seed), np.asarray(stream), 0, 0))[0]
    )


def _rounds_2_in_c(indent: str) -> str:
    """The same for the smaller generator."""
    lines = []
    for r in range(ROUNDS):
        turn = _ROTATIONS_2[r % 8]
        lines.append(f"x0 += x1; x1 = (x1 << {turn}) | (x1 >> {32 - turn}); x1 ^= x0;")
        if r % 4 == 3:
            block = r // 4 + 1
            lines.append(f"x0 += k{block % 3}; x1 += k{(block + 1) % 3} + {block};")
    return "\n".join(indent + line for line in lines)


def _rounds_in_c(indent: str) -> str:
    """The rounds written out in C, without a branch or an array, so that compilers vectorise them."""
    lines = []
    for r in range(ROUNDS):
        pairs = ((0, 1), (2, 3)) if r % 2 == 0 else ((0, 3), (2, 1))
        for (a, b), turn in zip(pairs, _ROTATIONS[r % 8], strict=True):
            lines.append(f"x{a} += x{b}; x{b} = (x{b} << {turn}) | (x{b} >> {32 - turn}); x{b} ^= x{a};")
        if r % 4 == 3:
            block = r // 4 + 1
            lines.append(" ".join(f"x{n} += k{(block + n) % 5};" for n in range(4)) + f" x3 += {block};")
    return "\n".join(indent + line for line in lines)


#: Name to source; a Brian2 code object gets each once, however many of our functions its equations use.
_INLINE = """
#ifndef BURSTNET_INLINE
#if defined(__GNUC__)
#define BURSTNET_INLINE static inline __attribute__((always_inline))
#else
#define BURSTNET_INLINE static inline
#endif
#endif
"""
_CPP = {
    "burstnet_threefry": f"""{_INLINE}
BURSTNET_INLINE uint32_t burstnet_threefry(int word, uint32_t c0, uint32_t c1, uint32_t c3, uint32_t k0, uint32_t k1) {{
  const uint32_t k2 = 0u, k3 = 0u, k4 = {_PARITY}u ^ k0 ^ k1;
  uint32_t x0 = c0 + k0, x1 = c1 + k1, x2 = k2, x3 = c3 + k3;
{_rounds_in_c("  ")}
  return word == 0 ? x0 : word == 1 ? x1 : word == 2 ? x2 : x3;
}}
""",
    "cell_uniform": f"""
BURSTNET_INLINE double cell_uniform(int word, int seed, int stream, int index, int64_t step) {{
  return (burstnet_threefry(word, (uint32_t)index, (uint32_t)step, {_NOISE}u, (uint32_t)seed, (uint32_t)stream) + 0.5) * {_SCALE!r};
}}
""",
    "cell_bernoulli": f"""
BURSTNET_INLINE int cell_bernoulli(int word, double p, int seed, int stream, int index, int64_t step) {{
  const double scaled = p * 4294967296.0 - 0.5;
  const uint32_t last = (uint32_t)std::min(std::max(std::ceil(scaled) - 1.0, 0.0), 4294967295.0);
  const uint32_t x = burstnet_threefry(word, (uint32_t)index, (uint32_t)step, {_NOISE}u, (uint32_t)seed, (uint32_t)stream);
  return (x <= last) & (scaled > 0.0);
}}
""",
    "burstnet_word": f"""{_INLINE}
BURSTNET_INLINE void burstnet_words(uint32_t pair, uint32_t step, uint32_t k0, uint32_t k1, uint32_t& even, uint32_t& odd) {{
  const uint32_t k2 = {_PARITY}u ^ k0 ^ k1;
  uint32_t x0 = pair + k0, x1 = step + k1;
{_rounds_2_in_c("  ")}
  even = x0; odd = x1;
}}
BURSTNET_INLINE uint32_t burstnet_word(int seed, int stream, int index, int64_t step) {{
  uint32_t even, odd;
  burstnet_words((uint32_t)index >> 1, (uint32_t)step, (uint32_t)seed, (uint32_t)stream, even, odd);
  return index & 1 ? odd : even;
}}
""",
    "pair_bernoulli": """
BURSTNET_INLINE uint64_t burstnet_below(double p) {
  return (uint64_t)std::min(std::max(std::ceil(p * 4294967296.0 - 0.5), 0.0), 4294967296.0);
}
BURSTNET_INLINE int pair_bernoulli(double p, int seed, int stream, int i, int j) {
  return burstnet_word(seed, stream, j, i) < burstnet_below(p);
}
""",
    "pair_uniform": f"""
BURSTNET_INLINE double pair_uniform(int seed, int stream, int i, int j) {{
  return (burstnet_threefry(0, (uint32_t)i, (uint32_t)j, {_PAIR}u, (uint32_t)seed, (uint32_t)stream) + 0.5) * {_SCALE!r};
}}
""",
}

#: The same for Brian2CUDA, in a kernel and on the host, where it draws connections; nvcc and g++ both compile it.
_BOTH = """
#ifndef BURSTNET_BOTH
#ifdef __CUDACC__
#define BURSTNET_BOTH static __host__ __device__ __forceinline__
#else
#define BURSTNET_BOTH static inline
#endif
#endif
"""


def _for_both(source: str) -> str:
    return source.replace(_INLINE, _BOTH).replace("BURSTNET_INLINE", "BURSTNET_BOTH")


_CUDA = {
    # of a number of 33 bits every double is exact, so this is the comparison with whole numbers in C++
    "cell_bernoulli": f"""
BURSTNET_BOTH int cell_bernoulli(int word, double p, int seed, int stream, int index, int64_t step) {{
  return (burstnet_threefry(word, (uint32_t)index, (uint32_t)step, {_NOISE}u, (uint32_t)seed, (uint32_t)stream) + 0.5) * {_SCALE!r} < p;
}}
""",
}

_CYTHON = {
    "burstnet_threefry": f"""
from libc.stdint cimport uint32_t, int64_t
cdef inline uint32_t burstnet_threefry(int word, uint32_t c0, uint32_t c1, uint32_t c3, uint32_t k0, uint32_t k1) noexcept:
    cdef uint32_t k2 = 0
    cdef uint32_t k3 = 0
    cdef uint32_t k4 = <uint32_t>{_PARITY} ^ k0 ^ k1
    cdef uint32_t x0 = c0 + k0
    cdef uint32_t x1 = c1 + k1
    cdef uint32_t x2 = k2
    cdef uint32_t x3 = c3 + k3
{_rounds_in_c("    ")}
    return x0 if word == 0 else x1 if word == 1 else x2 if word == 2 else x3
""",
    "cell_uniform": f"""
cdef inline double cell_uniform(int word, int seed, int stream, int index, int64_t step) noexcept:
    return (burstnet_threefry(word, <uint32_t>index, <uint32_t>step, {_NOISE}, <uint32_t>seed, <uint32_t>stream) + 0.5) * {_SCALE!r}
""",
    "cell_bernoulli": f"""
cdef inline int cell_bernoulli(int word, double p, int seed, int stream, int index, int64_t step) noexcept:
    return (burstnet_threefry(word, <uint32_t>index, <uint32_t>step, {_NOISE}, <uint32_t>seed, <uint32_t>stream) + 0.5) * {_SCALE!r} < p
""",
    "burstnet_word": f"""
from libc.stdint cimport uint32_t, int64_t
cdef inline uint32_t burstnet_word(int seed, int stream, int index, int64_t step) noexcept:
    cdef uint32_t k0 = <uint32_t>seed
    cdef uint32_t k1 = <uint32_t>stream
    cdef uint32_t k2 = <uint32_t>{_PARITY} ^ k0 ^ k1
    cdef uint32_t x0 = (<uint32_t>index >> 1) + k0
    cdef uint32_t x1 = <uint32_t>step + k1
{_rounds_2_in_c("    ")}
    return x1 if index & 1 else x0
""",
    "pair_bernoulli": """
from libc.math cimport ceil
cdef inline int pair_bernoulli(double p, int seed, int stream, int i, int j) noexcept:
    return burstnet_word(seed, stream, j, i) < min(max(ceil(p * 4294967296.0 - 0.5), 0.0), 4294967296.0)
""",
    "pair_uniform": f"""
cdef inline double pair_uniform(int seed, int stream, int i, int j) noexcept:
    return (burstnet_threefry(0, <uint32_t>i, <uint32_t>j, {_PAIR}, <uint32_t>seed, <uint32_t>stream) + 0.5) * {_SCALE!r}
""",
}


def target_function(
    name: str,
    numpy_implementation: Callable[..., np.ndarray],
    arg_types: list[str],
    return_type: str,
    uses: dict[str, Function] | None,
    cpp: str,
    cython: str,
    cuda: str | None = None,
) -> Function:
    """A function for equations with an implementation for every target; that of CUDA is the C++ one by default."""
    function = Function(
        numpy_implementation,
        arg_units=[1] * len(arg_types),
        arg_types=arg_types,
        return_unit=1,
        return_type=return_type,
    )
    add = function.implementations.add_implementation
    add("numpy", numpy_implementation)
    add("cpp", cpp, dependencies=uses, name=name, compiler_kwds={"headers": ["<algorithm>"]})
    add("cython", cython, dependencies=uses, name=name)
    add("cuda", cuda or _for_both(cpp), dependencies=uses, name=name)
    return function


def _function(
    name: str,
    numpy_implementation: Callable[..., np.ndarray],
    arg_types: list[str],
    return_type: str,
    uses: dict[str, Function] | None = None,
) -> Function:
    return target_function(
        name, numpy_implementation, arg_types, return_type, uses, _CPP[name], _CYTHON[name], _CUDA.get(name)
    )


def _threefry_numpy(word: Any, c0: Any, c1: Any, c3: Any, k0: Any, k1: Any) -> np.ndarray:
    return threefry4x32((c0, c1, 0, c3), (k0, k1, 0, 0))[int(word)]


def _words_numpy(seed: Any, stream: Any, index: Any, step: Any) -> np.ndarray:
    index = np.asarray(index)
    even, odd = threefry2x32((index >> 1, step), (seed, stream))
    return np.where(index & 1, odd, even)


def _pair_bernoulli_numpy(p: Any, seed: Any, stream: Any, i: Any, j: Any) -> np.ndarray:
    below = np.clip(np.ceil(np.asarray(p) * 2.0**32 - 0.5), 0, 2.0**32)
    return (_words_numpy(seed, stream, j, i) < below).astype(np.int32)


_USES = {"burstnet_threefry": _function("burstnet_threefry", _threefry_numpy, ["integer"] * 6, "integer")}
#: What functions that call ``burstnet_word`` in C depend on.
WORDS = {"burstnet_word": _function("burstnet_word", _words_numpy, ["integer"] * 4, "integer")}

_draw = _NoiseBlocks(
    lambda cells, steps, seed, stream: np.stack(threefry4x32((cells, steps, 0, _NOISE), (seed, stream, 0, 0)))
)
#: The word of 32 bits of each cell in a step: ``noise_words(0, seed, stream, index, step)``, on the numpy target.
noise_words = _NoiseBlocks(lambda cells, steps, seed, stream: _words_numpy(seed, stream, cells, steps)[None])


def _cell_uniform_numpy(word: Any, seed: Any, stream: Any, index: Any, step: Any) -> np.ndarray:
    return _as_uniform(_draw(word, seed, stream, index, step))


def _cell_bernoulli_numpy(word: Any, p: Any, seed: Any, stream: Any, index: Any, step: Any) -> np.ndarray:
    return (_as_uniform(_draw(word, seed, stream, index, step)) < p).astype(np.int32)


#: Uniform number in (0, 1) for equations: ``cell_uniform(word, seed, stream, i, step)``, word 0 to 3; independent across all five.
cell_uniform = _function("cell_uniform", _cell_uniform_numpy, ["integer"] * 5, "float", _USES)

#: 1 with probability p, else 0: ``cell_bernoulli(word, p, seed, stream, i, step)`` is ``cell_uniform(word, ...) < p``.
cell_bernoulli = _function(
    "cell_bernoulli", _cell_bernoulli_numpy, ["integer", "float", *["integer"] * 4], "integer", _USES
)

#: 1 with probability p, else 0, for connections: ``pair_bernoulli(p, seed, stream, i, j)``. Two target cells share a draw.
pair_bernoulli = _function("pair_bernoulli", _pair_bernoulli_numpy, ["float", *["integer"] * 4], "integer", WORDS)

#: Uniform number in (0, 1) for connections: ``pair_uniform(seed, stream, i, j)``.
pair_uniform = _function("pair_uniform", _pair_uniform_numpy, ["integer"] * 4, "float", _USES)
