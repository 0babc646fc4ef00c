"""Study and Arm: which lesions and settings, over which seeds, of which protocol. Imports experiment, setups, lesion, quantities.

A study is plain and immutable; `run_study` carries it out. Settings are kept as text, so that a study file, a manifest
and a worker on another machine all read the same.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Any, TypeAlias

import numpy as np
from brian2.units.fundamentalunits import Quantity

from ..cells.fragment import ParameterSet
from ..circuit import Circuit
from ..errors import ArgumentError, unknown_name
from ..experiment import find_experiment
from ..lesion import Lesion, as_lesions
from ..quantities import parse_quantity, unit_name
from ..random import check_seed
from ..setups import Setup, System, setup_of

__all__ = ["CONTROL", "Arm", "Study", "lesion_study", "sweep_study"]

#: Label of the arm without lesions, against which the others are compared.
CONTROL = "control"
#: Runs of one study that are surely a slip of the keyboard.
_MOST_RUNS = 100_000
_LONGEST_LABEL = 200

Value: TypeAlias = Any  # a text, a number or a Quantity


@dataclass(frozen=True)
class Arm:
    """One line of a study: the protocol with these lesions and settings.

    Parameters
    ----------
    label : str
        Its name in tables and figures.
    lesions : Lesion, str, or iterable of them
        Kept as text.
    settings : mapping of str to str, number or Quantity
        What differs from the study's own settings; kept as text.
    """

    label: str
    lesions: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    def __init__(
        self,
        label: str,
        lesions: str | Lesion | Iterable[Lesion | str] = (),
        settings: Mapping[str, Value] | None = None,
    ) -> None:
        if not isinstance(label, str) or not label.strip() or not label.isprintable() or len(label) > _LONGEST_LABEL:
            raise ArgumentError(f"arm label {label!r} is not allowed; give one line of text, such as 'no-Y'.")
        object.__setattr__(self, "label", label.strip())
        object.__setattr__(self, "lesions", tuple(str(lesion) for lesion in as_lesions(lesions)))
        object.__setattr__(self, "settings", _texts(settings or {}))

    @classmethod
    def parse(cls, text: str) -> Arm:
        """Read ``"LABEL: SPEC + SPEC"``; the label ends at the first colon that a space follows.

        Raises
        ------
        ArgumentError
        """
        label, colon, lesions = text.partition(": ")
        if not colon or not label.strip() or not lesions.strip():
            raise ArgumentError(
                f"--arm {text!r} is not allowed; write 'LABEL: LESION + LESION', for instance 'no-Y: Y:scale=0@20s..50s'."
            )
        return cls(label, lesions)


@dataclass(frozen=True)
class Study:
    """Arms of one protocol, each over the same seeds.

    Parameters
    ----------
    protocol : str, Timeline or RunProtocol
        The name of an experiment (``"target-rate"``), or what `burstnet.compile` takes.
    arms : tuple of Arm
        Labels are unique.
    seeds : tuple of int
    settings : mapping of str to str, number or Quantity
        Of every arm: a name's value with its unit, as ``--set`` takes it. ``POPULATION.n`` is a number of cells.
    target : {"auto", "cpp", "numpy", "cython", "cuda"}
    circuit : Circuit or RateModel, optional
        Where `protocol` is not a name.
    start_from, continue_from : str or path, optional
        A saved result with whose final state every run begins, anew or where it stopped; see `burstnet.Compiled.run`.
    until : str or Quantity [second], optional
        Stop before the end of the timeline.
    metrics : callable, optional
        ``metrics(result) -> {name: Metric}`` where `protocol` has no such method; rates and burst probability of each
        phase by default.
    margins : mapping of str to float
        Metric to the difference from the control, in the metric's unit, below which an arm counts as equivalent to it.

    Raises
    ------
    ArgumentError
        If anything of it does not exist or is not allowed; no arm needs to run for that.
    """

    protocol: Any
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    target: str = "auto"
    circuit: System | None = None
    start_from: str | PathLike[str] | None = None
    continue_from: str | PathLike[str] | None = None
    until: str | None = None
    metrics: Callable[[Any], Mapping[str, Any]] | None = None
    margins: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seeds", tuple(check_seed(seed) for seed in self.seeds))
        object.__setattr__(self, "arms", tuple(self.arms))
        object.__setattr__(self, "settings", _texts(self.settings))
        for name in ("start_from", "continue_from"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, str(getattr(self, name)))
        if self.until is not None:
            object.__setattr__(self, "until", _texts({"until": self.until})["until"])
        for name, margin in self.margins.items():
            if isinstance(margin, bool) or not isinstance(margin, (int, float)) or not 0 < margin < 1e300:
                raise ArgumentError(
                    f"margin {name}={margin!r} is not allowed; give a number above 0, in the metric's unit."
                )
        object.__setattr__(self, "margins", {name: float(margin) for name, margin in self.margins.items()})
        if self.start_from is not None and self.continue_from is not None:
            raise ArgumentError("--from and --continue exclude each other; give one.")
        if not self.seeds:
            raise ArgumentError("seeds=() is not allowed; give at least one.")
        if len(set(self.seeds)) != len(self.seeds):
            raise ArgumentError("seeds are not allowed; one is there twice.")
        if not self.arms:
            raise ArgumentError("arms=() is not allowed; give at least one.")
        labels = [arm.label for arm in self.arms]
        for label in labels:
            if labels.count(label) > 1:
                raise ArgumentError(f"arm {label!r} is there twice; labels are unique in a study.")
        if len(self.arms) * len(self.seeds) > _MOST_RUNS:
            raise ArgumentError(
                f"{len(self.arms)} arms of {len(self.seeds)} seeds are not allowed; that is more than {_MOST_RUNS} runs."
            )
        if isinstance(self.protocol, str):
            find_experiment(self.protocol)
            if self.circuit is not None:
                raise ArgumentError(f"circuit is not allowed beside protocol={self.protocol!r}, which has its own.")
        elif self.circuit is None:
            raise ArgumentError("circuit is missing; a study of a timeline or protocol of your own needs one.")

    @property
    def beginning(self) -> dict[str, str]:
        """With what runs begin and where they stop, as a study file names it; empty for whole timelines from 0."""
        given = {"from": self.start_from, "continue": self.continue_from, "until": self.until}
        return {name: str(value) for name, value in given.items() if value is not None}

    @property
    def name(self) -> str:
        """The protocol's name."""
        return self.protocol if isinstance(self.protocol, str) else getattr(self.protocol, "NAME", "circuit")

    def arm(self, label: str) -> Arm:
        """The arm of that label."""
        found = {arm.label: arm for arm in self.arms}
        if label not in found:
            raise unknown_name("arm", label, found)
        return found[label]

    def setup(self, arm: Arm) -> Setup:
        """Circuit or model, protocol and values of an arm.

        Raises
        ------
        ArgumentError
            For a name that does not exist or a value that is not allowed.
        """
        settings = {**self.settings, **arm.settings}
        if isinstance(self.protocol, str):
            return find_experiment(self.protocol).prepare(settings)
        return _own_setup(self.circuit, self.protocol, settings)


