"""Pulses of background noise, drawn from halves of 32-bit words: several for each cell in every step. Imports random only.

Two cells share a draw of two words, and the halves of a word are two draws of 16 bits. The probability of a single step is
rounded up or down to 1/65536; the rounding goes round with the steps, so that the probability over many is exact.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .random import WORDS, noise_words, target_function

__all__ = ["SECOND_WORD", "cell_other_pulse", "cell_pulse", "cell_pulses"]

#: By how much the rounding of a probability turns in a step: the golden section, the least periodic number there is.
_GOLDEN = 0.6180339887498949
#: Turned in the number of a stream for its second word.
SECOND_WORD = 0x5BD1E995

_PLACE = "int seed, int stream, int index, int64_t step"
_CPP = {
    "burstnet_count": f"""
BURSTNET_INLINE int32_t burstnet_half(int half, uint32_t word) {{
  return (int32_t)(half & 1 ? word >> 16 : word & 65535u);
}}
BURSTNET_INLINE int32_t burstnet_count(double p, int64_t step) {{
  const double turn = (double)step * {_GOLDEN!r};
  return (int32_t)(p * 65536.0 + (turn - std::floor(turn)));
}}
BURSTNET_INLINE int burstnet_pulse(int half, double p, uint32_t word, int64_t step) {{
  return burstnet_half(half, word) < burstnet_count(p, step);
}}
BURSTNET_INLINE int burstnet_other_pulse(int half, double p, double q, uint32_t word, int64_t step) {{
  const int32_t x = burstnet_half(half, word);
  return (x < burstnet_count(p * q, step)) | ((x >= burstnet_count(p, step)) & (x < burstnet_count(p + q - p * q, step)));
}}
BURSTNET_INLINE double burstnet_pulses(int half, double mean, double none, uint32_t word, int64_t step) {{
  // x < floor(p + turn) is x + 1 - turn <= p, without a conversion of p
  const double turn = (double)step * {_GOLDEN!r};
  const double x = (double)burstnet_half(half, word) + (1.0 - (turn - std::floor(turn)));
  const double none_of_all = none * 65536.0, p = 65536.0 - none_of_all;
  const double two = p - none_of_all * mean, three = two - none_of_all * mean * (0.5 * mean);
  return (x <= p ? 1.0 : 0.0) + (x <= two ? 1.0 : 0.0) + (x <= three ? 1.0 : 0.0);
}}
""",
    "cell_pulse": f"""
BURSTNET_INLINE int cell_pulse(int half, double p, {_PLACE}) {{
  return burstnet_pulse(half, p, burstnet_word(seed, stream, index, step), step);
}}
""",
    "cell_other_pulse": f"""
BURSTNET_INLINE int cell_other_pulse(int half, double p, double q, {_PLACE}) {{
  return burstnet_other_pulse(half, p, q, burstnet_word(seed, stream, index, step), step);
}}
""",
    "cell_pulses": f"""
BURSTNET_INLINE double cell_pulses(int half, double mean, double none, {_PLACE}) {{
  return burstnet_pulses(half, mean, none, burstnet_word(seed, half & 2 ? stream ^ {SECOND_WORD} : stream, index, step), step);
}}
""",
}

_CYTHON = {
    "burstnet_count": f"""
from libc.stdint cimport uint32_t, int32_t, int64_t
from libc.math cimport floor
cdef inline int32_t burstnet_half(int half, uint32_t word) noexcept:
    return <int32_t>(word >> 16 if half & 1 else word & 65535)
cdef inline int32_t burstnet_count(double p, int64_t step) noexcept:
    cdef double turn = <double>step * {_GOLDEN!r}
    return <int32_t>(p * 65536.0 + (turn - floor(turn)))
""",
    "cell_pulse": f"""
cdef inline int cell_pulse(int half, double p, {_PLACE}) noexcept:
    cdef int32_t x = burstnet_half(half, burstnet_word(seed, stream, index, step))
    return x < burstnet_count(p, step)
""",
    "cell_other_pulse": f"""
