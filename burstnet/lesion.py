"""Lesion: what is taken away, how much, of which cells, and when. Imports quantities and errors; knows no circuit.

A lesion is written ``TARGET:KIND[=VALUE][:fraction=F][:onset=T][@START..STOP[,START..STOP]]``, without spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from brian2.units import second
from brian2.units.fundamentalunits import Quantity

from .errors import ArgumentError, unknown_name
from .quantities import default, format_quantity, parse_quantity, same_dimensions, unit_name

__all__ = ["GRAMMAR", "KINDS", "Lesion", "as_lesions", "parse_lesions"]

GRAMMAR = "TARGET:KIND[=VALUE][:fraction=F][:onset=T][@START..STOP[,START..STOP]]"
KINDS = ("silence", "scale", "freeze", "static", "current", "clamp.NAME")
_NAME = r"[A-Za-z][A-Za-z0-9_]*"
_TARGET = re.compile(rf"{_NAME}(?:\.{_NAME})?")
_EXAMPLE = "Y:scale=0@20s..50s"
#: What a longer text is surely not.
_LONGEST = 2000

Span = tuple[Quantity, Quantity | None]


@dataclass(frozen=True)
class Lesion:
    """One lesion of a named part of a circuit.

    Parameters
    ----------
    target : str
        A population (``"output"``), one of its compartments (``"input.dendrite"``), or a projection (``"Y"``).
    kind : str
        ``silence`` a population: somata are held at reset, so that no spike, event or burst leaves; dendrites integrate
        on. ``scale`` a projection: what it transmits is multiplied by `value`; its weight, and what is tied to it, stay.
        ``freeze`` the plasticity of a projection. ``static``: short-term plasticity is taken out, every spike releases the
        part `value`, of those source cells that the lesion hits. ``current`` into a population's first compartment or a named one
        (optogenetics). ``clamp.NAME``: a cell parameter that is declared clampable takes `value`.
    value : Quantity or float, optional
        Factor of at least 0 for ``scale``, release for ``static``, current [pA] for ``current``, the parameter's new value for ``clamp.NAME``;
        ``silence`` and ``freeze`` have none.
    fraction : float
        Part of the population's cells, or of a projection's target cells (source cells for ``static``), from 0 to 1: a random subset of
        ``round(fraction*n)`` cells that the seed draws. Subsets of one population are nested: a smaller fraction hits
        some of the cells that a larger one hits, whatever the kind.
    onset : Quantity [second]
        Time over which the lesion comes in linearly at the start of each window; ``silence`` takes cell after cell.
    windows : tuple of (Quantity, Quantity or None)
        When: from a start up to, not including, a stop; None is the end of the run. The whole run by default.

    Raises
    ------
    ArgumentError
        If a part is not allowed, whatever the circuit.

    Examples
    --------
    >>> from brian2 import second
    >>> str(Lesion("Y", "scale", 0, windows=((20*second, 50*second),)))
    'Y:scale=0@20s..50s'
    >>> Lesion.parse("output:silence:fraction=0.5@30s..40s,60s..70s").fraction
    0.5
    """

    target: str
    kind: str
    value: Quantity | float | None = None
    fraction: float = 1.0
    onset: Quantity = default(0 * second)
    windows: tuple[Span, ...] = field(default_factory=lambda: ((0 * second, None),))

    def __post_init__(self) -> None:
        if not isinstance(self.target, str) or not _TARGET.fullmatch(self.target):
            raise ArgumentError(
                f"lesion target {self.target!r} is not allowed; name a population, POPULATION.COMPARTMENT or a projection."
            )
        self._check_kind()
        fraction = self.fraction
        if isinstance(fraction, bool) or not isinstance(fraction, (int, float, np.number)) or not 0 <= fraction <= 1:
            raise ArgumentError(f"fraction={fraction!r} of lesion {self._start} is not allowed; it is from 0 to 1.")
        object.__setattr__(self, "fraction", float(fraction))
        _time(self.onset, f"onset of lesion {self._start}")
        object.__setattr__(self, "windows", tuple((start, stop) for start, stop in self.windows))
        if not self.windows:
            raise ArgumentError(f"windows=() of lesion {self._start} is not allowed; give at least one.")
        self._check_windows()

    def _check_kind(self) -> None:
        clamped = re.fullmatch(rf"clamp\.{_NAME}", str(self.kind))
        if not isinstance(self.kind, str) or (self.kind not in KINDS[:-1] and not clamped):
            raise unknown_name(f"kind of lesion {self.target!r}", str(self.kind), KINDS)
        if self.kind in ("silence", "freeze"):
            if self.value is not None:
                raise ArgumentError(f"lesion {self._start} has value={self.value!r}; {self.kind} takes none.")
            return
        value = self.value
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number, Quantity)) or np.ndim(value) != 0:
            wanted = {
                "scale": "a factor, for instance 0",
                "static": "a release, for instance 0.05",
                "current": "a current, for instance -200pA",
            }
            raise ArgumentError(
                f"lesion {self._start} has value={value!r}; give {wanted.get(self.kind, 'a quantity in the unit of the parameter')}."
            )
        if not np.isfinite(float(value)):
            raise ArgumentError(f"lesion {self._start} has value={value!r}, which is not finite.")
        if self.kind in ("scale", "static") and not (same_dimensions(value, 1.0) and float(value) >= 0):
            raise ArgumentError(
                f"lesion {self._start} has value={format_quantity(value)}; a factor is a plain number, at least 0."
            )

    def _check_windows(self) -> None:
        spans = []
        for start, stop in self.windows:
            begin = _time(start, f"start of a window of lesion {self._start}")
            end = float("inf") if stop is None else _time(stop, f"stop of a window of lesion {self._start}")
            if not begin < end:
                raise ArgumentError(
                    f"window {_clock(start)}..{_clock(stop)} of lesion {self._start} is not allowed; it starts before it stops."
                )
            spans.append((begin, end))
        spans.sort()
        for (_, before), (after, _) in zip(spans, spans[1:], strict=False):
            if after < before:
                raise ArgumentError(f"windows of lesion {self._start} overlap; join them into one.")

    @property
    def _start(self) -> str:
        return f"{self.target}:{self.kind}"

    @property
    def population_or_projection(self) -> str:
        """The target without its compartment."""
        return self.target.partition(".")[0]

    @classmethod
    def parse(cls, text: str) -> Lesion:
        """Read a lesion from text; nothing in it is evaluated.

        Parameters
        ----------
        text : str
            In the grammar of this module, for instance ``"input.dendrite:current=-200pA:onset=1s@20s.."``. A window's
            start and stop may be left out: ``@20s..`` lasts to the end, ``@..20s`` begins with the run.

        Raises
        ------
        ArgumentError
            With what is wrong and what is allowed.
        """
        if not isinstance(text, str):
            raise ArgumentError(f"lesion {text!r} is not text; write {GRAMMAR}, for instance {_EXAMPLE}.")
        shown = text if len(text) < 80 else text[:77] + "..."
        if len(text) > _LONGEST or not text.isprintable() or any(letter.isspace() for letter in text):
            raise ArgumentError(
                f"lesion {shown!r} is not allowed; write {GRAMMAR} without spaces, for instance {_EXAMPLE}."
            )
        what, at, when = text.partition("@")
        target, *parts = what.split(":")
        if not parts:
            raise ArgumentError(f"lesion {shown!r} has no kind; write {GRAMMAR}, for instance {_EXAMPLE}.")
        kind, equals, value = parts[0].partition("=")
        given: dict[str, float | Quantity] = {}
        for part in parts[1:]:
            name, _, amount = part.partition("=")
            if name not in ("fraction", "onset"):
                raise unknown_name(f"part of lesion {shown!r}", name, ("fraction", "onset"))
            if name in given:
                raise ArgumentError(f"lesion {shown!r} has {name} twice.")
            like: Quantity | float = 1.0 if name == "fraction" else 1 * second
            quantity = parse_quantity(amount, like, name=f"{name} of lesion {shown!r}")
            given[name] = float(quantity) if name == "fraction" else quantity
        amount_of = parse_quantity(value, name=f"value of lesion {shown!r}") if equals else None
        windows = tuple(_span(span, shown) for span in when.split(",")) if at else ((0 * second, None),)
        return cls(target, kind, amount_of, windows=windows, **given)

    def __str__(self) -> str:
        text = self._start
        if self.value is not None:
            text += f"={_text(self.value)}"
        if self.fraction != 1:
            text += f":fraction={_digits(self.fraction)}"
        if float(self.onset) > 0:
            text += f":onset={_clock(self.onset)}"
        spans = ",".join(f"{_clock(start)}..{'' if stop is None else _clock(stop)}" for start, stop in self.windows)
        return text if spans == "0s.." else f"{text}@{spans}"


def parse_lesions(text: str) -> tuple[Lesion, ...]:
    """Lesions from ``"Y:scale=0@20s..50s + Q:scale=0@20s..50s"``; an empty text is no lesion.

    Raises
    ------
    ArgumentError
    """
    parts = re.split(r"\s\+\s", text.strip()) if text.strip() else []
    return tuple(Lesion.parse(part.strip()) for part in parts)


def as_lesions(lesions: str | Lesion | Iterable[Lesion | str]) -> tuple[Lesion, ...]:
    """Lesions and texts of lesions, one or many, as lesions.

    Raises
    ------
    ArgumentError
        If one is neither, or one is there twice.
    """
    if isinstance(lesions, str):
        lesions = parse_lesions(lesions)
    elif isinstance(lesions, Lesion):
        lesions = (lesions,)
    found: list[Lesion] = []
    for lesion in lesions:
        found += parse_lesions(lesion) if isinstance(lesion, str) else [lesion]
    for k, lesion in enumerate(found):
        if not isinstance(lesion, Lesion):
            raise ArgumentError(f"lesions hold {lesion!r}; give Lesion objects or texts such as {_EXAMPLE!r}.")
        if str(lesion) in map(str, found[:k]):
            raise ArgumentError(f"lesion {str(lesion)!r} is there twice.")
    return tuple(found)


def _span(text: str, shown: str) -> Span:
    start, dots, stop = text.partition("..")
    if not dots or not (start or stop):
        raise ArgumentError(
            f"window {text!r} of lesion {shown!r} is not allowed; write START..STOP, for instance 20s..50s."
        )
    what = f"of a window of lesion {shown!r}"
    return (
        parse_quantity(start, 1 * second, name=f"start {what}") if start else 0 * second,
        parse_quantity(stop, 1 * second, name=f"stop {what}") if stop else None,
    )


def _time(value: object, name: str) -> float:
    """Seconds of a time of at least 0."""
    if not isinstance(value, Quantity) or np.ndim(value) != 0 or not same_dimensions(value, 1 * second):
        raise ArgumentError(f"{name}={value!r} is not allowed; it is a time, for instance 20 s.")
    if not 0 <= float(value) < float("inf"):
        raise ArgumentError(f"{name}={format_quantity(value)} is not allowed; it is at least 0 s.")
    return float(value)


def _digits(number: float) -> str:
    """A number in as few digits as read back to it."""
    short = f"{number:.12g}"
    return short if float(short) == number else repr(number)


def _clock(time: Quantity | None) -> str:
    return "" if time is None else f"{_digits(float(time))}s"


def _text(value: Quantity | float) -> str:
    """Number and unit without a space, as `parse_quantity` reads it back."""
    short = format_quantity(value).replace(" ", "", 1)
    if float(parse_quantity(short)) == float(value):
        return short
    unit = unit_name(value)
    return repr(float(value)) + (unit if unit != "1" else "")
