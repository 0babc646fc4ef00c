"""Projection: a pathway between populations, by name. Imports cells, synapses, plasticity and quantities; knows no target."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from brian2.equations.equations import Equations
from brian2.synapses.synapses import Synapses
from brian2.units import amp, ms
from brian2.units.fundamentalunits import Quantity

from .cells.fragment import Fragment, Parameter
from .errors import ArgumentError
from .plasticity import AdaptiveBurstDependent, BurstDependent, Rule
from .quantities import default, same_dimensions, unit_name
from .synapses.connectivity import AllToAll, Connectivity
from .synapses.short_term import ShortTermPlasticity

__all__ = ["Projection", "RunArgument", "check_name"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_EVENT = re.compile(r"[a-z][a-z0-9_]*")
#: Attributes that Brian2's `Synapses` sets in an instance, beside those of its class.
_KEPT = ("events", "pre", "source", "target", "equations", "variables", "indices", "namespace", "when", "order")
#: The longest delay [s] within which a cell is taken not to spike twice, so that its last release is the one that arrives.
_LATCHED = 1.001e-3


def check_name(kind: str, name: str) -> None:
    """Refuse a name that Brian2 or a compiled program could not use."""
    allowed = isinstance(name, str) and _NAME.fullmatch(name) and name not in ("control", "i", "j", "t", "dt", "N")
    allowed = allowed and not name.startswith("lesion_")
    if allowed and kind in ("knob", "signal", "projection"):
        try:
            Equations.check_identifier(f"I_{name}" if kind == "projection" else name)
        except (SyntaxError, ValueError):
            allowed = False
        allowed = allowed and not name.endswith(("_pre", "_post"))
    if allowed and kind == "projection":
        allowed = not hasattr(Synapses, name) and name not in _KEPT  # a pathway is an attribute of its Synapses
    if not allowed:
        raise ArgumentError(
            f"{kind} name {name!r} is not allowed; use letters, digits and underscores, first a letter, not a word Brian2 keeps."
        )


@dataclass(frozen=True)
class RunArgument:
    """Where a settable name lives in the compiled program: object, variable, and its declaration."""

    owner: str
    variable: str
    parameter: Parameter


@dataclass(frozen=True)
class Projection:
    """A pathway between populations; becomes (part of) a `brian2.Synapses`.

    Onto a port (a compartment's current) each transmitted event adds, for one step, the current ``gain*scale*w``, or rather
    the charge of that current over `pulse`, so that another dt changes nothing. Onto a receptor (a conductance) it adds
    ``gain*scale*w`` to the receptor's variable, which acts from the next step on. With short-term plasticity both are
    multiplied by what the spike releases.

    Parameters
    ----------
    name : str
        Its name everywhere.
    source : str or Quantity [pA]
        A population; or a constant current, which makes a projection of one weight per target cell.
    target : str
        A population.
    port : str
        Where it enters: a port such as ``"soma"`` or a receptor such as ``"soma.ampa"`` of the target cell.
    weight : Quantity or float
        Initial weight: a current onto a port, the receptor variable's unit onto a receptor, a factor for a constant source;
        an array for given weights. Not for a tied projection.
    on : str
        What transmits: ``"event"``, ``"burst"``, ``"spike"``, or another event of the source cell.
    connect : Connectivity
        Graph rule; all to all by default.
    delay : Quantity [ms]
        Beyond the one step that any transmission takes; part of the build.
    scale : float
        Factor on the weight; for a tied projection the ratio to the other's weight.
    tied_to : str, optional
        A projection in the other direction, target to source, whose weights and graph this one shares, plastic or not.
    plasticity : BurstDependent, AdaptiveBurstDependent, ParallelFibre, MossyNuclear or DeltaRule, optional
        Rule by which the weight learns.
    gain : str, optional
        Knob or signal that multiplies transmission; the weight itself stays.
    pulse : Quantity [ms]
        Duration for which `weight` is the current, onto a port.
    short_term : ShortTermPlasticity, optional
        Facilitation and depression of release.
    spread : Quantity or float, optional
        Standard deviation of the initial weights, which the seed then draws from a normal distribution around `weight`.
    like : str, optional
        Another projection between populations of the same sizes, whose draws of weights this one repeats.
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
    plasticity: Rule | None = None
    gain: str | None = None
    pulse: Quantity = default(1 * ms)
    short_term: ShortTermPlasticity | None = None
    spread: Quantity | float | None = None
    like: str | None = None

    def __post_init__(self) -> None:
        check_name("projection", self.name)
        if not isinstance(self.on, str) or not _EVENT.fullmatch(self.on):
            raise ArgumentError(f"on={self.on!r} of projection {self.name!r} is not the name of an event.")
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
        if self.spread is not None:
            if self.constant or self.tied_to or self.given_weights:
                raise ArgumentError(
                    f"spread of projection {self.name!r} is not allowed; it needs a spiking source and a single weight of its own."
                )
            Parameter(Quantity(self.weight)).checked(self.spread, f"spread of projection {self.name!r}")
        elif self.like:
            raise ArgumentError(f"like={self.like!r} of projection {self.name!r} needs spread, whose draws it repeats.")
        if self.plasticity:
            self.plasticity.check_source(self.name, self.constant)
        if self.constant:
            Parameter(1 * amp).checked(self.source, f"source of projection {self.name!r}")
            if self.short_term:
                raise ArgumentError(
                    f"projection {self.name!r} has a constant source, which has no short-term plasticity."
                )

    def check_weight(self, unit: Quantity, kind: str) -> None:
        """Refuse a weight or a rule that is not in the unit of what the projection enters, a ``"current"`` for instance."""
        expected = Quantity(1.0) if self.constant else unit
        if self.weight is not None and not same_dimensions(self.weight, expected):
            what = "a plain factor" if self.constant else kind
            raise ArgumentError(f"projection {self.name!r}: weight={self.weight} has the wrong unit; it is {what}.")
        if self.plasticity is None:
            return
        rule = self.plasticity
        for bound in ("w_min", "w_max"):
            if not same_dimensions(getattr(rule, bound), expected):
                raise ArgumentError(
                    f"projection {self.name!r}: {bound}={getattr(rule, bound)} is not in the unit of its weight, {unit_name(expected)}."
                )
        eta = rule.eta_unit(expected, Quantity(self.source) if self.constant else None)
        if not same_dimensions(rule.eta, eta):
            raise ArgumentError(
                f"projection {self.name!r}: eta={rule.eta} has the wrong unit; it is measured in {unit_name(eta)}."
            )

    def fixed(self) -> dict[str, Any]:
        """What a build depends on: all but the numbers that a run sets."""
        numbers = ("weight", "scale", "spread", *(("like",) if self.spread is None else ()))
        kept = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in numbers}
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
    def own_weights(self) -> bool:
        """Whether each synapse has a weight of its own."""
        return self.plasticity is not None or self.given_weights or self.spread is not None

    @property
    def current(self) -> str:
        """The target's variable that holds this projection's current, onto a port."""
        return f"I_{self.name}"

    @property
    def release_per_synapse(self) -> bool:
        """Whether each synapse keeps its own state of release."""
        return self.short_term is not None and (self.short_term.per_synapse or float(self.delay) > _LATCHED)

    def weight_unit(self, onto: Quantity) -> str:
        """Name of the unit of its weights, given a quantity of what it enters."""
        return unit_name(Quantity(1.0) if self.constant else onto)

    def parameters(self) -> dict[str, Parameter]:
        """Run arguments of the projection itself, named after it."""
        found = {}
        if self.weight is not None and not self.given_weights:
            found[f"w0_{self.name}"] = Parameter(Quantity(self.weight), "initial weight")
        if self.constant:
            found[f"source_{self.name}"] = Parameter(Quantity(self.source), "constant presynaptic current")
        else:
            found[f"scale_{self.name}"] = Parameter(Quantity(self.scale), "factor on the weight")
        if self.spread is not None:
            found[f"spread_{self.name}"] = Parameter(Quantity(self.spread), "standard deviation of initial weights")
        if self.short_term and self.release_per_synapse:
            found |= self.short_term.parameters(self.name)
        return found | (self.plasticity.parameters(self.name) if self.plasticity else {})

    def source_fragment(self) -> Fragment:
        """What the projection adds to its source's cells: the presynaptic trace and the state of release."""
        found, name = Fragment(f"projection {self.name}"), self.name
        if self.constant:
            return found
        if isinstance(self.plasticity, BurstDependent | AdaptiveBurstDependent) and not self.plasticity.trace:
            rise = f"trace_kept_{name} = trace_{name} + 1\ntrace_at_{name} = 1.0*t_in_timesteps"
            raised = {self.on: rise}
            first = self.plasticity.trace_first
            found = found + Fragment(
                f"trace of projection {name}",
                equations=f"""
                trace_{name} = trace_kept_{name}*exp(-(1.0*t_in_timesteps - trace_at_{name})*dt/tau_trace_{name}) : 1
                trace_kept_{name} : 1
                trace_at_{name} : 1
                """,
                parameters={
                    f"tau_trace_{name}": Parameter(
                        Quantity(self.plasticity.tau_trace), "time constant of the presynaptic trace", positive=True
                    )
                },
                steps=(f"trace_at_{name}",),
                on_transmission=raised if first else {},
                on_event={} if first else raised,
            )
        if self.short_term and not self.release_per_synapse:
            found = found + Fragment(
                f"release of projection {name}",
                equations=self.short_term.equations(name),
                parameters=self.short_term.parameters(name),
                initial=self.short_term.initial(name)
                | {f"release_at_{name}": f"-floor({float(self.delay)!r}*second/dt + 0.5)"},
                steps=(f"release_at_{name}",),
                on_transmission={self.on: self.short_term.code(name)},
            )
        return dataclasses.replace(found, name=f"projection {name}")

    def arguments(self) -> Iterator[tuple[str, RunArgument]]:
        """Every settable name, and where it lives."""
        owner = self.target if self.constant else self.tied_to or self.name
        for name, parameter in self.parameters().items():
            short = name.removesuffix(f"_{self.name}")
            public = {"w0": "weight", "source": "current"}.get(short, short)
            yield f"{self.name}.{public}", RunArgument(owner, name, parameter)
        for name, parameter in self.source_fragment().parameters.items():
            yield f"{self.name}.{name.removesuffix(f'_{self.name}')}", RunArgument(str(self.source), name, parameter)
