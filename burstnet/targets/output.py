"""Reads what a standalone binary wrote: arrays and events on their way. Imports errors only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..errors import RunError

__all__ = ["read_arrays", "read_queues"]


def read_arrays(folder: Path, saved_as: Mapping[str, dict]) -> dict[str, np.ndarray]:
    """Every array that a run wrote, by ``"object.variable"``.

    Parameters
    ----------
    folder : Path
        Of the run.
    saved_as : mapping of str to dict
        File, dtype, shape and, where several share a file, offset of each.

    Raises
    ------
    RunError
        If one is missing or cut short.
    """
    arrays = {}
    contents: dict[str, bytes] = {}
    for name, saved in saved_as.items():
        file, dtype, shape = saved["file"], np.dtype(saved["dtype"]), tuple(saved["shape"])
        try:
            if file not in contents:
                contents[file] = (folder / file).read_bytes()
        except OSError as problem:
            raise RunError(
                f"The run did not write {name} ({problem.strerror}); is the disk of {folder} full?"
            ) from problem
        start, whole = saved.get("offset", 0), contents[file]
        stop = start + shape[0] * dtype.itemsize if "offset" in saved else len(whole) // dtype.itemsize * dtype.itemsize
        values = np.frombuffer(whole[start:stop], dtype=dtype) if len(whole) >= stop else np.zeros(0, dtype)
        if shape[0] == -1:
            if len(shape) > 1 and (shape[1] == 0 or values.size % shape[1]):
                raise RunError(
                    f"The run wrote {values.size} numbers of {name}, not rows of {shape[1]}; is the disk of {folder} full?"
                )
            values = values.reshape(-1, *shape[1:])
        elif values.size != shape[0]:
            raise RunError(
                f"The run wrote {values.size} of {shape[0]} numbers of {name}; is the disk of {folder} full?"
            )
        arrays[name] = values
    _check_lengths(arrays, str(folder))
    return arrays


def read_queues(folder: Path) -> dict[str, np.ndarray]:
    """Events on their way at the end of a run, as ``"queue.PATHWAY"``: steps until they arrive, and synapse."""
    found: dict[str, list[np.ndarray]] = {}
    path = folder / "queues.txt"
    for line in path.read_text().splitlines() if path.exists() else ():
        name, delay, *synapses = line.split()
        rows = np.column_stack([np.full(len(synapses), int(delay)), np.array(synapses, dtype=np.int32)])
        found.setdefault(f"queue.{name}", []).append(rows.astype(np.int32))
    return {name: np.concatenate(rows) for name, rows in found.items()}


def _check_lengths(arrays: Mapping[str, np.ndarray], folder: str) -> None:
    """Everything a monitor recorded has the length that the monitor counted."""
    for name in arrays:
        owner, _, variable = name.partition(".")
        if variable == "t" and f"{owner}.N" in arrays:
            expected = int(arrays[f"{owner}.N"].ravel()[0])
            for other, found in arrays.items():
                if (
                    other.startswith(f"{owner}.")
                    and other.split(".")[1]
                    not in ("N", "_indices", "count", "_source_start", "_source_stop", "_source_idx")
                    and len(found) != expected
                ):
                    raise RunError(
                        f"The run wrote {len(found)} of {expected} records of {other}; is the disk of {folder} full?"
                    )