cdef inline int cell_other_pulse(int half, double p, double q, {_PLACE}) noexcept:
    cdef int32_t x = burstnet_half(half, burstnet_word(seed, stream, index, step))
    return x < burstnet_count(p * q, step) or (burstnet_count(p, step) <= x and x < burstnet_count(p + q - p * q, step))
""",
    "cell_pulses": f"""
cdef inline double cell_pulses(int half, double mean, double none, {_PLACE}) noexcept:
    cdef uint32_t word = burstnet_word(seed, stream ^ {SECOND_WORD} if half & 2 else stream, index, step)
    cdef double turn = <double>step * {_GOLDEN!r}
    cdef double x = burstnet_half(half, word) + (1.0 - (turn - floor(turn)))
    cdef double none_of_all = none * 65536.0
    cdef double p = 65536.0 - none_of_all
    cdef double two = p - none_of_all * mean
    cdef double three = two - none_of_all * mean * (0.5 * mean)
    return (1.0 if x <= p else 0.0) + (1.0 if x <= two else 0.0) + (1.0 if x <= three else 0.0)
""",
}


def _count(p: Any, step: Any) -> np.ndarray:
    """How many of 2^16 halves of a word are below a probability in this step."""
    turn = float(step) * _GOLDEN
    return np.asarray(np.asarray(p) * 65536.0 + (turn - np.floor(turn))).astype(np.int32)


def _half(half: Any, seed: Any, stream: Any, index: Any, step: Any) -> np.ndarray:
    half = int(half)
    word = noise_words(0, seed, np.asarray(stream) ^ (SECOND_WORD if half & 2 else 0), index, step)
    return (word >> np.uint32(16) if half & 1 else word & np.uint32(65535)).astype(np.int32)


def _cell_pulse_numpy(half: Any, p: Any, seed: Any, stream: Any, index: Any, step: Any) -> np.ndarray:
    return (_half(half, seed, stream, index, step) < _count(p, step)).astype(np.int32)


def _cell_other_pulse_numpy(half: Any, p: Any, q: Any, seed: Any, stream: Any, index: Any, step: Any) -> np.ndarray:
    x = _half(half, seed, stream, index, step)
    first, second, third = (_count(limit, step) for limit in (p * q, p, p + q - p * q))
    return ((x < first) | ((x >= second) & (x < third))).astype(np.int32)


def _cell_pulses_numpy(half: Any, mean: Any, none: Any, seed: Any, stream: Any, index: Any, step: Any) -> np.ndarray:
    turn = float(step) * _GOLDEN
    x = _half(half, seed, stream, index, step) + (1.0 - (turn - np.floor(turn)))
    none_of_all = np.asarray(none) * 65536.0
    p = 65536.0 - none_of_all
    two = p - none_of_all * mean
    three = two - none_of_all * mean * (0.5 * mean)
    return np.asarray((x <= p) * 1.0 + (x <= two) + (x <= three))


_USES = {
    "burstnet_count": target_function(
        "burstnet_count",
        _count,
        ["float", "integer"],
        "integer",
        WORDS,
        _CPP["burstnet_count"],
        _CYTHON["burstnet_count"],
    )
}


def _pulse(name: str, numpy_implementation: Any, numbers: int, returns: str = "integer") -> Any:
    types = ["integer", *["float"] * numbers, *["integer"] * 4]
    return target_function(name, numpy_implementation, types, returns, _USES, _CPP[name], _CYTHON[name])


#: 1 with probability p, else 0: ``cell_pulse(half, p, seed, stream, i, step)``, half 0 or 1.
cell_pulse = _pulse("cell_pulse", _cell_pulse_numpy, 1)

#: 1 with probability q, independent of ``cell_pulse(half, p, ...)`` though drawn from the same half: ``cell_other_pulse(half, p, q, ...)``.
cell_other_pulse = _pulse("cell_other_pulse", _cell_other_pulse_numpy, 2)

#: A Poisson number of that mean, three at most: ``cell_pulses(half, mean, exp(-mean), seed, stream, i, step)``, half 0 to 3.
cell_pulses = _pulse("cell_pulses", _cell_pulses_numpy, 2, "float")
