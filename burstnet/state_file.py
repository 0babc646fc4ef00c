"""Final states inside a result file: one block of bytes a seed, with an index. Imports errors and netcdf; never Brian2."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from .errors import ResultError
from .netcdf import LOCKING

__all__ = ["read_states", "write_states"]

_GROUP = "burstnet_state"


def write_states(path: Path, states: Mapping[int, Mapping[str, np.ndarray]]) -> None:
    """Add the states of seeds to a result file."""
    if not states:
        return
    import h5py

    with h5py.File(path, "a", locking=LOCKING) as file:
        group = file.require_group(_GROUP)
        for seed, state in states.items():
            index = [[name, values.dtype.str, list(values.shape)] for name, values in state.items()]
            block = b"".join(np.ascontiguousarray(values).tobytes() for values in state.values())
            packed = {"compression": "gzip", "compression_opts": 1, "shuffle": False} if len(block) > 1 << 16 else {}
            kept = group.create_dataset(str(seed), data=np.frombuffer(block, dtype=np.uint8), **packed)
            kept.attrs["index"] = json.dumps(index)


def read_states(path: Path, seeds: Iterable[int]) -> dict[int, dict[str, np.ndarray]]:
    """The states of those seeds that a result file holds.

    Raises
    ------
    ResultError
        If the file is broken.
    """
    import h5py

    found: dict[int, dict[str, np.ndarray]] = {}
    try:
        with h5py.File(path, locking=LOCKING) as file:
            group = file.get(_GROUP, {})
            for seed in seeds:
                if str(seed) not in group:
                    continue
                block, state, offset = group[str(seed)][:].tobytes(), {}, 0
                for name, kind, shape in json.loads(group[str(seed)].attrs["index"]):
                    dtype = np.dtype(str(kind))
                    if dtype.hasobject:
                        raise ValueError(f"{name} holds objects")
                    stop = offset + dtype.itemsize * int(np.prod(shape, dtype=int))
                    state[str(name)] = np.frombuffer(block[offset:stop], dtype=dtype).reshape(shape)
                    offset = stop
                found[seed] = state
    except (OSError, ValueError, TypeError, KeyError) as problem:
        raise ResultError(f"The final states in {path} cannot be read ({problem}).") from problem
    return found
