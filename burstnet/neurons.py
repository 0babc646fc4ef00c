"""From a population to a Brian2 `NeuronGroup`. Imports circuit, lesions, random and cells; knows no target."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from brian2 import Clock, NeuronGroup, Synapses, linked_var
from brian2.codegen.codeobject import create_runner_codeobj
from brian2.core.variables import Variables
from brian2.equations.equations import Equations
from brian2.groups.group import CodeRunner
from brian2.units.fundamentalunits import Quantity

from .cells.fragment import Fragment, joined, joined_each, with_deviations
from .cells.integration import SequentialEuler
from .circuit import Circuit, Population
from .control import equation_line
from .lesion_cells import lesion_stream
from .lesion_code import LesionCode, lesion_code
from .lesion_sites import LesionSite
from .projection import Projection
from .quantities import parse_quantity, unit_name
from .random import pair_uniform, stream_number
from .synapses.connectivity import AllToAll

__all__ = ["EventCode", "begin", "incoming", "initialise", "is_broadcast", "neuron_group"]


class EventCode(CodeRunner):
    """Code that runs on the cells that have an event, before synapses transmit it.

    Parameters
    ----------
    group : NeuronGroup
    event, code : str
    """

    def __init__(self, group: NeuronGroup, event: str, code: str) -> None:
        space = f"_{event}space"
        super().__init__(
            group,
            "reset",
            code=code,
            clock=group.clock,
            when="before_synapses",
            name=f"{group.name}_{event}_transmission",
            override_conditional_write=["not_refractory"],
            needed_variables=[space],
            template_kwds={"eventspace_variable": group.variables[space]},
        )
        self.variables = Variables(self)


def incoming(circuit: Circuit, population: Population) -> list[Projection]:
    """The projections onto a population."""
    return [p for p in circuit.projections if p.target == population.name]


def is_broadcast(circuit: Circuit, projection: Projection) -> bool:
    """Whether all target cells get the same from a projection, so that one sum serves them all and no synapse is needed.

    Their step takes the sum in; a cell without a differential equation has no step.
    """
    cell = circuit.population(projection.target).cell
    return (
        not projection.constant
        and isinstance(projection.connect, AllToAll)
        and projection.port in cell.receptors
        and "differential equation" in cell.defined().values()
        and not (projection.own_weights or projection.tied_to or projection.release_per_synapse)
        and all(other.tied_to != projection.name for other in circuit.projections)
    )


def neuron_group(
    circuit: Circuit,
    population: Population,
    control: NeuronGroup,
    means: tuple[str, ...],
    sites: list[LesionSite],
) -> tuple[NeuronGroup, dict[str, LesionCode]]:
    """A population's cells, and the code by which lesions act on them.

    Parameters
    ----------
    circuit : Circuit
    population : Population
    control : NeuronGroup
        Of size one, with knobs and signals.
    means : tuple of str
        Variables that are summed over steps.
    sites : list of LesionSite
        On this population.
    """
    clamped = {
        site.part: unit_name(site.unit) for site in sites if site.kind.startswith("clamp.") and site.unit is not None
    }
    cell = with_deviations(circuit.cell(population.name), clamped)
    sums: dict[str, list[str]] = {port: [] for port in cell.ports}
    for variable, port in cell.contributions.items():
        sums[port].append(variable)
    equations, actions, clear, first = [cell.equations], dict(cell.on_event), {}, [cell.first]
    links = {"run_seed": "integer"}
    frozen = {site.part for site in sites if site.kind == "freeze"}
    scaled = {site.part for site in sites if site.kind == "scale"}
    equations += [f"lesion_{name} : {unit}" for name, unit in clamped.items()]
    if sites:
        equations += ["lesion_rank : 1 (constant)", *(f"lesion_freeze_{name} : 1" for name in sorted(frozen))]
    for site in sites:
        if site.kind == "static":
            equations += [f"lesion_static_{site.part} : 1", f"lesion_fixed_{site.part} : 1"]
        if site.kind == "current":
            equations.append(f"lesion_{site.part} : amp")
            sums[site.part].append(f"lesion_{site.part}")
    links |= {name: unit_name(circuit.values()[name]) for name in population.reads}
    for port, signal in population.inject.items():
        links[signal] = "amp"
        sums[port].append(signal)
    factored = {p.name for p in incoming(circuit, population) if p.constant or p.port in cell.receptors}
    equations += [f"lesion_scale_{name} : 1" for name in sorted(scaled & factored)]
    for projection in incoming(circuit, population):
        name, left = projection.name, f"(1 + lesion_scale_{projection.name})*" if projection.name in scaled else ""
        if projection.constant:
            own, learned, linked = _constant(projection, left, name in frozen)
            equations += own
            links |= dict.fromkeys(linked, "1")
            actions = joined_each(actions, learned)
            sums[projection.port].append(projection.current)
        elif projection.port in cell.ports:
            equations.append(f"{projection.current} : amp")
            clear[projection.current] = "amp"
            sums[projection.port].append(projection.current)
        elif is_broadcast(circuit, projection):
            links[f"arrived_{name}"] = unit_name(circuit.onto(projection))
            first.append(f"{cell.receptors[projection.port]} += {left}arrived_{name}")
    equations += [f"{variable} = {' + '.join(sums[port]) or '0*amp'} : amp" for port, variable in cell.ports.items()]
    equations += [equation_line(n, p) for n, p in cell.parameters.items()]
    equations.append("noise_stream : integer (shared, constant)")
    equations += [f"{name} : {unit} (linked)" for name, unit in links.items()]
    units = {name: unit_name(Quantity(1, dim=eq.dim)) for name, eq in Equations("\n".join(equations)).items()}
    equations += [f"sum_{name} : {units[name]}" for name in means]
    accumulate = {f"sum_{name}": name for name in means}
    group = NeuronGroup(
        population.n,
        "\n".join(equations),
        method=SequentialEuler(cell.after, cell.exact, accumulate, clear, joined(*first), cell.last),
        threshold=cell.threshold or None,
        reset=_code(cell.reset) if cell.threshold else None,
        events={name: condition.replace("{spike}", f"({cell.threshold})") for name, condition in cell.events.items()},
        clock=control.clock,
        name=population.name,
        namespace={"pair_uniform": pair_uniform} | dict(cell.namespace),
    )
    _add_code(group, cell, actions)
    for name in links:
        setattr(group, name, linked_var(control, name))
    return group, {code.name: code for code in lesion_code(group, cell, sites, factored)}


def _constant(projection: Projection, left: str, freezable: bool) -> tuple[list[str], dict[str, str], list[str]]:
    """Equations, actions of events, and links of a projection with a constant source; its weights are the cells'."""
    name = projection.name
    gain = f"{left}{projection.gain}*" if projection.gain else left
    equations = [f"w_{name} : 1", f"{projection.current} = {gain}w_{name}*source_{name} : amp"]
    equations += [equation_line(n, p) for n, p in projection.parameters().items()]
    rule = projection.plasticity
    keep = f"(1 - lesion_freeze_{name})" if freezable else "1"
    actions = rule.actions(name, f"w_{name}", f"source_{name}", keep) if rule else {}
    return equations, actions, [knob for knob in (projection.gain, rule and rule.learning) if knob]


