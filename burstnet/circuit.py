"""Population, Projection, Circuit: what there is, by name. Imports cells, synapses, plasticity and control; knows no target."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from brian2.equations.equations import Equations
from brian2.units import amp, ms
from brian2.units.fundamentalunits import Quantity

from .cells.fragment import Fragment, Parameter
from .control import Knob, Readout, Signal
from .description import plain
from .errors import ArgumentError, unknown_name
from .plasticity.burst_dependent import BurstDependent
from .quantities import default, same_dimensions, unit_name
from .synapses.connectivity import AllToAll, Connectivity

__all__ = ["Circuit", "Population", "Projection", "RunArgument"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_EVENTS = ("spike", "event", "burst")
#: What the objects of a program are called that belong to a population.
_PARTS = ("readout", "spikes", "states", "trace", "lesions", "silence", "weights")


def _check_name(kind: str, name: str) -> None:
    allowed = isinstance(name, str) and _NAME.fullmatch(name) and name not in ("control", "i", "j", "t", "dt", "N")
    allowed = allowed and not name.startswith("lesion_")
    if allowed and kind in ("knob", "signal", "projection"):
        try:
            Equations.check_identifier(f"I_{name}" if kind == "projection" else name)
        except (SyntaxError, ValueError):
            allowed = False
        allowed = allowed and not name.endswith(("_pre", "_post"))
    if not allowed:
        raise ArgumentError(
            f"{kind} name {name!r} is not allowed; use letters, digits and underscores, first a letter, not a word Brian2 keeps."
        )


@dataclass(frozen=True)
class Population:
    """Cells of one kind; becomes a `brian2.NeuronGroup` of the same name.

    Parameters
    ----------
    name : str
        Its name everywhere: lesions, results, figures.
    n : int
        Number of cells.
    cell : Fragment
        Composed cell.
    inject : mapping of str to str
        Port to the signal or knob of the circuit whose current [amp] enters there: ``{"dendrite": "teacher"}``.
    readout : Readout, optional
        Moving averages of event rate, burst rate and burst probability, kept by the control group.
    """

    name: str
    n: int
    cell: Fragment
    inject: Mapping[str, str] = field(default_factory=dict)
    readout: Readout | None = None

    def __post_init__(self) -> None:
        _check_name("population", self.name)
        if isinstance(self.n, bool) or not isinstance(self.n, (int, np.integer)) or self.n < 1:
            raise ArgumentError(
                f"{self.name}.n={self.n!r} is not allowed; a population has a whole number of cells, at least 1."
            )
        for port in self.inject:
            if port not in self.cell.ports:
                raise unknown_name(f"port of {self.name!r}", port, self.cell.ports)
        for port in self.cell.contributions.values():
            if port not in self.cell.ports:
                raise unknown_name(
                    f"port that {self.cell.name!r} of population {self.name!r} adds a current to", port, self.cell.ports
                )
        for event in ("event", "burst"):
            if self.readout is not None and event not in self.cell.events:
                raise ArgumentError(
                    f"population {self.name!r} has a readout, but its cell has no {event!r}; compose a detector."
                )


@dataclass(frozen=True)
class Projection:
    """A pathway between populations; becomes (part of) a `brian2.Synapses`.

    Each transmitted event adds, for one step, the current ``gain*scale*w`` to a port of the target cell, or rather the
    charge of that current over `pulse`, so that another dt changes nothing.

    Parameters
    ----------
    name : str
        Its name everywhere.
    source : str or Quantity [pA]
        A population; or a constant current, which makes a projection of one weight per target cell.
    target : str
        A population.
    port : str
        Where the current enters, for instance ``"soma"``.
    weight : Quantity or float
        Initial weight: a current for a spiking source, a factor for a constant one. Not for a tied projection.
    on : {"event", "burst", "spike"}
        What transmits.
    connect : Connectivity
        Graph rule; all to all by default.
    delay : Quantity [ms]
        Beyond the one step that any transmission takes; part of the build.
    scale : float
        Factor on the weight; for a tied projection the ratio to the other's weight.
    tied_to : str, optional
        A projection in the other direction, target to source, whose weights and graph this one shares, plastic or not.
    plasticity : BurstDependent, optional
        Rule by which the weight learns.
    gain : str, optional
        Knob or signal that multiplies transmission; the weight itself stays.
    pulse : Quantity [ms]
        Duration for which `weight` is the current.
    """

    name: str
    source: str | Quantity
    target: str
    port: str = "soma"
    weight: Quantity | float | None = None
    on: str = "event"
    connect: Connectivity = field(default_factory=AllToAll)
    delay: Quantity = default(0 * ms)
    scale: float = 1.0
    tied_to: str | None = None
    plasticity: BurstDependent | None = None
    gain: str | None = None
    pulse: Quantity = default(1 * ms)

    def __post_init__(self) -> None:
        _check_name("projection", self.name)
        if self.on not in _EVENTS:
            raise unknown_name(f"event of projection {self.name!r}", self.on, _EVENTS)
        if (self.weight is None) == (self.tied_to is None):
            raise ArgumentError(f"projection {self.name!r} needs either weight or tied_to.")
        if self.tied_to and (self.plasticity or self.constant):
            raise ArgumentError(
                f"projection {self.name!r} is tied to {self.tied_to!r}: it learns with it and has a spiking source."
            )
        if not same_dimensions(self.delay, 1 * ms) or not 0 <= float(self.delay) < float("inf"):
            raise ArgumentError(
                f"projection {self.name!r}: delay={self.delay} is not allowed; it is a time of at least 0 ms."
            )
        if not same_dimensions(self.pulse, 1 * ms) or not 0 < float(self.pulse) < float("inf"):
            raise ArgumentError(
                f"projection {self.name!r}: pulse={self.pulse} is not allowed; it is a time above 0 ms."
            )
        Parameter(Quantity(1.0)).checked(self.scale, f"scale of projection {self.name!r}")
        if self.constant:
            Parameter(1 * amp).checked(self.source, f"source of projection {self.name!r}")
        expected = Quantity(1.0) if self.constant else Quantity(1 * amp)
        if self.weight is not None and not same_dimensions(self.weight, expected):
            raise ArgumentError(
                f"projection {self.name!r}: weight={self.weight} has the wrong unit; it is {'a plain factor' if self.constant else 'a current'}."
            )
        if self.plasticity:
            self._check_plasticity(self.plasticity, expected)

    def _check_plasticity(self, rule: BurstDependent, weight: Quantity) -> None:
        for bound in ("w_min", "w_max"):
            if not same_dimensions(getattr(rule, bound), weight):
                raise ArgumentError(
                    f"projection {self.name!r}: {bound}={getattr(rule, bound)} is not in the unit of its weight, {unit_name(weight)}."
                )
        eta = weight / (ms * Quantity(self.source)) if self.constant else weight / ms
        if not same_dimensions(rule.eta, eta):
            raise ArgumentError(
                f"projection {self.name!r}: eta={rule.eta} has the wrong unit; it is measured in {unit_name(eta)}."
            )

    def fixed(self) -> dict[str, Any]:
        """What a build depends on: all but the numbers that a run sets."""
        kept = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in ("weight", "scale")}
        return kept | {
            "source": "constant" if self.constant else self.source,
            "weight": self.weight if self.given_weights else None,
        }

    @property
    def constant(self) -> bool:
        """Whether the source is a constant current."""
        return not isinstance(self.source, str)

    @property
    def given_weights(self) -> bool:
        """Whether the weights are an array, which is part of the build, and not one number."""
        return bool(np.ndim(self.weight if self.weight is not None else 0))

    @property
    def current(self) -> str:
        """The target's variable that holds this projection's current."""
        return f"I_{self.name}"

    def parameters(self) -> dict[str, Parameter]:
        """Run arguments, named after the projection."""
        found = {}
        if self.weight is not None and not self.given_weights:
            found[f"w0_{self.name}"] = Parameter(Quantity(self.weight), "initial weight")
        if self.constant:
            found[f"source_{self.name}"] = Parameter(Quantity(self.source), "constant presynaptic current")
        else:
            found[f"scale_{self.name}"] = Parameter(Quantity(self.scale), "factor on the weight")
        return found | (self.plasticity.parameters(self.name) if self.plasticity else {})


@dataclass(frozen=True)
class RunArgument:
    """Where a settable name lives in the compiled program: object, variable, and its declaration."""

    owner: str
    variable: str
    parameter: Parameter


@dataclass(frozen=True)
class Circuit:
    """Named populations and projections with a control group.

    Parameters
    ----------
    populations : tuple of Population
    projections : tuple of Projection
    knobs : tuple of Knob
        Values that windows change during a run.
    signals : tuple of Signal
        Expressions of read-outs, knobs and earlier signals, computed in each step in this order.
    dt : Quantity [ms]
        Time step.
    lesion_slots : int
        Windows of lesions that each population, compartment, projection, plasticity and clampable parameter has room
        for; 0 builds a circuit that cannot be lesioned.
    beside : tuple of callable
        Functions that get the circuit's `Brian2Objects` and return plain Brian2 objects of the user's own, each with a
        ``name=`` and ``clock=objects.control.clock``. They are compiled and run with the circuit.

    Raises
    ------
    ArgumentError
        If a name is defined twice, or something refers to a name that does not exist.
    """

    populations: tuple[Population, ...]
    projections: tuple[Projection, ...] = ()
    knobs: tuple[Knob, ...] = ()
    signals: tuple[Signal, ...] = ()
    dt: Quantity = default(1 * ms)
    lesion_slots: int = 4
    beside: tuple[Callable[[Any], Any], ...] = ()

    def __post_init__(self) -> None:
        slots = self.lesion_slots
        if isinstance(slots, bool) or not isinstance(slots, (int, np.integer)) or not 0 <= slots <= 64:
            raise ArgumentError(f"lesion_slots={slots!r} is not allowed; give a whole number from 0 to 64.")
        if callable(self.beside):
            object.__setattr__(self, "beside", (self.beside,))
        for attribute in ("populations", "projections", "knobs", "signals", "beside"):
            object.__setattr__(self, attribute, tuple(getattr(self, attribute)))
        owners: dict[str, str] = {}
        for population in self.populations:
            for name in population.cell.names():
                if name.startswith("lesion_"):
                    raise ArgumentError(
                        f"variable {name!r} of population {population.name!r} is not allowed; names that start with lesion_ are kept for lesions."
                    )
        for kind, things in (
            ("population", self.populations),
            ("projection", self.projections),
            ("knob", self.knobs),
            ("signal", self.signals),
        ):
            for thing in things:
                _check_name(kind, thing.name)
                if thing.name in owners:
                    raise ArgumentError(
                        f"name {thing.name!r} is used by both a {owners[thing.name]} and a {kind}; names are unique in a circuit."
                    )
                owners[thing.name] = kind
        for name in owners:
            for population in self.populations:
                if name in [f"{population.name}_{what}" for what in _PARTS] or name in ("statistics", "step_clock"):
                    raise ArgumentError(
                        f"name {name!r} of a {owners[name]} is not allowed; an object of the program is called so, choose another."
                    )
        for builder in self.beside:
            if not callable(builder):
                raise ArgumentError(f"beside={builder!r} is not allowed; give functions that return Brian2 objects.")
        if not self.populations:
            raise ArgumentError("populations=() is not allowed; a circuit has at least one.")
        if not same_dimensions(self.dt, 1 * ms) or float(self.dt) <= 0:
            raise ArgumentError(f"dt={self.dt} is not allowed; give a time above 0, for instance 1 ms.")
        self._check_references()
        self._check_variables()

    def _check_references(self) -> None:
        values = {k.name: k.default for k in self.knobs} | {s.name: s.unit for s in self.signals}
        for population in self.populations:
            for signal in population.inject.values():
                if signal not in values:
                    raise unknown_name(f"signal injected into {population.name!r}", signal, values)
                if not same_dimensions(values[signal], 1 * amp):
                    raise ArgumentError(
                        f"{signal!r} is injected into {population.name!r} but measured in {unit_name(values[signal])}; give a current."
                    )
        for projection in self.projections:
            target = self.population(projection.target)
            if projection.port not in target.cell.ports:
                raise unknown_name(
                    f"port of {target.name!r} for projection {projection.name!r}", projection.port, target.cell.ports
                )
            if not projection.constant and "differential equation" not in target.cell.defined().values():
                raise ArgumentError(
                    f"projection {projection.name!r} cannot end in {target.name!r}; its cell has no differential equation, whose step would use up the current."
                )
            source = target if projection.constant else self.population(str(projection.source))
            if projection.on != "spike" and not projection.constant and projection.on not in source.cell.events:
                raise ArgumentError(
                    f"projection {projection.name!r} transmits {projection.on}s, but {source.name!r} has no detector of them."
                )
            if projection.plasticity and not {"event", "burst"} <= set(target.cell.events):
                raise ArgumentError(
                    f"projection {projection.name!r} learns from bursts, but {target.name!r} has no detector of them."
                )
            for user in (projection.gain, projection.plasticity.learning if projection.plasticity else None):
                if user is not None and user not in values:
                    raise unknown_name(f"knob of projection {projection.name!r}", user, values)
                if user is not None and not same_dimensions(values[user], 1.0):
                    raise ArgumentError(
                        f"{user!r} multiplies projection {projection.name!r} but is measured in {unit_name(values[user])}; give a plain factor."
                    )
            if projection.tied_to:
                partner = self.projection(projection.tied_to)
                if (
                    partner.tied_to
                    or partner.constant
                    or (partner.source, partner.target) != (projection.target, projection.source)
                ):
                    raise ArgumentError(
                        f"projection {projection.name!r} cannot be tied to {partner.name!r}; it needs a spiking one from {projection.target!r} to {projection.source!r}."
                    )
            elif not projection.constant:
                projection.connect.check(projection.name, source.n, target.n)
                if source is not target and not getattr(projection.connect, "autapses", True):
                    raise ArgumentError(
                        f"projection {projection.name!r}: autapses=False is not allowed between two populations, which have none."
                    )
            if projection.given_weights:
                given, needed = (
                    np.asarray(projection.weight).shape,
                    target.n if projection.constant else projection.connect.count(source.n, target.n),
                )
                if needed is None or given != (needed,):
                    allowed = (
                        "a single one, since the seed draws the connections"
                        if needed is None
                        else f"{needed}, one for each {'cell' if projection.constant else 'connection'}"
                    )
                    raise ArgumentError(
                        f"projection {projection.name!r}: weights of shape {given} are not allowed; give {allowed}."
                    )

    def _check_variables(self) -> None:
        """Refuse two variables of one name in a population or in the control group."""
        for population in self.populations:
            owners = dict.fromkeys(population.cell.names(), f"cell {population.cell.name!r}")
            linked = set(population.inject.values())
            for projection in self.projections:
                if projection.target == population.name:
                    own = (
                        [projection.current, f"w_{projection.name}", *projection.parameters()]
                        if projection.constant
                        else [projection.current]
                    )
                    _claim(owners, own, f"projection {projection.name!r}", population.name)
                    linked |= {
                        name
                        for name in (projection.gain, projection.plasticity and projection.plasticity.learning)
                        if name and projection.constant
                    }
            _claim(owners, linked, "knob or signal", population.name)
        owners = {}
        for population in self.populations:
            if population.readout:
                own = [
                    *Equations(population.readout.equations(population.name)),
                    *population.readout.parameters(population.name),
                ]
                _claim(owners, own, f"readout of {population.name!r}", "control")
        for knob in self.knobs:
            _claim(owners, [knob.name, *knob.parameters()], f"knob {knob.name!r}", "control")
        for signal in self.signals:
            _claim(owners, [signal.name, *signal.parameters], f"signal {signal.name!r}", "control")

    def population(self, name: str) -> Population:
        """The population of that name."""
        return self._find("population", name, self.populations)

    def projection(self, name: str) -> Projection:
        """The projection of that name."""
        return self._find("projection", name, self.projections)

    def knob(self, name: str) -> Knob:
        """The knob of that name."""
        return self._find("knob", name, self.knobs)

    @staticmethod
    def _find(kind: str, name: str, things: tuple) -> Any:
        for thing in things:
            if thing.name == name:
                return thing
        raise unknown_name(kind, name, [thing.name for thing in things])

    @property
    def seeded_graph(self) -> bool:
        """Whether the seed draws the graph; False where all connections are given or all to all."""
        return any(p.connect.seeded for p in self.projections if not p.constant and not p.tied_to)

    def arguments(self) -> dict[str, RunArgument]:
        """Every settable name and where it lives; values are the circuit's own."""
        return dict(self._arguments())

    def _arguments(self) -> Iterator[tuple[str, RunArgument]]:
        for population in self.populations:
            for name, parameter in population.cell.parameters.items():
                yield f"{population.name}.cell.{name}", RunArgument(population.name, name, parameter)
            if population.readout:
                for name, parameter in population.readout.parameters(population.name).items():
                    yield (
                        f"{population.name}.readout.{name.removeprefix(population.name + '_')}",
                        RunArgument("control", name, parameter),
                    )
        for projection in self.projections:
            owner = projection.target if projection.constant else projection.tied_to or projection.name
            for name, parameter in projection.parameters().items():
                short = name.removesuffix(f"_{projection.name}")
                public = {"w0": "weight", "source": "current"}.get(short, short)
                yield f"{projection.name}.{public}", RunArgument(owner, name, parameter)
        for signal in self.signals:
            for name, parameter in signal.parameters.items():
                yield f"{signal.name}.{name}", RunArgument("control", name, parameter)
        for knob in self.knobs:
            for name, parameter in knob.parameters().items():
                yield f"{knob.name}.{name.removeprefix(knob.name + '_')}", RunArgument("control", name, parameter)

    def replace_values(self, values: Mapping[str, Quantity | float]) -> dict[str, float]:
        """SI values of all run arguments as ``{"object.variable": value}``, some replaced by public name.

        Raises
        ------
        ArgumentError
            If a name does not exist or a value has the wrong unit or sign.
        """
        arguments = self.arguments()
        found = {f"{a.owner}.{a.variable}": float(a.parameter.value) for a in arguments.values()}
        for name, value in values.items():
            if name not in arguments:
                raise unknown_name("parameter", name, arguments)
            argument = arguments[name]
            found[f"{argument.owner}.{argument.variable}"] = float(argument.parameter.checked(value, name))
        return found

    def describe(self) -> dict:
        """Everything about this circuit that is fixed at build, as plain data: names, equations, sizes, static arrays."""
        described: dict = plain(self)
        described["arguments"] = {
            name: [a.owner, a.variable, unit_name(a.parameter.value)] for name, a in self.arguments().items()
        }
        return described


def _claim(owners: dict[str, str], names: Iterable[str], owner: str, group: str) -> None:
    for name in names:
        if name in owners:
            raise ArgumentError(
                f"variable {name!r} of group {group!r} is defined by both {owners[name]} and {owner}; rename one of them."
            )
        owners[name] = owner