def lesion_study(
    protocol: Any, arms: Mapping[str, Any] | Iterable[Arm], seeds: Iterable[int] | int, **others: Any
) -> Study:
    """A control and one arm for each set of lesions.

    Parameters
    ----------
    protocol : str, Timeline or RunProtocol
    arms : mapping of str to lesions, or iterable of Arm
        ``{"no-Y": "Y:scale=0@20s..50s"}``; the control is added.
    seeds : iterable of int
    **others
        The rest of `Study`.
    """
    given = [Arm(label, lesions) for label, lesions in arms.items()] if isinstance(arms, Mapping) else list(arms)
    for arm in given:
        if arm.label == CONTROL:
            raise ArgumentError(f"arm {CONTROL!r} is not allowed; the control without lesions is always there.")
    return Study(protocol, (Arm(CONTROL), *given), _tuple(seeds), **others)


def sweep_study(
    protocol: Any,
    vary: Mapping[str, Iterable[Value]],
    seeds: Iterable[int] | int,
    *,
    lesions: str | Lesion | Iterable[Lesion | str] = (),
    **others: Any,
) -> Study:
    """Every combination of some settings' values, each an arm of its own.

    Parameters
    ----------
    protocol : str, Timeline or RunProtocol
    vary : mapping of str to iterable
        ``{"increase_to": ["8Hz", "10Hz"], "input.n": [100, 200]}``.
    seeds : iterable of int
    lesions : Lesion, str, or iterable of them
        Of every point.
    **others
        The rest of `Study`.
    """
    values = {name: list(_texts({str(k): v for k, v in enumerate(given)}).values()) for name, given in vary.items()}
    if not values:
        raise ArgumentError("vary={} is not allowed; name at least one setting with its values.")
    for name, given in values.items():
        if not given:
            raise ArgumentError(f"vary has no value of {name!r}; give at least one.")
        if len(set(given)) != len(given):
            raise ArgumentError(f"vary has a value of {name!r} twice.")
    points = itertools.product(*([(name, value) for value in given] for name, given in values.items()))
    arms = tuple(Arm(", ".join(f"{n}={v}" for n, v in point), lesions, dict(point)) for point in points)
    return Study(protocol, arms, _tuple(seeds), **others)


