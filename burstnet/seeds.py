"""Seeds written as text. Imports errors, and random's largest seed when it is needed."""

from __future__ import annotations

from .errors import ArgumentError

__all__ = ["parse_seeds"]


def parse_seeds(text: str, name: str = "--seeds") -> list[int]:
    """Seeds from text: ``"1:5"`` is 1,2,3,4,5; ``"1,4,7"`` a list; both mix.

    Parameters
    ----------
    text : str
    name : str
        The argument's name, for the error.

    Raises
    ------
    ArgumentError
        If the text is anything else, or a seed is there twice.
    """
    from .random import MAX_SEED

    shown = text if len(text) <= 80 else text[:77] + "..."
    seeds: list[int] = []
    for part in text.split(","):
        first, colon, last = part.strip().partition(":")
        numbers = [n for n in (first, last) if n]
        whole = first and (last or not colon) and all(n.isascii() and n.isdecimal() and len(n) <= 10 for n in numbers)
        if not whole or max(map(int, numbers)) > MAX_SEED:
            raise ArgumentError(f"{name} {shown!r} is not allowed; write 1:5 for 1,2,3,4,5 or a list such as 1,4,7.")
        if colon and int(last) < int(first):
            raise ArgumentError(f"{name} {shown!r} is not allowed; {part} goes backwards, write {last}:{first}.")
        if int(last or first) - int(first) > 100_000 or len(seeds) > 100_000:
            raise ArgumentError(f"{name} {shown!r} is not allowed; that is more than 100000 runs.")
        seeds += range(int(first), int(last or first) + 1)
    if len(set(seeds)) != len(seeds):
        raise ArgumentError(f"{name} {shown!r} is not allowed; a seed is there twice.")
    return seeds
