"""Errors that name the argument, the value, what is allowed and the nearest valid name. Imports nothing of burstnet."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["ArgumentError", "BuildError", "BurstnetError", "ResultError", "RunError", "unknown_name"]


class BurstnetError(Exception):
    """Base of every error that burstnet raises on purpose; its text is one sentence for a person."""


class ArgumentError(BurstnetError, ValueError):
    """An argument has a value that is not allowed; raised before anything is compiled."""


class BuildError(BurstnetError, RuntimeError):
    """A program could not be generated or compiled."""


class RunError(BurstnetError, RuntimeError):
    """A compiled program ran, but its outcome cannot be trusted."""


class ResultError(BurstnetError, RuntimeError):
    """A result file is missing, broken, or of another schema."""


def unknown_name(what: str, given: str, allowed: Iterable[str]) -> ArgumentError:
    """The error for a name that does not exist, with the nearest one that does.

    Parameters
    ----------
    what : str
        What the name should have named, for instance ``"protocol"``.
    given : str
        The name as given.
    allowed : iterable of str
        Every valid name.
    """
    names = sorted(allowed)
    near = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    shown = ", ".join(names[:24]) + (", ..." if len(names) > 24 else "")
    return ArgumentError(f"Unknown {what} {given!r}; allowed: {shown or 'none'}.{hint}")
