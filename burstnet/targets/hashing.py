"""Quicker keys for Brian2's caches while code is generated. Imports Brian2 only.

Brian2 looks up the results of parsing under keys made of every attribute of every variable of a group, for each piece of
code anew: three fifths of the time of generating a large circuit. Here a variable's part of a key is made once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from brian2.utils import caching

__all__ = ["quick_keys"]

#: A short stand-in for each distinct description of a variable, the same for the life of the process.
_tokens: dict[Any, tuple[str, int]] = {}


def _remembering(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Brian2's function that makes keys, with a memory for as long as the variables are held here."""
    known: dict[int, tuple[Any, tuple[str, int]]] = {}

    def key_of(thing: Any) -> Any:
        if type(thing) is str:
            return thing
        if isinstance(thing, caching.CacheKey):  # hasattr would make the description that it asks for
            found = known.get(id(thing))
            if found is None:
                found = known[id(thing)] = (thing, _tokens.setdefault(original(thing), ("variable", len(_tokens))))
            return found[1]
        if isinstance(thing, Mapping):
            return frozenset((key_of(name), key_of(value)) for name, value in thing.items())
        return original(thing)

    return key_of


@contextlib.contextmanager
def quick_keys() -> Iterator[None]:
    """Within it Brian2's caches have quick keys; another version of Brian2 that has no such function is left alone."""
    original = getattr(caching, "_hashable", None)
    if original is None:
        yield
        return
    caching._hashable = _remembering(original)
    try:
        yield
    finally:
        caching._hashable = original
