"""An experiment: a protocol with the circuit or rate model it is for, and every name that can be set. Imports setups, quantities, errors."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any

from brian2.units.fundamentalunits import Quantity

from .cells.fragment import ParameterSet
from .circuit import Circuit
from .errors import ArgumentError, unknown_name
from .quantities import format_quantity, parse_quantity
from .rate_model import RateModel
from .setups import Setup, System, setup_of

__all__ = ["Choice", "Experiment", "Number", "Whole", "Written", "experiments", "find_experiment", "models"]


@dataclass(frozen=True)
class Whole:
    """A whole number that is fixed at build, such as a size.

    Parameters
    ----------
    default : int or None
    doc : str
    least : int
    """

    default: int | None
    doc: str
    least: int = 1

    def parse(self, text: str, name: str) -> int:
        """The number that `text` is."""
        if not text.strip().isdecimal() or int(text) < self.least:
            raise ArgumentError(f"{name}={text!r} is not allowed; give a whole number, at least {self.least}.")
        return int(text)


@dataclass(frozen=True)
class Number:
    """A number between two bounds that is fixed at build; with units, where the bounds have them."""

    default: Quantity | float | None
    doc: str
    least: Quantity | float
    most: Quantity | float

    def parse(self, text: str, name: str) -> Quantity | float:
        """The number that `text` is."""
        value = parse_quantity(text, Quantity(self.most), name=name)
        if not self.least <= value <= self.most:
            raise ArgumentError(
                f"{name}={text!r} is not allowed; it is from {format_quantity(self.least)} to {format_quantity(self.most)}."
            )
        return value if isinstance(self.most, Quantity) else float(value)


@dataclass(frozen=True)
class Choice:
    """One of a few words, fixed at build."""

    default: str
    doc: str
    allowed: tuple[str, ...]

    def parse(self, text: str, name: str) -> str:
        """The word, if it is allowed."""
        if text not in self.allowed:
            raise unknown_name(name, text, self.allowed)
        return text


@dataclass(frozen=True)
class Written:
    """A text in a form of its own, fixed at build.

    Parameters
    ----------
    default, doc : str
    read : callable
        What the text and the setting's name become; an `ArgumentError` where the text is not allowed.
    """

    default: str
    doc: str
    read: Callable[[str, str], Any]

    def parse(self, text: str, name: str) -> Any:
        """What the text says."""
        return self.read(text, name)


@dataclass(frozen=True)
class Experiment:
    """A protocol on its circuit or rate model, runnable by name.

    Parameters
    ----------
    name, title, citation : str
    protocol : type
        A `ParameterSet` with ``timeline()``, ``metrics(result)`` and, for a circuit, ``recording(circuit)``.
    build : callable
        Makes the `Circuit` or `RateModel` out of the structural settings, a dict.
    structure : mapping of str to Whole, Number, Choice or Written
        Settings that need another build.
    shorthands : mapping of str to tuple of str
        Names that set several of the protocol's parameters at once.
    figure : str
        ``"module:function"`` that draws a result.
    headline : tuple of str
        Metrics that the command line prints; all of them by default.
    curves : tuple of str
        Of a rate model, what it records in every session and studies draw, arm by arm.
    """

    name: str
    title: str
    citation: str
    protocol: type[ParameterSet]
    build: Callable[[Mapping[str, Any]], System]
    structure: Mapping[str, Whole | Number | Choice | Written] = field(default_factory=dict)
    shorthands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    figure: str = ""
    headline: tuple[str, ...] = ()
    curves: tuple[str, ...] = ()

    def prepare(self, settings: Mapping[str, str | Quantity | float] | None = None) -> Setup:
        """Circuit or model, protocol and values for these settings; texts are parsed, never evaluated.

        Parameters
        ----------
        settings : mapping of str to str or Quantity
            By name: fields of the protocol (``increase_to``), structure (``input.n``), or parameters of the circuit
            (``input.cell.tau_s``).

        Raises
        ------
        ArgumentError
            For a name that does not exist or a value that is not allowed.
        """
        given = dict(self._spread(settings or {}))
        structural, rest = {}, {}
        for name, value in given.items():
            rule = (
                self.structure.get(name)
                or _EVERYWHERE.get(name)
                or (Whole(None, "cells") if name.endswith(".n") else None)
            )
            if rule is not None:
                structural[name] = rule.parse(str(value), name)
            else:
                rest[name] = value
        system = self._built(structural)
        declared, arguments = self.protocol.declared(), system.arguments()
        own: dict[str, Quantity] = {}
        values: dict[str, Quantity] = {}
        for name, value in rest.items():
            known = declared.get(name) or (arguments[name].parameter if name in arguments else None)
            if known is None:
                everywhere = _EVERYWHERE if isinstance(system, Circuit) else ()
                raise unknown_name(
                    "parameter", name, [*self.structure, *everywhere, *self.shorthands, *declared, *arguments]
                )
            quantity = parse_quantity(value, known.value, name=name) if isinstance(value, str) else value
            (own if name in declared else values)[name] = known.checked(quantity, name)
        return setup_of(system, self.protocol(**own), values)

    def _built(self, structural: dict[str, Any]) -> System:
        """The circuit or model of these structural settings; those that only a circuit has are taken out first."""
        others = [name for name in structural if name not in self.structure]
        if others and isinstance(self.build({}), RateModel):
            raise unknown_name("parameter", others[0], [*self.structure, *self.protocol.declared()])
        slots = structural.pop("lesion_slots", None)
        system = self.build(structural)
        if slots is not None and isinstance(system, Circuit):
            system = dataclasses.replace(system, lesion_slots=int(slots))
        return system

    def _spread(self, settings: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """Shorthands first, so that a full name beside one wins."""
        short = [(full, value) for name, value in settings.items() for full in self.shorthands.get(name, ())]
        return short + [(name, value) for name, value in settings.items() if name not in self.shorthands]

    def draw(self, result: Any) -> Any:
        """The experiment's figure of a result."""
        module, _, function = self.figure.partition(":")
        return getattr(importlib.import_module(module), function)(result)


