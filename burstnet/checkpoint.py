"""What a run knows at its end: learned weights, traces, averages, potentials, events on their way. Imports circuit and errors.

A `Result` keeps it for every seed. A new run starts from it, on a new timeline or where the old one stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np

from .circuit import Circuit
from .errors import ArgumentError

__all__ = ["continued", "started_anew", "state_of"]

#: Variables of a run's own, which a program computes again; and read-only ones of Brian2.
_OWN = ("noise_stream", "lesion_rank", "i", "j", "N", "N_incoming", "N_outgoing", "delay")
#: What a new timeline counts from zero again.
_COUNTED = ("_event_total", "_burst_total")
_QUEUE, _GRAPH = "queue.", "graph."


def state_of(
    arrays: Mapping[str, np.ndarray], arguments: Mapping[str, float], projections: Iterable[str]
) -> dict[str, np.ndarray]:
    """The state out of everything that a run left.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        By ``"object.variable"``, in SI.
    arguments : mapping of str to float
        The run's arguments, which are no state.
    projections : iterable of str

    Returns
    -------
    dict of str to ndarray
        State variables by ``"object.variable"``; ``"queue.PATHWAY"`` (events, 2) holds in how many steps which synapse
        gets an event that is on its way; ``"graph.PROJECTION"`` is a digest of the connections.
    """
    found = {}
    for name, values in arrays.items():
        owner, _, variable = name.partition(".")
        timed = f"{owner}.t" in arrays or owner.endswith("clock")  # monitors and clocks
        own = variable in _OWN or variable.startswith("_")
        if not timed and not own and name not in arguments:
            found[name] = values
    return found | _graphs(arrays, projections)


def _graphs(arrays: Mapping[str, np.ndarray], projections: Iterable[str]) -> dict[str, np.ndarray]:
    """Digests of the connections of those projections that have any of their own."""
    found = {}
    for projection in projections:
        ends = [arrays.get(f"{projection}._synaptic_{side}") for side in ("pre", "post")]
        if ends[0] is not None and ends[1] is not None:
            digest = hashlib.sha256(ends[0].astype(np.int32).tobytes() + ends[1].astype(np.int32).tobytes()).digest()
            found[_GRAPH + projection] = np.frombuffer(digest, dtype=np.uint8)
    return found


def continued(state: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The state to go on with at the same time."""
    return {name: values for name, values in state.items() if not name.startswith(_GRAPH)}


def started_anew(state: Mapping[str, np.ndarray], circuit: Circuit, steps: int) -> dict[str, np.ndarray]:
    """The state with which a new timeline starts, after a run of so many steps.

    Numbers of steps are moved, so that intervals since the last spike stay; totals start at zero and lesions are gone.
    """
    found = {}
    moved = {f"{p.name}.{variable}" for p in circuit.populations for variable in circuit.cell(p.name).steps}
    for name, values in continued(state).items():
        variable = name.partition(".")[2]
        if variable.startswith(("lesion_", "sum_")) or variable.endswith(_COUNTED):
            continue
        found[name] = values - steps if name in moved else values
    return found


def check_fits(state: Mapping[str, np.ndarray], arrays: Mapping[str, np.ndarray], circuit: Circuit, seed: int) -> None:
    """Refuse a state that another circuit or another graph left.

    Raises
    ------
    ArgumentError
    """
    graphs = _graphs(arrays, (p.name for p in circuit.projections))
    for name, values in graphs.items():
        if name in state and not np.array_equal(state[name], values):
            raise ArgumentError(
                f"The result's connections of {name.removeprefix(_GRAPH)!r} are not those of seed {seed}; start from a result of the same seed."
            )
