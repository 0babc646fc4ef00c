"""Physical quantities from text and back, without evaluating anything. Imports only errors.

A quantity is a number followed by unit names joined by ``*`` and ``/``, each with an optional integer
power: ``10Hz``, ``-200pA``, ``80 pA/Hz``, ``2.3e11/(amp*second)``. Nothing else is understood.
"""

from __future__ import annotations

import re
from dataclasses import field
from functools import lru_cache
from typing import Any

import brian2.units.allunits as _allunits
import brian2.units.stdunits as _stdunits
import numpy as np
from brian2.units.fundamentalunits import DIMENSIONLESS, Dimension, Quantity, Unit, get_or_create_dimension

from .errors import ArgumentError

__all__ = ["format_quantity", "parse_quantity", "parse_unit", "same_dimensions", "unit_name"]

_NUMBER = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)", re.DOTALL)
_FACTOR = re.compile(r"\s*([A-Za-z]+\d?|1)\s*(?:(?:\^|\*\*)\s*(-?\d))?\s*")
_ALIASES = {
    "s": "second",
    "sec": "second",
    "seconds": "second",
    "V": "volt",
    "A": "amp",
    "F": "farad",
    "S": "siemens",
    "C": "coulomb",
}
_SI_NAMES = ("metre", "kilogram", "second", "amp", "kelvin", "mole", "candela")


@lru_cache(maxsize=1)
def _units() -> dict[str, Unit]:
    known = {
        name: unit for source in (_allunits, _stdunits) for name, unit in vars(source).items() if isinstance(unit, Unit)
    }
    return known | {alias: known[name] for alias, name in _ALIASES.items()}


def parse_unit(text: str, *, name: str = "unit", given: str | None = None) -> Quantity:
    """The unit that `text` names, such as ``"pA/Hz"`` or ``"1/(amp*second)"``, as a Quantity of one unit.

    An error names the argument `name` and shows `given`, the whole text that the unit is part of; `text` by default.

    Raises
    ------
    ArgumentError
        If a unit is not known or the text is not of that form.
    """
    given, flat = text if given is None else given, text.strip()
    if not flat or flat == "1":
        return Quantity(1.0)
    grouped = re.fullmatch(r"([^()]*)/\s*\(([^()/]*)\)", flat)
    if grouped:
        flat = (grouped[1].strip() or "1") + "".join("/" + part for part in re.split(r"(?<!\*)\*(?!\*)", grouped[2]))
    if flat.startswith("/"):
        flat = "1" + flat
    unit, position, operator = Quantity(1.0), 0, "*"
    while True:
        found = _FACTOR.match(flat, position)
        if not found:
            raise ArgumentError(f"{name}={given!r} has no valid unit; write for instance mV, pA/Hz or 1/(amp*second).")
        factor, power = found[1], int(found[2] or 1)
        if factor != "1":
            if factor not in _units():
                raise ArgumentError(
                    f"{name}={given!r}: the unit {factor!r} is not known; write for instance ms, Hz, mV, pA, nS, pF."
                )
            unit = unit * _units()[factor] ** (power if operator == "*" else -power)
        position = found.end()
        if position == len(flat):
            return Quantity(unit)
        operator, position = flat[position], position + 1
        if operator not in "*/":
            raise ArgumentError(f"{name}={given!r} has no valid unit; write for instance mV, pA/Hz or 1/(amp*second).")


def parse_quantity(text: str, like: Quantity | float | None = None, *, name: str = "value") -> Quantity:
    """Read a number with a unit; nothing in the text is evaluated.

    Parameters
    ----------
    text : str
        For instance ``"10Hz"``, ``"-0.2 nA"`` or ``"0.4"``.
    like : Quantity, optional
        A quantity of the wanted dimension.
    name : str
        The argument's name, for the error.

    Raises
    ------
    ArgumentError
        If the text is not a quantity, or not of the dimension of `like`.
    """
    found = _NUMBER.fullmatch(text)
    if not found:
        wanted = f", for instance {format_quantity(like)}" if like is not None else ""
        raise ArgumentError(f"{name}={text!r} is not a quantity; write a number and a unit{wanted}.")
    if found[2].strip() == "1":
        raise ArgumentError(f"{name}={text!r} is two numbers; write one number and a unit.")
    with np.errstate(over="ignore", invalid="ignore"):
        value = float(found[1]) * parse_unit(found[2], name=name, given=text)
    if not abs(float(value)) < float("inf"):
        raise ArgumentError(f"{name}={text!r} is too large; write a finite number.")
    if like is not None and not same_dimensions(value, like):
        raise ArgumentError(
            f"{name}={text!r} has the wrong unit; write it in {display_unit(like) or 'plain numbers'}, for instance {format_quantity(like)}."
        )
    return Quantity(value)


def same_dimensions(one: Quantity | float, other: Quantity | float) -> bool:
    """Whether two quantities measure the same thing."""
    return bool(Quantity(one).dim is Quantity(other).dim)


def unit_name(quantity: Quantity | float) -> str:
    """The base SI unit of a quantity as Brian2 equations write it: ``"volt"``, ``"amp*second"``, ``"1"``."""
    dim = Quantity(quantity).dim
    for name in ("volt", "amp", "siemens", "farad", "second", "hertz", "coulomb", "ohm", "metre"):
        if _units()[name].dim is dim:
            return name
    powers = (
        [(name, f"{power:.12g}") for name, power in zip(_SI_NAMES, dim._dims, strict=True) if power]
        if dim is not DIMENSIONLESS
        else []
    )
    return "*".join(name if power == "1" else f"{name}**{power}" for name, power in powers) or "1"


def display_unit(quantity: Quantity | float) -> str:
    """A short unit for a person: ``"mV"`` for -70 mV, ``"pA/Hz"`` for 80 pA/Hz, empty for a plain number."""
    return str(format_quantity(quantity)).partition(" ")[2]


_PREFERRED = ("mV", "pA", "nS", "pF", "ms", "Hz", "Mohm", "um", "pA/Hz")


@lru_cache(maxsize=1)
def _preferred() -> list[tuple[str, Dimension, float]]:
    """Preferred units with their dimension and size in SI."""
    units = [(text, parse_unit(text)) for text in _PREFERRED]
    return [(text, unit.dim, float(unit)) for text, unit in units]


def format_quantity(quantity: Quantity | float) -> str:
    """Number and unit for a person, in a unit this field uses: ``"-70 mV"``, ``"20 s"``, ``"0.4"``."""
    value = Quantity(quantity)
    if value.dim is DIMENSIONLESS:
        return f"{float(value):.12g}"
    if value.dim is _units()["second"].dim and abs(float(value)) >= 1:
        return f"{float(value):.12g} s"
    for text, dim, size in _preferred():
        if dim is value.dim:
            return f"{float(value) / size:.12g} {text}"
    name = unit_name(value)
    return f"{float(value):.12g} {name}"


def dimension_of(unit: str) -> Dimension:
    """The Brian2 dimension of a unit written as text."""
    return parse_unit(unit).dim if unit else get_or_create_dimension(*([0] * 7))


def default(value: Quantity) -> Any:
    """A dataclass field with a quantity as its default."""
    return field(default_factory=lambda: Quantity(value))
