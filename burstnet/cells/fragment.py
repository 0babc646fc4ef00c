"""Fragments: the pieces of a cell, as data. Imports only errors and quantities.

A fragment carries equations, parameters, threshold, reset and custom events. Fragments compose with ``+``;
a name that both sides define is an error that names both.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Self

import numpy as np
from brian2.equations.equations import Equations
from brian2.units.fundamentalunits import Quantity

from ..errors import ArgumentError, unknown_name
from ..quantities import display_unit, format_quantity, same_dimensions, unit_name

__all__ = ["Fragment", "Parameter", "ParameterSet", "joined", "joined_each", "parameter", "parsed", "with_deviations"]


@dataclass(frozen=True)
class Parameter:
    """One named number of a cell, synapse or circuit; a run argument of the compiled program.

    Parameters
    ----------
    value : Quantity
        Its value, with its unit.
    doc : str
        What it is, in a few words.
    source : str
        Paper, table or program that the value is from.
    positive : bool
        Whether only values above zero make sense.
    clampable : bool
        Whether a lesion ``clamp.NAME`` may change it in a window and in a part of the cells.
    """

    value: Quantity
    doc: str = ""
    source: str = ""
    positive: bool = False
    clampable: bool = False

    def fixed(self) -> list:
        """What a build depends on: the unit, and whether lesions reach it."""
        return [unit_name(self.value), self.clampable]

    def checked(self, value: Quantity | float, name: str) -> Quantity:
        """`value` as a Quantity, or an ArgumentError that says what `name` may be."""
        if not isinstance(value, (int, float, np.number, Quantity)) or isinstance(value, bool) or np.ndim(value) != 0:
            raise ArgumentError(
                f"{name}={value!r} is not a single quantity; give for instance {format_quantity(self.value)}."
            )
        quantity = Quantity(value)
        if not same_dimensions(quantity, self.value):
            unit = display_unit(self.value) or "no unit"
            raise ArgumentError(
                f"{name}={format_quantity(quantity)} has the wrong unit; it is measured in {unit}, for instance {format_quantity(self.value)}."
            )
        if not np.isfinite(float(quantity)):
            raise ArgumentError(f"{name}={value!r} is not finite; give for instance {format_quantity(self.value)}.")
        if self.positive and float(quantity) <= 0:
            raise ArgumentError(
                f"{name}={format_quantity(quantity)} is not allowed; it must be above 0, for instance {format_quantity(self.value)}."
            )
        return quantity


def parameter(
    default: Quantity | float, doc: str, source: str = "", *, positive: bool = False, clampable: bool = False
) -> Any:
    """A field of a `ParameterSet`: default value with unit, meaning and source."""
    declared = Parameter(Quantity(default), doc, source, positive, clampable)
    return field(default_factory=lambda: Quantity(declared.value), metadata={"parameter": declared})


@dataclass(frozen=True)
class ParameterSet:
    """Base of the frozen dataclasses that hold parameters; every field is made with `parameter`.

    Raises
    ------
    ArgumentError
        If a value has the wrong unit or sign.
    """

    def __post_init__(self) -> None:
        for name, declared in self.declared().items():
            object.__setattr__(self, name, declared.checked(getattr(self, name), name))

    @classmethod
    def declared(cls) -> dict[str, Parameter]:
        """Name to declaration (default, meaning, source) of every parameter."""
        return {f.name: f.metadata["parameter"] for f in dataclasses.fields(cls)}

    def parameters(self) -> dict[str, Parameter]:
        """Name to `Parameter` with this set's own values."""
        return {
            name: dataclasses.replace(declared, value=getattr(self, name)) for name, declared in self.declared().items()
        }

    def replace(self, **changes: Quantity | float) -> Self:
        """A copy with some values changed; an unknown name is an ArgumentError."""
        for name in changes:
            if name not in self.declared():
                raise unknown_name("parameter", name, self.declared())
        return dataclasses.replace(self, **changes)


_ASSIGNMENT = re.compile(r"\s*(\w+)\s*=\s*([^=].*)")