#: Structural settings of every experiment on a circuit.
_EVERYWHERE: dict[str, Whole | Number | Choice | Written] = {
    "lesion_slots": Whole(4, "windows of lesions that each target has room for", least=0)
}

_OUR_MODELS = (
    "boven2023",
    "burstccn",
    "burstccn_deep",
    "burstccn_deep_twin",
    "burstccn_continuous",
    "burstccn_conv",
    "burstccn_dalean",
    "burstccn_dalean_images",
    "burstccn_interneurons",
    "burstccn_rate",
    "cerebellum",
    "cerebellum_eyeblink",
    "cerebro_cerebellar",
    "feedback_decoupling",
    "payeur2021_bp_curve",
    "payeur2021_pairing",
    "payeur2021_plasticity",
    "payeur2021_propagation",
    "payeur2021_xor",
    "pemberton2024",
    "pemberton2024_consolidation",
    "pemberton2024_switching",
)
_OURS = {
    "target-rate": "burstnet.protocols.target_rate:EXPERIMENT",
    "bp-curve": "burstnet.protocols.bp_curve:EXPERIMENT",
    "burst-plasticity": "burstnet.protocols.burst_plasticity:EXPERIMENT",
    "cerebellar-drive": "burstnet.protocols.cerebellar_drive:EXPERIMENT",
    "cerebellar-switching": "burstnet.protocols.cerebellar_switching:EXPERIMENT",
    "classify": "burstnet.protocols.classify:EXPERIMENT",
    "consolidation": "burstnet.protocols.consolidation:EXPERIMENT",
    "convnet": "burstnet.protocols.convnet:EXPERIMENT",
    "digits": "burstnet.protocols.digits:EXPERIMENT",
    "eyeblink": "burstnet.protocols.eyeblink:EXPERIMENT",
    "feedback-rank": "burstnet.protocols.feedback_rank:EXPERIMENT",
    "feedback-decoupling": "burstnet.protocols.feedback_decoupling:EXPERIMENT",
    "feedback-horizon": "burstnet.protocols.feedback_horizon:EXPERIMENT",
    "gradient-alignment": "burstnet.protocols.gradient_alignment:EXPERIMENT",
    "line-drawing": "burstnet.protocols.line_drawing:EXPERIMENT",
    "pairing": "burstnet.protocols.pairing:EXPERIMENT",
    "propagation": "burstnet.protocols.propagation:EXPERIMENT",
    "silencing": "burstnet.protocols.silencing:EXPERIMENT",
    "sine": "burstnet.protocols.sine:EXPERIMENT",
    "task-switching": "burstnet.protocols.task_switching:EXPERIMENT",
    "xor": "burstnet.protocols.xor:EXPERIMENT",
}


def experiments() -> dict[str, Callable[[], Experiment]]:
    """Every experiment by name, ours and those that other packages add through the entry-point group ``burstnet.protocols``."""

    def ours(place: str) -> Callable[[], Experiment]:
        module, _, attribute = place.partition(":")
        return lambda: getattr(importlib.import_module(module), attribute)

    found = {name: ours(place) for name, place in _OURS.items()}
    return found | {
        point.name: point.load for point in entry_points(group="burstnet.protocols") if point.name not in found
    }


def models() -> dict[str, str]:
    """Every model by name with its first line, ours and those of the entry-point group ``burstnet.models``."""
    found = {name: importlib.import_module(f"burstnet.models.{name}") for name in _OUR_MODELS}
    found |= {point.name: point.load() for point in entry_points(group="burstnet.models") if point.name not in found}
    return {name: (module.__doc__ or "").strip().partition("\n")[0] for name, module in found.items()}


def find_experiment(name: str) -> Experiment:
    """The experiment of that name.

    Raises
    ------
    ArgumentError
        With the nearest name that exists.
    """
    known = experiments()
    if name not in known:
        raise unknown_name("protocol", name, known)
    return known[name]()


def settings_table(experiment: Experiment) -> list[tuple[str, str, str]]:
    """Name, default and meaning of everything that can be set, for ``burstnet list NAME``."""
    system = experiment.build({})
    everywhere = _EVERYWHERE if isinstance(system, Circuit) else {}
    knobs = {k.name for k in system.knobs} if isinstance(system, Circuit) else set()
    rows = [(name, format_quantity(p.value), p.doc) for name, p in experiment.protocol.declared().items()]
    rows += [(name, _default(rule), _meaning(rule)) for name, rule in {**experiment.structure, **everywhere}.items()]
    rows += [(name, "-", "sets " + ", ".join(names)) for name, names in experiment.shorthands.items()]
    return rows + [
        (name, format_quantity(a.parameter.value), a.parameter.doc)
        for name, a in system.arguments().items()
        if name.partition(".")[0] not in knobs
    ]


def _default(rule: Whole | Number | Choice | Written) -> str:
    if rule.default is None:
        return "-"
    return format_quantity(rule.default) if isinstance(rule, Number) else str(rule.default)


def _meaning(rule: Whole | Number | Choice | Written) -> str:
    return f"{rule.doc}: {', '.join(rule.allowed)}" if isinstance(rule, Choice) else rule.doc
