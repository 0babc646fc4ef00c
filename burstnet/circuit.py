"""Population and Circuit: what there is, by name. Imports projection, cells and control; knows no target."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from brian2.equations.equations import Equations
from brian2.units import amp, ms
from brian2.units.fundamentalunits import Quantity

from .cells.fragment import Fragment, parsed
from .control import Knob, Readout, Signal
from .description import plain
from .errors import ArgumentError, unknown_name
from .projection import Projection, RunArgument, check_name
from .quantities import default, same_dimensions, unit_name

__all__ = ["Circuit", "Population", "Projection", "RunArgument"]

#: What the objects of a program are called that belong to a population.
_PARTS = ("readout", "spikes", "states", "trace", "lesions", "silence", "weights")


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
    reads : tuple of str
        Knobs and signals of the circuit that the cell's own equations use, by their names.
    readout : Readout, optional
        Moving averages of event rate, burst rate and burst probability, kept by the control group.
    """

    name: str
    n: int
    cell: Fragment
    inject: Mapping[str, str] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    readout: Readout | None = None

    def __post_init__(self) -> None:
        check_name("population", self.name)
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
        if (self.cell.first or self.cell.last) and "differential equation" not in self.cell.defined().values():
            raise ArgumentError(
                f"the cell {self.cell.name!r} of population {self.name!r} has no differential equation, so that its first= and last= would never run; use regularly= or an event."
            )
        for event in ("event", "burst"):
            if self.readout is not None and event not in self.cell.events:
                raise ArgumentError(
                    f"population {self.name!r} has a readout, but its cell has no {event!r}; compose a detector."
                )


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
                check_name(kind, thing.name)
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
        values = self.values()
        for population in self.populations:
            for signal in population.inject.values():
                if signal not in values:
                    raise unknown_name(f"signal injected into {population.name!r}", signal, values)
                if not same_dimensions(values[signal], 1 * amp):
                    raise ArgumentError(
                        f"{signal!r} is injected into {population.name!r} but measured in {unit_name(values[signal])}; give a current."
                    )
            for name in population.reads:
                if name not in values:
                    raise unknown_name(f"knob or signal that {population.name!r} reads", name, values)
        for projection in self.projections:
            target = self.population(projection.target)
            entries = target.cell.ports if projection.constant else [*target.cell.ports, *target.cell.receptors]
            if projection.port not in entries:
                raise unknown_name(
                    f"port of {target.name!r} for projection {projection.name!r}", projection.port, entries
                )
            self._check_weight(projection, target)
            if projection.like:
                self.projection(projection.like)
            onto_port = projection.port in target.cell.ports
            if not projection.constant and onto_port and "differential equation" not in target.cell.defined().values():
                raise ArgumentError(
                    f"projection {projection.name!r} cannot end in {target.name!r}; its cell has no differential equation, whose step would use up the current."
                )
            source = target if projection.constant else self.population(str(projection.source))
            if projection.on != "spike" and not projection.constant and projection.on not in source.cell.events:
                if projection.on in ("event", "burst"):
                    raise ArgumentError(
                        f"projection {projection.name!r} transmits {projection.on}s, but {source.name!r} has no detector of them."
                    )
                known = ["spike", *source.cell.events] if source.cell.events else ["spike", "event", "burst"]
                raise unknown_name(f"event of projection {projection.name!r}", projection.on, known)
            if projection.plasticity:
                projection.plasticity.check_cells(projection.name, source.cell, target.cell, target.name)
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

    def values(self) -> dict[str, Quantity | float]:
        """Every knob and signal with a quantity of its dimension."""
        return {k.name: k.default for k in self.knobs} | {s.name: s.unit for s in self.signals}

    def onto(self, projection: Projection) -> Quantity:
        """A quantity of the dimension of what a projection enters: a current, or the variable of a receptor."""
        cell = self.population(projection.target).cell
        if projection.port in cell.ports:
            return Quantity(1 * amp)
        return Quantity(1, dim=parsed(cell.equations)[cell.receptors[projection.port]].dim)

    def _check_weight(self, projection: Projection, target: Population) -> None:
        onto = self.onto(projection)
        kind = "a current" if projection.port in target.cell.ports else f"measured in {unit_name(onto)}"
        projection.check_weight(onto, kind)
        for name in ("tau_d", "tau_f"):
            if projection.short_term and float(getattr(projection.short_term, name)) <= float(self.dt):
                raise ArgumentError(
                    f"{name}={getattr(projection.short_term, name)} of projection {projection.name!r} is not allowed; it must be longer than a step, {self.dt}."
                )

    def cell(self, name: str) -> Fragment:
        """The cell of a population with what its projections add to it."""
        cell = self.population(name).cell
        for projection in self.projections:
            if projection.source == name:
                cell = cell + projection.source_fragment()
        return cell

    def _check_variables(self) -> None:
        """Refuse two variables of one name in a population or in the control group."""
        for population in self.populations:
            owners = dict.fromkeys(self.cell(population.name).names(), f"cell {population.cell.name!r}")
            linked = {*population.inject.values(), *population.reads}
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
            yield from projection.arguments()
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
