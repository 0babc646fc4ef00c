"""From a circuit to plain Brian2 objects. Imports circuit, control, recording, neurons and pathways; knows no target.

The objects obey Brian2's portable subset: what happens between steps happens in equations, never in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from brian2 import Clock, NeuronGroup, Synapses
from brian2.units.fundamentalunits import Quantity

from .beside import checked_objects
from .circuit import Circuit
from .control import NEVER, Knob, equation_line
from .lesion import Lesion, as_lesions
from .lesion_code import LesionCode
from .lesion_sites import lesion_numbers, lesion_sites
from .monitors import monitors
from .neurons import initialise, is_broadcast, neuron_group
from .pathways import connect, count_events
from .quantities import unit_name
from .random import check_seed
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
        group, lesions = neuron_group(circuit, population, objects.control, means, own)
        objects.populations[population.name] = group
        objects.lesions |= lesions
    for name, value in numbers.items():
        owner, variable = name.split(".")
        group = objects.control if owner == "control" else objects.populations.get(owner)
        if group is not None:
            group.variables[variable].set_value(int(value) if variable == "run_seed" else float(value))
    for code in objects.lesions.values():
        code.set_values(numbers)
    before_initial()
    for population in circuit.populations:
        initialise(circuit, population, objects.populations[population.name])
        if population.readout:
            objects.readouts[population.name] = count_events(
                population, objects.populations[population.name], objects.control
            )
    for projection in circuit.projections:
        if not projection.constant and not projection.tied_to:
            synapses = connect(circuit, projection, objects, numbers, before_initial)
            for name in [projection.name, *(p.name for p in circuit.projections if p.tied_to == projection.name)]:
                objects.projections[name] = synapses
    if recording:
        objects.monitors = monitors(circuit, recording, objects)
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
    for projection in circuit.projections:
        if is_broadcast(circuit, projection):
            unit = unit_name(circuit.onto(projection))
            equations += [f"{what}_{projection.name} : {unit}" for what in ("arriving", "arrived")]
            code += [
                f"arrived_{projection.name} = arriving_{projection.name}",
                f"arriving_{projection.name} = 0*arriving_{projection.name}",
            ]
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
    namespace = {name: thing for signal in circuit.signals for name, thing in signal.namespace.items()}
    group = NeuronGroup(1, "\n".join(equations), clock=clock, name="control", namespace=namespace)
    if code:
        group.run_regularly("\n".join(code), when="start", order=0, name="control_update")
    return group
