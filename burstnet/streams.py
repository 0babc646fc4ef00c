"""Random numbers of models that run in numpy: a generator for each seed, name and number. Imports random."""

from __future__ import annotations

import numpy as np

from .random import check_seed, stream_number

__all__ = ["generator"]


def generator(seed: int, stream: str, index: int = 0) -> np.random.Generator:
    """A numpy generator whose numbers depend on nothing but its arguments.

    What draws from streams of its own never shifts the numbers of another, so that arms of a study see the same trials.

    Parameters
    ----------
    seed : int
    stream : str
        Name of a source of randomness, for instance ``"trials"``.
    index : int
        For instance the session.

    Returns
    -------
    numpy.random.Generator
        Philox 4x64, whose key is made of all three.

    Raises
    ------
    ArgumentError
        If the seed is not allowed.

    References
    ----------
    Salmon, Moraes, Dror & Shaw (2011). Parallel random numbers: as easy as 1, 2, 3. SC'11. doi:10.1145/2063384.2063405
    """
    key = np.array([check_seed(seed) << 32 | stream_number(stream), index], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))
