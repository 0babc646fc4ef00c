"""From a projection to Brian2 `Synapses`. Imports circuit, neurons, lesion_sites and random; knows no target."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from brian2 import NeuronGroup, Synapses, linked_var
from brian2.units.fundamentalunits import Quantity

from .circuit import Circuit, Population
from .control import equation_line
from .neurons import begin, is_broadcast
from .projection import Projection
from .random import pair_bernoulli, pair_uniform, stream_number

if TYPE_CHECKING:
    from .objects import Brian2Objects

__all__ = ["connect", "count_events"]


def count_events(population: Population, group: NeuronGroup, control: NeuronGroup) -> Synapses:
    """The read-out of a population: its events and bursts, counted in the control group."""
    counted = {
        event: "\n".join(f"{population.name}_{event}_{what}_post += 1" for what in ("count", "total"))
        for event in ("event", "burst")
    }
    synapses = Synapses(
        group,
        control,
        on_pre=counted,
        on_event={event: event for event in counted},
        clock=control.clock,
        name=f"{population.name}_readout",
        namespace={},
    )
    synapses.connect()
    return synapses


def _transmission(circuit: Circuit, p: Projection, weight: str, side: str) -> str:
    """What arrives at the target cell, which is on this side of the Synapses."""
    other = "pre" if side == "post" else "post"
    amount = f"knob_{p.gain}*scale_{p.name}*{weight}" if p.gain else f"scale_{p.name}*{weight}"
    if p.short_term:
        released = f"released_{p.name}" if p.release_per_synapse else f"released_{p.name}_{other}"
        if circuit.lesion_slots:
            released = f"({released}*(1 - lesion_fixed_{p.name}_{other}) + lesion_static_{p.name}_{other})"
        amount = f"{amount}*{released}"
    if is_broadcast(circuit, p):
        return f"arriving_{p.name}_post += {amount}"
    cell = circuit.population(p.target).cell
    if p.port in cell.ports:
        return f"{p.current}_{side} += {amount}*({float(p.pulse)!r}*second/dt)"
    if circuit.lesion_slots:
        amount = f"{amount}*(1 + lesion_scale_{p.name}_{side})"
    return f"{cell.receptors[p.port]}_{side} += {amount}"


def _initial_weight(projection: Projection) -> str:
    """Expression of a synapse's weight at the start: one for all, or normal numbers of the seed."""
    if projection.spread is None:
        return f"w0_{projection.name}"
    u, v = (
        f"pair_uniform(run_seed_post, {stream_number(f'{projection.like or projection.name}.{what}')}, i, j)"
        for what in ("radius", "angle")
    )
    return f"w0_{projection.name} + spread_{projection.name}*sqrt(-2*log({u}))*cos(2*pi*{v})"


def connect(
    circuit: Circuit,
    projection: Projection,
    objects: Brian2Objects,
    numbers: Mapping[str, float],
    before_initial: Callable[[], None],
) -> Synapses:
    """One Synapses object for a projection, its plasticity, and everything tied to its weights.

    A projection that gives every target cell the same ends in the control group, which passes the sum on.
    """
    name = projection.name
    tied = [p for p in circuit.projections if p.tied_to == name]
    per_synapse = projection.own_weights
    weight = f"w_{name}" if per_synapse else f"w0_{name}"
    parameters = {n: v for p in (projection, *tied) for n, v in p.parameters().items()}
    model = [equation_line(n, p) for n, p in parameters.items()]
    if per_synapse:
        model.append(f"w_{name} : {projection.weight_unit(circuit.onto(projection))}")
    links = {n for p in (projection, *tied) for n in (p.gain, p.plasticity and p.plasticity.learning) if n}
    # a cell may read the same knob under its own name
    model += [f"knob_{n} : 1 (linked)" for n in sorted(links)]
    on_pre: dict[str, str] = {}
    on_post: dict[str, str] = {}
    on_event: dict[str, str] = {}
    delay: dict[str, Quantity] = {}
    for p, side, pathways in [(projection, "post", on_pre), *((t, "pre", on_post) for t in tied)]:
        pathways[p.name] = _transmission(circuit, p, weight, side)
        on_event[p.name] = p.on
        if float(p.delay) > 0:
            delay[p.name] = p.delay
        if p.short_term and p.release_per_synapse:
            model.append(p.short_term.equations(p.name))
            pathways[p.name] = f"{p.short_term.code(p.name)}\n{pathways[p.name]}"
    rule = projection.plasticity
    if rule:
        rule = dataclasses.replace(rule, learning=rule.learning and f"knob_{rule.learning}")
        keep = f"(1 - lesion_freeze_{name}_post)" if circuit.lesion_slots else "1"
        learning, other = (on_pre, "post") if rule.learns_at == "pre" else (on_post, "pre")
        trace = f"{getattr(rule, 'trace', None) or f'trace_{name}'}_{other}"
        for event, code in rule.actions(name, weight, trace, keep).items():
            learning[f"{name}_{event}"] = code
            on_event[f"{name}_{event}"] = event
        on_pre[name] = f"{on_pre[name]}\n{rule.source_action(name, weight, keep)}".strip()
    synapses = Synapses(
        objects.populations[str(projection.source)],
        objects.control if is_broadcast(circuit, projection) else objects.populations[projection.target],
        "\n".join(model),
        on_pre=on_pre,
        on_post=on_post or None,
        on_event=on_event,
        delay=delay or None,
        clock=objects.control.clock,
        name=name,
        namespace={"pair_bernoulli": pair_bernoulli, "pair_uniform": pair_uniform},
    )
    if rule and (rule.trace_first or rule.learns_at == "pre"):
        for pathway in (f"{name}_{event}" for event in ("event", "burst")):
            getattr(synapses, pathway).order = 1  # an event transmits the weight of before this step's learning
    for n in links:
        setattr(synapses, f"knob_{n}", linked_var(objects.control, n))
    synapses.connect(**projection.connect.arguments(stream_number(name)))
    for n in parameters:
        synapses.variables[n].set_value(float(numbers[f"{name}.{n}"]))
    before_initial()
    for p in (projection, *tied):
        if p.short_term and p.release_per_synapse:
            begin(synapses, p.short_term.initial(p.name))
    if per_synapse:
        given = projection.given_weights
        values = (
            np.asarray(projection.weight) * Quantity(1, dim=Quantity(projection.weight).dim)
            if given
            else _initial_weight(projection)
        )
        setattr(synapses, weight, values)
    return synapses
