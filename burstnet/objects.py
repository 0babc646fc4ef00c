"""From a circuit to plain Brian2 objects. Imports circuit, control, recording and cells; knows no target.

The objects obey Brian2's portable subset: what happens between steps happens in equations, never in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from brian2 import Clock, NeuronGroup, SpikeMonitor, StateMonitor, Synapses, linked_var
from brian2.equations.equations import Equations
from brian2.units.fundamentalunits import Quantity

from .beside import checked_objects
from .cells.fragment import with_deviations
from .cells.integration import SequentialEuler
from .circuit import Circuit, Population, Projection
from .control import NEVER, Knob, equation_line
from .lesion import Lesion, as_lesions
from .lesion_code import LesionCode, lesion_code
from .lesion_sites import LesionSite, lesion_numbers, lesion_sites, lesion_stream
from .quantities import unit_name
from .random import check_seed, pair_uniform, stream_number
from .recording import Recording
from .timeline import Timeline

__all__ = ["Brian2Objects", "brian2_objects"]

#: Run arguments of every program beside its own: length and recording windows, in steps.
RUN_NUMBERS = (
    "run_from", "run_steps", "spikes_from", "spikes_until", "trace_from", "trace_until", "lesions_from", "lesions_until"
)  # fmt: skip


@dataclass
class Brian2Objects:
    """Plain Brian2 objects of a circuit, ready for a `brian2.Network` of your own.

    Attributes
    ----------
    control : NeuronGroup
        The group of size one with read-outs, knobs and signals.
    populations : dict of str to NeuronGroup
    projections : dict of str to Synapses
        A tied projection is a pathway of its partner's Synapses and appears under both names.
    monitors : dict of str to monitor
        Empty unless a `Recording` was given.
    lesions : dict of str to LesionCode
        Code that lesions need within their windows; neutral outside them, so that it may run always.
    beside : dict of str to object
        The user's own objects, see `Circuit`.
    """

    control: NeuronGroup
    populations: dict[str, NeuronGroup] = field(default_factory=dict)
    projections: dict[str, Synapses] = field(default_factory=dict)
    monitors: dict[str, Any] = field(default_factory=dict)
    readouts: dict[str, Synapses] = field(default_factory=dict)
    lesions: dict[str, LesionCode] = field(default_factory=dict)
    beside: dict[str, Any] = field(default_factory=dict)

    def give_up(self) -> None:
        """Say that the objects are not to be run, of which Brian2 would warn when they are deleted."""
        for thing in self.all():
            thing._network = "given up"

    def with_arrays(self) -> list:
        """Everything that has variables of its own: every object, and the code of lesions."""
        return [*self.all(), *self.lesions.values()]

    def all(self) -> list:
        """Every object once, to be passed to ``Network(*objects.all())``."""
        projections = {id(s): s for s in self.projections.values()}
        return [
            self.control,
            *self.populations.values(),
            *projections.values(),
            *self.readouts.values(),
            *self.monitors.values(),
            *self.beside.values(),
        ]


def brian2_objects(
    circuit: Circuit,
    timeline: Timeline | None = None,
    recording: Recording | None = None,
    *,
    seed: int = 0,
    values: Mapping[str, Quantity | float] | None = None,
    lesions: str | Lesion | Iterable[Lesion | str] = (),
) -> Brian2Objects:
    """The circuit as plain Brian2 objects, for the current Brian2 device.

    Parameters
    ----------
    circuit : Circuit
    timeline : Timeline, optional
        Its phases set the knobs' windows; without it knobs keep their defaults.
    recording : Recording, optional
        Monitors to add; none by default.
    seed : int
        Of noise and connectivity, 0 to 2147483647.
    values : mapping of str to Quantity, optional
        Parameters to change, by the names of `Circuit.arguments`, such as ``"input.cell.tau_s"``.
    lesions : Lesion, str, or iterable of them
        Lesions, as objects or as text.

    Raises
    ------
    ArgumentError
        If a name does not exist, or a value is not allowed.

    Examples
    --------
    >>> from brian2 import Network, ms
    >>> from burstnet.models import burstccn
    >>> objects = brian2_objects(burstccn.circuit(sizes=10), seed=1)
    >>> Network(*objects.all()).run(10*ms)
    """
    numbers = circuit.replace_values(values or {}) | knob_values(circuit, timeline)
    numbers |= lesion_numbers(circuit, as_lesions(lesions), int(NEVER), check_seed(seed))[0]
    return build_objects(circuit, recording, numbers | {"control.run_seed": check_seed(seed)})


def build_objects(
    circuit: Circuit,
    recording: Recording | None,
    numbers: Mapping[str, float],
    before_initial: Callable[[], None] = lambda: None,
) -> Brian2Objects:
    """The objects with the SI value of every run argument, ``{"object.variable": value}``.

    `before_initial` is called when parameters are set and before anything is computed from them: the place where a
    compiled program reads its arguments.
    """
    clock = Clock(dt=circuit.dt, name="step_clock")
    sites = lesion_sites(circuit)
    objects = Brian2Objects(_control_group(circuit, clock))
    for population in circuit.populations:
        means = tuple(recording.means.get(population.name, ())) if recording else ()
        own = [site for site in sites if site.population == population.name]
        group, lesions = _neuron_group(circuit, population, objects.control, means, own)
        objects.populations[population.name] = group
        objects.lesions |= lesions
    for name, value in numbers.items():
        owner, variable = name.split(".")
        group = objects.control if owner == "control" else objects.populations.get(owner)
        if group is not None:
            setattr(group, variable + "_", int(value) if variable == "run_seed" else float(value))
    for code in objects.lesions.values():
        code.set_values(numbers)
    before_initial()
    for population in circuit.populations:
        _initialise(circuit, population, objects.populations[population.name])
        if population.readout:
            objects.readouts[population.name] = _readout(
                population, objects.populations[population.name], objects.control
            )
    for projection in circuit.projections:
        if not projection.constant and not projection.tied_to:
            synapses = _synapses(circuit, projection, objects, numbers, before_initial)
            for name in [projection.name, *(p.name for p in circuit.projections if p.tied_to == projection.name)]:
                objects.projections[name] = synapses
    if recording:
        objects.monitors = _monitors(circuit, recording, objects)
    for builder in circuit.beside:
        taken = [thing.name for thing in objects.all()]
        name = getattr(builder, "__name__", type(builder).__name__)
        try:
            objects.beside |= checked_objects(builder(objects), name, taken, float(circuit.dt))
        except Exception:
            objects.give_up()
            raise
    return objects


def knob_values(circuit: Circuit, timeline: Timeline | None) -> dict[str, float]:
    """SI values of all window arguments that a timeline gives, as ``{"control.variable": value}``."""
    found: dict[str, float] = {}
    if timeline is None:
        return found
    for name in timeline.knobs():
        knob: Knob = circuit.knob(name)
        windowed = knob.values(timeline.windows(name), circuit.dt)
        found |= {f"control.{k}": v for k, v in windowed.items() if not k.endswith("_default")}
    return found


def _control_group(circuit: Circuit, clock: Clock) -> NeuronGroup:
    equations = [
        "run_seed : integer (shared, constant)",
        *(f"{name} : 1 (shared, constant)" for name in RUN_NUMBERS),
        "control_step = 1.0*t_in_timesteps : 1 (shared)",
    ]
    code = []
    for population in circuit.populations:
        if population.readout:
            equations.append(population.readout.equations(population.name))
            equations += [equation_line(n, p) for n, p in population.readout.parameters(population.name).items()]
            code.append(population.readout.code(population.name, population.n))
    for knob in circuit.knobs:
        equations.append(f"{knob.name} : {unit_name(knob.default)}")
        equations += [equation_line(n, p) for n, p in knob.parameters().items()]
        code.append(knob.code())
    for signal in circuit.signals:
        equations.append(f"{signal.name} : {unit_name(signal.unit)}")
        equations += [equation_line(n, p) for n, p in signal.parameters.items()]
        code.append(f"{signal.name} = {signal.expression}")
    group = NeuronGroup(1, "\n".join(equations), clock=clock, name="control", namespace={})
    if code:
        group.run_regularly("\n".join(code), when="start", order=0, name="control_update")
    return group


def _incoming(circuit: Circuit, population: Population) -> list[Projection]:
    return [p for p in circuit.projections if p.target == population.name]


def _neuron_group(
    circuit: Circuit,
    population: Population,
    control: NeuronGroup,
    means: tuple[str, ...],
    sites: list[LesionSite],
) -> tuple[NeuronGroup, dict[str, LesionCode]]:
    """A population's cells, and the code by which lesions act on them."""
    clamped = {
        site.part: unit_name(site.unit) for site in sites if site.kind.startswith("clamp.") and site.unit is not None
    }
    cell = with_deviations(population.cell, clamped)
    incoming = _incoming(circuit, population)
    sums: dict[str, list[str]] = {port: [] for port in cell.ports}
    for variable, port in cell.contributions.items():
        sums[port].append(variable)
    equations, events, actions, clear, exact = (
        [cell.equations],
        dict(cell.events),
        dict(cell.on_event),
        {},
        dict(cell.exact),
    )
    links = {"run_seed": "integer"}
    frozen = {site.part for site in sites if site.kind == "freeze"}
    scaled = {site.part for site in sites if site.kind == "scale"}
    equations += [f"lesion_{name} : {unit}" for name, unit in clamped.items()]
    if sites:
        equations += ["lesion_rank : 1 (constant)", *(f"lesion_freeze_{name} : 1" for name in sorted(frozen))]
    for port in (site.part for site in sites if site.kind == "current"):
        equations.append(f"lesion_{port} : amp")
        sums[port].append(f"lesion_{port}")
    for port, signal in population.inject.items():
        links[signal] = "amp"
        sums[port].append(signal)
    for projection in incoming:
        sums[projection.port].append(projection.current)
        if projection.constant:
            gain = f"{projection.gain}*" if projection.gain else ""
            if projection.name in scaled:
                gain = f"(1 + lesion_scale_{projection.name})*{gain}"
                equations.append(f"lesion_scale_{projection.name} : 1")
            equations += [
                f"w_{projection.name} : 1",
                f"{projection.current} = {gain}w_{projection.name}*source_{projection.name} : amp",
            ]
            equations += [equation_line(n, p) for n, p in projection.parameters().items()]
            links |= {
                name: "1"
                for name in (projection.gain, projection.plasticity and projection.plasticity.learning)
                if name
            }
            if projection.plasticity:
                keep = f"(1 - lesion_freeze_{projection.name})" if projection.name in frozen else "1"
                for event, code in projection.plasticity.actions(
                    projection.name, f"w_{projection.name}", f"source_{projection.name}", keep
                ).items():
                    actions[event] = f"{actions.get(event, '')}\n{code}".strip()
        else:
            equations.append(f"{projection.current} : amp")
            clear[projection.current] = "amp"
    for projection in circuit.projections:
        if projection.plasticity and projection.source == population.name:
            equations += [
                f"dtrace_{projection.name}/dt = -trace_{projection.name}/tau_trace_{projection.name} : 1",
                f"tau_trace_{projection.name} : second (shared, constant)",
            ]
            exact[f"trace_{projection.name}"] = f"tau_trace_{projection.name}"
            actions[projection.on] = f"{actions.get(projection.on, '')}\ntrace_{projection.name} += 1".strip()
    equations += [f"{variable} = {' + '.join(sums[port]) or '0*amp'} : amp" for port, variable in cell.ports.items()]
    equations += [equation_line(n, p) for n, p in cell.parameters.items()]
    equations.append("noise_stream : integer (shared, constant)")
    equations += [f"{name} : {unit} (linked)" for name, unit in links.items()]
    units = {name: unit_name(Quantity(1, dim=eq.dim)) for name, eq in Equations("\n".join(equations)).items()}
    equations += [f"sum_{name} : {units[name]}" for name in means]
    events = {name: condition.replace("{spike}", f"({cell.threshold})") for name, condition in events.items()}
    group = NeuronGroup(
        population.n,
        "\n".join(equations),
        method=SequentialEuler(cell.after, exact, {f"sum_{name}": name for name in means}, clear),
        threshold=cell.threshold or None,
        reset=_code(cell.reset) if cell.threshold else None,
        events=events,
        clock=control.clock,
        name=population.name,
        namespace={"pair_uniform": pair_uniform} | dict(cell.namespace),
    )
    for event, code in actions.items():
        if event == "spike":
            group.event_codes["spike"] = f"{group.event_codes['spike']}\n{_code(code)}"
        else:
            group.run_on_event(event, _code(code), when="after_resets")
    for name in links:
        setattr(group, name, linked_var(control, name))
    return group, {
        code.name: code for code in lesion_code(group, cell, sites, {p.name for p in incoming if p.constant})
    }


