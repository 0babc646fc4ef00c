"""Where lesions act in a circuit: their run arguments and their equations. Imports circuit, control and lesion_cells.

Every site (a population to silence, a compartment to inject, a projection to scale, a plasticity to freeze, a parameter
to clamp) has a fixed number of slots, one a window. Their amounts and times are run arguments, so that one program serves
every lesion. What a lesion does to cells stands in code that a program needs to run only within the lesions' windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from brian2.units import amp
from brian2.units.fundamentalunits import Quantity

from .cells.fragment import Parameter
from .circuit import Circuit
from .control import NEVER
from .errors import ArgumentError, unknown_name
from .lesion import Lesion
from .lesion_cells import Placed, hit_cells, largest_rank, placed

__all__ = [
    "LesionSite",
    "check_lesions",
    "lesion_numbers",
    "lesion_sites",
    "lesioned_cells",
    "resolve",
]


@dataclass(frozen=True, eq=False)
class LesionSite:
    """One thing that lesions of one kind act on.

    Attributes
    ----------
    target, kind : str
        As a lesion names them.
    population : str
        The population whose cells a fraction is taken of.
    part : str
        Compartment, projection or parameter that it acts on; empty for silence.
    unit : Quantity or None
        A quantity of the dimension of its amount; None where there is no amount.
    slots : int
        Windows that it has room for.
    """

    target: str
    kind: str
    population: str
    part: str
    unit: Quantity | None
    slots: int

    @property
    def name(self) -> str:
        """What its run arguments start with."""
        return f"{self.target}_{self.kind}".replace(".", "__")

    @property
    def owner(self) -> str:
        """The object whose variables its run arguments are."""
        return f"{self.population}_{'silence' if self.kind == 'silence' else 'lesions'}"

    def parameters(self) -> dict[str, Parameter]:
        """Every run argument of this site, switched off."""
        found = {}
        for k in range(self.slots):
            if self.unit is not None:
                found[f"{self.name}_amount_{k}"] = Parameter(0 * self.unit, "amount in a window")
            for what in ("start", "stop", "rise", "cut"):
                found[f"{self.name}_{what}_{k}"] = Parameter(Quantity(0.0), f"{what} of a window")
        return found

    def _level(self, k: int) -> str:
        """Expression of how far in the lesion of a slot is, 0 to 1; the same for all cells."""
        start, stop, rise = (f"{self.name}_{what}_{k}" for what in ("start", "stop", "rise"))
        now = "(1.0*t_in_timesteps)"
        return f"int({now} >= {start})*int({now} < {stop})*clip(({now} - {start} + 1)*{rise}, 0, 1)"

    def _sum(self, amount: str) -> str:
        """Sum over slots of an amount in the cells that the lesion hits; `amount` may contain ``{k}``."""
        hit = f"int(lesion_rank <= {self.name}_cut_%d)"
        return " + ".join(f"({amount.format(k=k)})*({self._level(k)})*{hit % k}" for k in range(self.slots))

    def code(self, factored: bool = False) -> str:
        """The line that computes its effect on cells at the start of a step; empty for silence."""
        amount = f"{self.name}_amount_{{k}}"
        if self.kind == "current":
            return f"lesion_{self.part} = {self._sum(amount)}"
        if self.kind == "freeze":
            return f"lesion_freeze_{self.part} = {self._sum('1')}"
        if self.kind == "scale":
            change = self._sum(f"{amount} - 1")
            return (
                f"lesion_scale_{self.part} = {change}" if factored else f"I_{self.part} = I_{self.part}*(1 + {change})"
            )
        if self.kind == "static":
            return f"lesion_static_{self.part} = {self._sum(amount)}\nlesion_fixed_{self.part} = {self._sum('1')}"
        if self.kind.startswith("clamp."):
            return f"lesion_{self.part} = {self._sum(f'{amount} - {self.part}')}"
        return ""

    def silenced(self) -> str:
        """Expression that is 1 in silenced cells; with an onset they fall silent one after the other."""
        return " + ".join(
            f"int({self._level(k)} > 0)*int(lesion_rank <= {self.name}_cut_{k}*({self._level(k)}))"
            for k in range(self.slots)
        )


def lesion_sites(circuit: Circuit) -> tuple[LesionSite, ...]:
    """Every site of a circuit; none if it is built with ``lesion_slots=0``."""
    found: list[LesionSite] = []
    slots = circuit.lesion_slots
    if not slots:
        return ()
    for population in circuit.populations:
        name, cell = population.name, population.cell
        if cell.silenceable:
            found.append(LesionSite(name, "silence", name, "", None, slots))
        found += [LesionSite(f"{name}.{port}", "current", name, port, Quantity(1 * amp), slots) for port in cell.ports]
        found += [
            LesionSite(name, f"clamp.{parameter}", name, parameter, Quantity(declared.value), slots)
            for parameter, declared in cell.parameters.items()
            if declared.clampable
        ]
    for projection in circuit.projections:
        found.append(LesionSite(projection.name, "scale", projection.target, projection.name, Quantity(1.0), slots))
        if projection.plasticity:
            found.append(LesionSite(projection.name, "freeze", projection.target, projection.name, None, slots))
        if projection.short_term:
            source = str(projection.source)
            found.append(LesionSite(projection.name, "static", source, projection.name, Quantity(1.0), slots))
    return tuple(found)


def resolve(circuit: Circuit, lesion: Lesion, sites: Sequence[LesionSite] | None = None) -> LesionSite:
    """The site that a lesion acts on, one of `sites` or of the circuit's own.

    Raises
    ------
    ArgumentError
        If the circuit has no such part, the part cannot be lesioned so, or the value is not allowed there.
    """
    populations = {p.name: p for p in circuit.populations}
    projections = {p.name: p for p in circuit.projections}
    base, _, port = lesion.target.partition(".")
    compartments = [f"{p.name}.{port}" for p in circuit.populations for port in p.cell.ports]
    if lesion.target not in (*populations, *compartments, *projections):
        raise unknown_name("lesion target", lesion.target, [*populations, *compartments, *projections])
    if not circuit.lesion_slots:
        raise ArgumentError(f"lesion {str(lesion)!r} has no room: the circuit was built with lesion_slots=0.")
    target = lesion.target
    if lesion.kind == "current" and base in populations and not port and populations[base].cell.ports:
        target = f"{base}.{next(iter(populations[base].cell.ports))}"
    by_kind = {(s.target, s.kind): s for s in (lesion_sites(circuit) if sites is None else sites)}
    site = by_kind.get((target, lesion.kind))
    if site is None:
        raise _not_here(circuit, lesion, [kind for where, kind in by_kind if where == lesion.target])
    if site.unit is not None:
        declared = Parameter(site.unit)
        if lesion.kind.startswith("clamp."):
            declared = populations[base].cell.parameters[site.part]
        declared.checked(lesion.value, f"value of lesion {lesion.target}:{lesion.kind}")
    return site


def _not_here(circuit: Circuit, lesion: Lesion, kinds: Sequence[str]) -> ArgumentError:
    """Why a part that exists has no such lesion."""
    base = lesion.population_or_projection
    for population in circuit.populations:
        if population.name == base and lesion.kind == "silence" and "." not in lesion.target:
            return ArgumentError(
                f"lesion {str(lesion)!r}: the cell {population.cell.name!r} cannot be silenced; give it a threshold and a reset that sets a state variable, or say in Fragment(hold=...) what holds it."
            )
        if population.name == base and lesion.kind.startswith("clamp.") and "." not in lesion.target:
            return unknown_name(
                f"clampable parameter of {base!r}", lesion.kind[6:], [k[6:] for k in kinds if k.startswith("clamp.")]
            )
    for projection in circuit.projections:
        if projection.name == base and lesion.kind == "static":
            dynamic = [p.name for p in circuit.projections if p.short_term]
            return ArgumentError(
                f"lesion {str(lesion)!r}: projection {base!r} has no short-term plasticity; those that have: {', '.join(dynamic) or 'none'}."
            )
        if projection.name == base and lesion.kind == "freeze":
            tied = f"; it is tied to {projection.tied_to!r}" if projection.tied_to else ""
            learning = [p.name for p in circuit.projections if p.plasticity]
            return ArgumentError(
                f"lesion {str(lesion)!r}: projection {base!r} has no plasticity of its own{tied}; those that learn: {', '.join(learning) or 'none'}."
            )
    return ArgumentError(
        f"lesion {str(lesion)!r}: {lesion.kind!r} does not go with {lesion.target!r}; allowed there: {', '.join(kinds) or 'none'}."
    )


def check_lesions(circuit: Circuit, lesions: Sequence[Lesion], steps: int) -> dict[LesionSite, list[Placed]]:
    """Lesions by site, as (lesion, first step, first step after, rise), all checked.

    Raises
    ------
    ArgumentError
        If one does not fit the circuit, begins after the run, contradicts another, or has no slot left.
    """
    sites = lesion_sites(circuit)
    taken = placed(lesions, lambda lesion: resolve(circuit, lesion, sites), circuit.dt, steps)
    for site, windows in taken.items():
        if len(windows) > site.slots:
            raise ArgumentError(
                f"{site.target}:{site.kind} has {len(windows)} windows, but room for {site.slots}; build the circuit with lesion_slots={len(windows)} (on the command line: --set lesion_slots={len(windows)})."
            )
    return taken


def lesion_numbers(
    circuit: Circuit, lesions: Sequence[Lesion], steps: int, seed: int
) -> tuple[dict[str, float], tuple[int, int]]:
    """SI values of all run arguments of lesions, and the steps within which their code is needed.

    Parameters
    ----------
    circuit : Circuit
    lesions : sequence of Lesion
    steps : int
        Length of the run.
    seed : int
        Of the random subsets.

    Returns
    -------
    numbers : dict
        ``{"object.variable": value}``, complete, neutral where there is no lesion.
    window : tuple of int
        First step, and first step after everything is neutral again.

    Raises
    ------
    ArgumentError
        See `check_lesions`.
    """
    found = {f"{site.owner}.{name}": 0.0 for site in lesion_sites(circuit) for name in site.parameters()}
    first, last = NEVER, 0.0
    for site, windows in check_lesions(circuit, lesions, steps).items():
        cells = circuit.population(site.population).n
        for k, (lesion, start, stop, rise) in enumerate(windows):
            cut = largest_rank(lesion, site.population, cells, seed)
            own = {"start": start, "stop": stop, "rise": rise, "cut": cut}
            if lesion.value is not None:
                own["amount"] = float(lesion.value)
            found |= {f"{site.owner}.{site.name}_{what}_{k}": value for what, value in own.items()}
            first, last = min(first, start), max(last, stop + 1)
    return found, (int(first), int(last)) if last else (0, 0)


def lesioned_cells(circuit: Circuit, lesion: Lesion, seed: int) -> tuple[str, np.ndarray]:
    """The population of the cells that a lesion hits, and which they are.

    Returns
    -------
    population : str
    hit : ndarray of bool, shape (cells,)
    """
    site = resolve(circuit, lesion)
    population = circuit.population(site.population)
    return population.name, hit_cells(lesion, population.name, population.n, seed)