def slugs(labels: Iterable[str], known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Folder names for labels: lower-case letters, digits and ``-``, each of its own; `known` ones stay."""
    found = dict(known or {})
    for label in labels:
        if label in found:
            continue
        base = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:60] or "arm"
        name, k = base, 2
        while name in found.values():
            name, k = f"{base}-{k}", k + 1
        found[label] = name
    return found


def _tuple(seeds: Iterable[int] | int) -> tuple[int, ...]:
    return (int(seeds),) if isinstance(seeds, (int, np.integer)) else tuple(seeds)


def _texts(settings: Mapping[str, Value]) -> dict[str, str]:
    """Settings as text that reads back to the last digit."""
    found: dict[str, str] = {}
    for name, value in settings.items():
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise ArgumentError(f"setting {name!r} is not allowed; name a parameter.")
        if isinstance(value, bool) or not isinstance(value, (str, int, float, np.number, Quantity)) or np.ndim(value):
            raise ArgumentError(f"{name}={value!r} is not allowed; give a number, a quantity, or text such as '8 Hz'.")
        if isinstance(value, Quantity):
            unit = unit_name(value)
            found[name] = repr(float(value)) + (f" {unit}" if unit != "1" else "")
        else:
            plain = value.item() if isinstance(value, np.generic) else value
            found[name] = plain.strip() if isinstance(plain, str) else repr(plain)
    return found


def _own_setup(circuit: System | None, protocol: Any, settings: Mapping[str, str]) -> Setup:
    """A user's own circuit or model and protocol with these settings."""
    assert circuit is not None
    sizes = {f"{p.name}.n": p for p in circuit.populations} if isinstance(circuit, Circuit) else {}
    declared = protocol.declared() if isinstance(protocol, ParameterSet) else {}
    changed: dict[str, int] = {}
    rest: dict[str, str] = {}
    own: dict[str, Quantity] = {}
    values: dict[str, Quantity] = {}
    for name, text in settings.items():
        if name in sizes:
            if not text.isdecimal() or int(text) < 1:
                raise ArgumentError(f"{name}={text!r} is not allowed; give a whole number, at least 1.")
            changed[name.removesuffix(".n")] = int(text)
        else:
            rest[name] = text
    if changed and isinstance(circuit, Circuit):
        grown = [dataclasses.replace(p, n=changed.get(p.name, p.n)) for p in circuit.populations]
        circuit = dataclasses.replace(circuit, populations=tuple(grown))
    arguments = circuit.arguments()
    for name, text in rest.items():
        known = declared.get(name) or (arguments[name].parameter if name in arguments else None)
        if known is None:
            raise unknown_name("parameter", name, [*sizes, *declared, *arguments])
        (own if name in declared else values)[name] = known.checked(parse_quantity(text, known.value, name=name), name)
    if own:
        protocol = protocol.replace(**own)
    return setup_of(circuit, protocol, values)