def _code(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _initialise(circuit: Circuit, population: Population, group: NeuronGroup) -> None:
    group.noise_stream_ = stream_number(f"{population.name}.noise")
    if circuit.lesion_slots and "lesion_rank" in group.variables:
        group.lesion_rank = f"pair_uniform(run_seed, {lesion_stream(population.name)}, i, 0)"
    for variable, expression in population.cell.initial.items():
        setattr(group, variable, expression)
    for projection in _incoming(circuit, population):
        if projection.constant:
            if projection.given_weights:
                setattr(group, f"w_{projection.name}", np.asarray(projection.weight))
            else:
                setattr(group, f"w_{projection.name}", f"w0_{projection.name}")
    for projection in circuit.projections:
        if projection.plasticity and projection.source == population.name:
            setattr(group, f"tau_trace_{projection.name}", projection.plasticity.tau_trace)


def _readout(population: Population, group: NeuronGroup, control: NeuronGroup) -> Synapses:
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


def _synapses(
    circuit: Circuit,
    projection: Projection,
    objects: Brian2Objects,
    numbers: Mapping[str, float],
    before_initial: Callable[[], None],
) -> Synapses:
    """One Synapses object for a projection, its plasticity, and everything tied to its weights."""
    tied = [p for p in circuit.projections if p.tied_to == projection.name]
    per_synapse = projection.plasticity is not None or projection.given_weights
    weight = f"w_{projection.name}" if per_synapse else f"w0_{projection.name}"
    parameters = {n: v for p in (projection, *tied) for n, v in p.parameters().items()}
    model = [equation_line(n, p) for n, p in parameters.items()]
    if per_synapse:
        model.append(f"w_{projection.name} : amp")
    links = {name for p in (projection, *tied) for name in (p.gain, p.plasticity and p.plasticity.learning) if name}
    model += [f"{name} : 1 (linked)" for name in sorted(links)]
    on_pre: dict[str, str] = {}
    on_post: dict[str, str] = {}
    on_event: dict[str, str] = {}
    delay: dict[str, Quantity] = {}
    for p, side, pathways in [(projection, "post", on_pre), *((t, "pre", on_post) for t in tied)]:
        gain = f"{p.gain}*" if p.gain else ""
        pathways[p.name] = f"{p.current}_{side} += {gain}scale_{p.name}*{weight}*({float(p.pulse)!r}*second/dt)"
        on_event[p.name] = p.on
        if float(p.delay) > 0:
            delay[p.name] = p.delay
    if projection.plasticity:
        keep = f"(1 - lesion_freeze_{projection.name}_post)" if circuit.lesion_slots else "1"
        for event, code in projection.plasticity.actions(
            projection.name, weight, f"trace_{projection.name}_pre", keep
        ).items():
            on_post[f"{projection.name}_{event}"] = code
            on_event[f"{projection.name}_{event}"] = event
    source, target = objects.populations[str(projection.source)], objects.populations[projection.target]
    synapses = Synapses(
        source,
        target,
        "\n".join(model),
        on_pre=on_pre,
        on_post=on_post or None,
        on_event=on_event,
        delay=delay or None,
        clock=objects.control.clock,
        name=projection.name,
        namespace={"pair_uniform": pair_uniform},
    )
    for name in links:
        setattr(synapses, name, linked_var(objects.control, name))
    synapses.connect(**projection.connect.arguments(stream_number(projection.name)))
    for name in parameters:
        setattr(synapses, name + "_", numbers[f"{projection.name}.{name}"])
    before_initial()
    if per_synapse:
        setattr(
            synapses,
            weight,
            np.asarray(projection.weight) * Quantity(1, dim=Quantity(projection.weight).dim)
            if projection.given_weights
            else f"w0_{projection.name}",
        )
    return synapses


def _monitors(circuit: Circuit, recording: Recording, objects: Brian2Objects) -> dict[str, Any]:
    """Monitors in slot 'start', before the control group: a sample at step k holds the state after step k - 1."""
    statistics, states = (stride * circuit.dt for stride in recording.strides(circuit.dt))
    clocks = {
        "statistics": Clock(dt=statistics, name="statistics_clock"),
        "states": Clock(dt=states, name="states_clock"),
    }
    found: dict[str, Any] = {}
    read = [
        f"{p.name}_{v}"
        for p in circuit.populations
        if p.readout
        for v in ("event_total", "burst_total", "event_average", "burst_average")
    ]
    if read:
        found["statistics"] = StateMonitor(
            objects.control, read, record=True, clock=clocks["statistics"], when="start", order=-1, name="statistics"
        )
    for population in circuit.populations:
        group = objects.populations[population.name]
        cells = recording.recorded_cells(population.n)
        if cells and population.cell.threshold:
            source = group if cells == population.n else group[:cells]
            kind = ["spike_kind"] if "event" in population.cell.events else None
            found[f"{population.name}_spikes"] = SpikeMonitor(source, variables=kind, name=f"{population.name}_spikes")
        sampled = [f"sum_{name}" for name in recording.means.get(population.name, ())]
        sampled += [f"w_{p.name}" for p in _incoming(circuit, population) if p.constant and p.name in recording.weights]
        if sampled:
            record = np.arange(min(population.n, recording.cells))
            found[f"{population.name}_states"] = StateMonitor(
                group,
                sampled,
                record=record,
                clock=clocks["states"],
                when="start",
                order=-1,
                name=f"{population.name}_states",
            )
        if recording.trace.get(population.name):
            found[f"{population.name}_trace"] = StateMonitor(
                group,
                list(recording.trace[population.name]),
                record=[0],
                clock=objects.control.clock,
                when="end",
                name=f"{population.name}_trace",
            )
    for projection in circuit.projections:
        if projection.name in recording.weights and not projection.constant and projection.plasticity:
            synapses = objects.projections[projection.name]
            sizes = (circuit.population(name).n for name in (str(projection.source), projection.target))
            indices = np.arange(min(recording.cells, projection.connect.at_least(*sizes)))
            found[f"{projection.name}_weights"] = StateMonitor(
                synapses,
                [f"w_{projection.name}"],
                record=indices,
                clock=clocks["states"],
                when="start",
                order=-1,
                name=f"{projection.name}_weights",
            )
    return found