def _merge(kind: str, one: Fragment, other: Fragment, mine: Mapping, theirs: Mapping) -> dict:
    for name in mine:
        if name in theirs:
            raise ArgumentError(
                f"{kind} {name!r} is defined by both {one.name!r} and {other.name!r}; rename it in one of them."
            )
    return {**mine, **theirs}


@lru_cache(maxsize=512)
def parsed(equations: str) -> Equations:
    """Brian2's equations of a text, which cannot be changed; parsing takes longer than a short run."""
    return Equations(equations)


def joined(*codes: str) -> str:
    """Statements one after the other."""
    return "\n".join(code.strip("\n") for code in codes if code.strip())


def joined_each(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """Statements by name, those of both one after the other."""
    return {name: joined(one.get(name, ""), other.get(name, "")) for name in {**one, **other}}


@dataclass(frozen=True)
class Fragment:
    """A piece of a cell: equations, parameters, threshold, reset, events and their actions.

    Parameters
    ----------
    name : str
        For error messages.
    equations : str
        Brian2 equations: differential equations and subexpressions. Parameters need no line of their own.
    parameters : mapping of str to Parameter
        Scalars that the equations use; each becomes a run argument.
    initial : mapping of str to str
        Initial value of a state variable as a Brian2 expression; zero where absent.
    threshold, reset : str
        Spike condition and what a spike does.
    events : mapping of str to str
        Custom events; ``{spike}`` in a condition stands for the cell's threshold. Conditions see the state before the reset.
    on_event : mapping of str to str
        What a custom event does, after the reset.
    ports : mapping of str to str
        Name of a compartment's input to the variable that sums its currents, ``{"soma": "I_s"}``; the sum is
        written by the population out of all `contributions`, projections and injected signals.
    contributions : mapping of str to str
        Variable that this fragment adds to a port: ``{"I_noise_s": "soma"}``.
    after : tuple of str
        State variables that are integrated after all others and see their new values (Gauss-Seidel order).
    exact : mapping of str to str
        State variables of the form ``dx/dt = -x/tau`` whose decay is exact, with the name of their tau.
    namespace : mapping
        Functions and TimedArrays that the equations use.
    hold : mapping of str to str
        State variable to the expression that it is held at while the cell is silenced, for instance ``{"V_s": "V_r"}``;
        by default what the reset assigns to state variables of differential equations. It must keep the threshold
        from being reached.
    steps : tuple of str
        State variables that hold the number of a step; a checkpoint moves them when a new timeline starts.
    receptors : mapping of str to str
        Name of a synaptic input to the state variable that an arriving event raises by the weight:
        ``{"dendrite.ampa": "g_E_d"}``.
    first, last : str
        Statements at the beginning and at the end of each integration step, before thresholds are tested: ``first`` sees
        what the last step left, ``last`` the new values.
    on_transmission : mapping of str to str
        What an event (or ``"spike"``) does before synapses transmit it, when the state is still that of before the reset.
    regularly : mapping of str to str
        Interval such as ``"400 ms"`` to statements that run at the start of every step that is a multiple of it.
    """

    name: str
    equations: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    initial: Mapping[str, str] = field(default_factory=dict)
    threshold: str = ""
    reset: str = ""
    events: Mapping[str, str] = field(default_factory=dict)
    on_event: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, str] = field(default_factory=dict)
    contributions: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    exact: Mapping[str, str] = field(default_factory=dict)
    namespace: Mapping[str, Any] = field(default_factory=dict)
    hold: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    receptors: Mapping[str, str] = field(default_factory=dict)
    first: str = ""
    last: str = ""
    on_transmission: Mapping[str, str] = field(default_factory=dict)
    regularly: Mapping[str, str] = field(default_factory=dict)

    def held(self) -> dict[str, str]:
        """What a silenced cell is held at: `hold`, or else what the reset assigns; empty if it cannot be silenced."""
        if not self.threshold or any("{spike}" not in condition for condition in self.events.values()):
            return dict(self.hold) if self.threshold else {}
        integrated = set(re.findall(r"(?m)^\s*d(\w+)/dt\s*=", self.equations))
        assigned = (_ASSIGNMENT.fullmatch(line) for part in self.reset.splitlines() for line in part.split(";"))
        reset = {
            a[1]: a[2].strip() for a in assigned if a and a[1] in integrated and not re.search(rf"\b{a[1]}\b", a[2])
        }
        return dict(self.hold) or reset

    @property
    def silenceable(self) -> bool:
        """Whether a lesion can silence it."""
        return bool(self.held())

    def defined(self) -> dict[str, str]:
        """Every name that the equations define, with its kind."""
        return {name: eq.type for name, eq in parsed(self.equations).items()}

    def names(self) -> dict[str, str]:
        """Every name that the cell will have of this fragment, with its kind."""
        return self.defined() | dict.fromkeys(self.parameters, "parameter") | dict.fromkeys(self.ports.values(), "port")

    def __add__(self, other: Fragment) -> Fragment:
        if not isinstance(other, Fragment):
            return NotImplemented
        if self.threshold and other.threshold:
            raise ArgumentError(f"A threshold is defined by both {self.name!r} and {other.name!r}; a cell has one.")
        _merge("name", self, other, self.names(), other.names())
        return Fragment(
            name=f"{self.name} + {other.name}",
            equations=f"{self.equations.strip()}\n{other.equations.strip()}".strip(),
            parameters={**self.parameters, **other.parameters},
            initial=_merge("initial value", self, other, self.initial, other.initial),
            threshold=self.threshold or other.threshold,
            reset=joined(self.reset, other.reset),
            events=_merge("event", self, other, self.events, other.events),
            on_event=joined_each(self.on_event, other.on_event),
            ports=_merge("port", self, other, self.ports, other.ports),
            contributions=_merge("contribution", self, other, self.contributions, other.contributions),
            after=self.after + other.after,
            exact=_merge("exact decay", self, other, self.exact, other.exact),
            hold=_merge("hold", self, other, self.hold, other.hold),
            steps=self.steps + other.steps,
            receptors=_merge("receptor", self, other, self.receptors, other.receptors),
            first=joined(self.first, other.first),
            last=joined(self.last, other.last),
            on_transmission=joined_each(self.on_transmission, other.on_transmission),
            regularly=joined_each(self.regularly, other.regularly),
            namespace=_merge(
                "function",
                self,
                other,
                self.namespace,
                {k: v for k, v in other.namespace.items() if self.namespace.get(k) is not v},
            ),
        )

    def with_parameters(self, **values: Quantity | float) -> Fragment:
        """A copy with some parameter values changed; an unknown name is an ArgumentError."""
        parameters = dict(self.parameters)
        for name, value in values.items():
            if name not in parameters:
                raise unknown_name("parameter", name, parameters)
            parameters[name] = dataclasses.replace(parameters[name], value=parameters[name].checked(value, name))
        return dataclasses.replace(self, parameters=parameters)


def with_deviations(cell: Fragment, names: Iterable[str]) -> Fragment:
    """A copy in whose code each of these parameters stands with its deviation in a cell, ``(g_d + lesion_g_d)``."""
    words = "|".join(map(re.escape, sorted(names)))
    if not words:
        return cell

    def deviating(code: str) -> str:
        return re.sub(rf"\b({words})\b", r"(\1 + lesion_\1)", code)

    def each(codes: Mapping[str, str]) -> dict[str, str]:
        return {name: deviating(code) for name, code in codes.items()}

    return dataclasses.replace(
        cell,
        equations=deviating(cell.equations),
        threshold=deviating(cell.threshold),
        reset=deviating(cell.reset),
        events=each(cell.events),
        on_event=each(cell.on_event),
        hold=each(cell.hold),
        first=deviating(cell.first),
        last=deviating(cell.last),
        on_transmission=each(cell.on_transmission),
        regularly=each(cell.regularly),
    )