def _add_code(group: NeuronGroup, cell: Fragment, actions: dict[str, str]) -> None:
    """What events do after the reset and before transmission, and what runs at longer intervals."""
    for event, code in actions.items():
        if event == "spike":
            group.event_codes["spike"] = joined(group.event_codes["spike"], _code(code))
        else:
            group.run_on_event(event, _code(code), when="after_resets")
    group.contained_objects.extend(EventCode(group, event, _code(code)) for event, code in cell.on_transmission.items())
    for k, (interval, code) in enumerate(cell.regularly.items()):
        clock = Clock(dt=parse_quantity(interval, group.clock.dt, name="interval"), name=f"{group.name}_clock_{k}")
        group.run_regularly(_code(code), clock=clock, when="start", order=1, name=f"{group.name}_regular_{k}")


def _code(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


def begin(group: NeuronGroup | Synapses, initial: Mapping[str, str]) -> None:
    """Set variables to expressions, one after the other, by one piece of code for all."""
    if initial:
        code = "\n".join(f"{variable} = {expression}" for variable, expression in initial.items())
        create_runner_codeobj(group, code, "stateupdate", run_namespace={}, name=f"{group.name}_initial_codeobject")()


def initialise(circuit: Circuit, population: Population, group: NeuronGroup) -> None:
    """Set what a cell begins with; parameters must be there."""
    group.noise_stream_ = stream_number(f"{population.name}.noise")
    if circuit.lesion_slots and "lesion_rank" in group.variables:
        group.lesion_rank = f"pair_uniform(run_seed, {lesion_stream(population.name)}, i, 0)"
    begin(group, circuit.cell(population.name).initial)
    for projection in incoming(circuit, population):
        if projection.constant:
            if projection.given_weights:
                setattr(group, f"w_{projection.name}", np.asarray(projection.weight))
            else:
                setattr(group, f"w_{projection.name}", f"w0_{projection.name}")
