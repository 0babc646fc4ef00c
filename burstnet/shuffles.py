"""Orders in which things are shown: a permutation as a pure function of seed and number, for equations. Imports random.

A Feistel network of four rounds permutes the smallest power of four that is large enough; numbers that are too large are
permuted again. Nothing is stored, so a run may have as many orders as it likes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .random import WORDS, stream_number, target_function, threefry2x32

__all__ = ["shuffled"]

_STREAM = stream_number("order")
_ROUNDS = 4

_CPP = f"""
BURSTNET_INLINE int shuffled(double position, double n, int seed, double order) {{
  const uint32_t last = n < 1.0 ? 0u : (uint32_t)n - 1u;
  uint32_t x = position < 0.0 ? 0u : (uint32_t)position;
  x = x > last ? last : x;
  int half = 1;
  while (half < 14 && (1u << 2*half) <= last) half++;
  const uint32_t mask = (1u << half) - 1u;
  do {{
    uint32_t left = x >> half, right = x & mask;
    for (int round = 0; round < {_ROUNDS}; round++) {{
      const uint32_t next = left ^ (burstnet_word(seed, {_STREAM}, (int)right, (int64_t)order*{_ROUNDS} + round) & mask);
      left = right; right = next;
    }}
    x = (left << half) | right;
  }} while (x > last);
  return (int)x;
}}
"""
_CYTHON = f"""
from libc.stdint cimport uint32_t, int64_t
cdef inline int shuffled(double position, double n, int seed, double order) noexcept:
    cdef uint32_t last = 0 if n < 1.0 else <uint32_t>n - 1
    cdef uint32_t x = 0 if position < 0.0 else <uint32_t>position
    cdef uint32_t left, right, following, mask
    cdef int half = 1
    cdef int turn
    x = last if x > last else x
    while half < 14 and (<uint32_t>1 << 2*half) <= last:
        half += 1
    mask = (<uint32_t>1 << half) - 1
    while True:
        left = x >> half
        right = x & mask
        for turn in range({_ROUNDS}):
            following = left ^ (burstnet_word(seed, {_STREAM}, <int>right, <int64_t>order*{_ROUNDS} + turn) & mask)
            left = right
            right = following
        x = (left << half) | right
        if x <= last:
            return <int>x
"""


def _shuffled_numpy(position: Any, n: Any, seed: Any, order: Any) -> np.ndarray:
    last = max(int(np.max(n)) - 1, 0)
    key, turn = int(np.max(seed)), int(np.max(order))
    x = np.clip(np.asarray(position, dtype=np.int64), 0, last).astype(np.uint32)
    half = 1
    while half < 14 and 1 << 2 * half <= last:
        half += 1
    width, mask = np.uint32(half), np.uint32((1 << half) - 1)
    outside = np.ones(x.shape, dtype=bool)
    while outside.any():
        left, right = x >> width, x & mask
        for k in range(_ROUNDS):
            even, odd = threefry2x32((right >> np.uint32(1), turn * _ROUNDS + k), (key, _STREAM))
            left, right = right, left ^ (np.where(right & np.uint32(1), odd, even).astype(np.uint32) & mask)
        x = np.where(outside, (left << width) | right, x)
        outside = x > last
    return x.astype(np.int32)


#: Where place `position` of `n` is in order number `order` of a seed: ``shuffled(position, n, seed, order)``, 0 to n - 1.
shuffled = target_function(
    "shuffled", _shuffled_numpy, ["float", "float", "integer", "float"], "integer", WORDS, _CPP, _CYTHON
)
