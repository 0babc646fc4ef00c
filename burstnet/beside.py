"""Plain Brian2 objects inside a circuit: checked, and described for the build cache. Imports description and errors.

A circuit may hold functions that add objects of the user's own, ``Circuit(..., beside=(add_background,))``. They are
compiled, run, lesioned and swept with the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from brian2 import BrianObject, NetworkOperation
from brian2.core.base import BrianObjectException
from brian2.core.variables import ArrayVariable
from brian2.groups.group import CodeRunner

from .description import plain
from .errors import ArgumentError

__all__ = ["checked_objects", "describe_objects"]

#: Names that Brian2 gives by counting, other ones in each process.
_COUNTED = re.compile(
    r"(neurongroup|synapses|poissongroup|poissoninput|spikegeneratorgroup|spikemonitor|eventmonitor|statemonitor|ratemonitor)(_\d+)?"
)


def checked_objects(added: Any, builder: str, taken: Iterable[str], dt: float) -> dict[str, BrianObject]:
    """What a function of ``beside`` returned, by name.

    Parameters
    ----------
    added : object
        What it returned.
    builder : str
        Its name, for the error.
    taken : iterable of str
        Names of all other objects.
    dt : float
        The circuit's time step in seconds.

    Raises
    ------
    ArgumentError
        If something is no Brian2 object, has no name of its own, runs on a clock that does not fit, or would be dropped
        by a compiled program.
    """
    things = list(added) if isinstance(added, (list, tuple)) else [added]
    try:
        return _checked(things, f"beside={builder}", set(taken), dt)
    except ArgumentError:
        for thing in things:
            if isinstance(thing, BrianObject):
                thing._network = "refused"  # or Brian2 would warn that it was never in a network
        raise


def _checked(things: list, where: str, names: set[str], dt: float) -> dict[str, BrianObject]:
    found = {}
    for thing in things:
        if not isinstance(thing, BrianObject):
            raise ArgumentError(f"{where} returned {thing!r}; return a list of Brian2 objects.")
        if isinstance(thing, NetworkOperation):
            raise ArgumentError(
                f"{where} returned the network operation {thing.name!r}, which a compiled program would drop; write it in equations."
            )
        if thing.name in names:
            raise ArgumentError(f"{where}: the name {thing.name!r} is there already; give it another.")
        if _COUNTED.fullmatch(thing.name):
            raise ArgumentError(
                f"{where}: give {thing.name!r} a name of its own, name='...', so that a build is found again."
            )
        for part in (thing, *thing.contained_objects):
            ratio = float(part.clock.dt) / dt
            if abs(ratio - round(ratio)) > 1e-9 or round(ratio) < 1:
                raise ArgumentError(
                    f"{where}: {part.name!r} runs at dt={float(part.clock.dt):g} s; it must be a whole number of the circuit's steps of {dt:g} s, for instance clock=objects.control.clock."
                )
        names.add(thing.name)
        found[thing.name] = thing
    return found


def describe_objects(things: Mapping[str, BrianObject]) -> dict[str, Any]:
    """Everything that a build depends on, as plain data: equations, code, clocks, and the contents of all arrays."""
    return {name: _describe(thing) for name, thing in things.items()}


def _describe(thing: BrianObject) -> dict[str, Any]:
    found: dict[str, Any] = {"is": type(thing).__name__, "when": thing.when, "order": thing.order}
    found["dt"] = float(thing.clock.dt)
    for attribute in ("equations", "events", "event_codes", "event", "rate", "rates", "N", "variables_to_record"):
        value = getattr(thing, attribute, None)
        if value is not None:
            found[attribute] = plain(value) if isinstance(value, Mapping) else str(value)
    if isinstance(thing, CodeRunner):
        found["code"] = str(getattr(thing, "code", getattr(thing, "abstract_code", "")))
    for attribute in ("source", "target"):
        end = getattr(thing, attribute, None)
        if end is not None:
            found[attribute] = [
                getattr(end, "name", str(end)),
                int(getattr(end, "start", 0)),
                int(getattr(end, "stop", 0)),
            ]
    found["namespace"] = plain(dict(getattr(thing, "namespace", None) or {}))
    found["method"] = str(getattr(thing, "method_choice", None))
    arrays = {}
    for name, variable in getattr(thing, "variables", {}).items():
        own = isinstance(variable, ArrayVariable) and getattr(variable.owner, "name", None) == thing.name
        if own and not name.endswith("space"):
            arrays[name] = [str(np.dtype(variable.dtype)), str(variable.dim), plain(np.array(variable.get_value()))]
    found["arrays"] = arrays
    parts = sorted(thing.contained_objects, key=lambda part: str(part.name))
    found["parts"] = {part.name: _describe(part) for part in parts}
    return found


def explained(problem: BrianObjectException, names: Iterable[str]) -> ArgumentError | None:
    """One sentence for what Brian2 could not make of a user's object; None if it is not one of those."""
    for name in names:
        if f"'{name}" in str(problem):
            cause = problem.__cause__ or problem
            text = str(cause).strip().splitlines()
            return ArgumentError(
                f"the object {name!r} beside the circuit cannot be run: {text[-1] if text else type(cause).__name__}; values that it uses go into its namespace={{...}}."
            )
    return None
