"""What turns a program's raw arrays into a `Result`, as plain data. Imports circuit, lesion, recording and timeline.

A generated project carries it as JSON, so that what its binary writes elsewhere can be loaded without the circuit:
nothing in it is evaluated, and it holds no equation.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from brian2.units.fundamentalunits import Quantity

from .cells.fragment import parsed
from .circuit import Circuit
from .errors import ResultError
from .lesion import Lesion
from .lesion_sites import lesioned_cells
from .quantities import format_quantity, unit_name
from .recording import Recording
from .timeline import Timeline

__all__ = ["Layout", "layout_of"]

_UNITS = {"volt": "V", "amp": "A", "hertz": "Hz", "second": "s", "siemens": "S", "1": "1"}


@dataclass(frozen=True)
class Layout:
    """Names, sizes, units and times of a program and of its runs.

    Attributes
    ----------
    dt_s : float
    populations : dict of str to int
        Number of cells.
    projections : dict of str to dict
        Source, target, port and event of each.
    learned : dict of str to bool
        Projection to whether each synapse has a weight that learns.
    seeded_graph : bool
    readouts : list of str
        Populations with a read-out.
    means, traces : dict of str to list of str
        Population to variables that are averaged or traced.
    units : dict of str to str
        Of those variables.
    stride : int
        Steps that a mean is over.
    weights : dict of str to list
        Projection to the monitor that samples its weights and their unit.
    spikes : str or int
    spike_window_s : list of float or None
    timeline : list of dict
        Phases: name, start_s, stop_s, settings.
    beside : bool
        Whether the user's own objects are there too.
    lesions : list of str
    lesion_windows : list
        Start and stop [s] of every window of each; None for one without an end.
    lesioned_cells : list of int
        How many cells each hits.
    hit : dict
        For each lesion of a part of the cells, by its number: the population, and which cells for every seed.
    """

    dt_s: float
    populations: dict[str, int]
    projections: dict[str, dict[str, str]]
    learned: dict[str, bool]
    seeded_graph: bool
    readouts: list[str]
    means: dict[str, list[str]]
    traces: dict[str, list[str]]
    units: dict[str, str]
    stride: int
    weights: dict[str, list[str]]
    spikes: str | int
    spike_window_s: list[float] | None
    timeline: list[dict[str, Any]]
    beside: bool = False
    lesions: list[str] = field(default_factory=list)
    lesion_windows: list[list[list[float | None]]] = field(default_factory=list)
    lesioned_cells: list[int] = field(default_factory=list)
    hit: dict[str, dict[str, Any]] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """The same as JSON-ready data."""
        return dataclasses.asdict(self)

    @classmethod
    def from_plain(cls, data: object) -> Layout:
        """The layout out of JSON.

        Raises
        ------
        ResultError
            If a field is missing, unknown or of another kind.
        """
        names = {f.name for f in dataclasses.fields(cls)}
        if not isinstance(data, Mapping) or set(data) != names:
            raise ResultError("The layout in program.json is not one that this burstnet wrote.")
        for name, kind in _KINDS.items():
            if not isinstance(data[name], kind) or (kind is not bool and isinstance(data[name], bool)):
                raise ResultError(f"The layout in program.json has {name}={data[name]!r}, which is not allowed.")
        return cls(**data)


_KINDS: dict[str, Any] = {
    "dt_s": float, "populations": dict, "projections": dict, "learned": dict, "seeded_graph": bool, "readouts": list,
    "means": dict, "traces": dict, "units": dict, "stride": int, "weights": dict, "spikes": (str, int),
    "spike_window_s": (list, type(None)), "timeline": list, "beside": bool, "lesions": list, "lesion_windows": list,
    "lesioned_cells": list, "hit": dict,
}  # fmt: skip


def layout_of(
    circuit: Circuit,
    recording: Recording,
    timeline: Timeline,
    lesions: Sequence[Lesion] = (),
    seeds: Sequence[int] = (),
) -> Layout:
    """The layout of a program and of its runs with these lesions and seeds."""
    weights = {}
    for projection in circuit.projections:
        if projection.name in recording.weights:
            owner = f"{projection.target}_states" if projection.constant else f"{projection.name}_weights"
            weights[projection.name] = [owner, "1" if projection.constant else "A"]
    recorded = [name for kept in (recording.means, recording.trace) for names in kept.values() for name in names]
    hit = {}
    for k, lesion in enumerate(lesions):
        if lesion.fraction < 1:
            cells = {str(seed): np.flatnonzero(lesioned_cells(circuit, lesion, seed)[1]).tolist() for seed in seeds}
            hit[str(k)] = {"population": lesioned_cells(circuit, lesion, seeds[0])[0], "cells": cells}
    window = recording.spike_window
    return Layout(
        dt_s=float(circuit.dt),
        populations={p.name: int(p.n) for p in circuit.populations},
        projections={
            p.name: {
                "source": p.source if isinstance(p.source, str) else format_quantity(p.source),
                "target": p.target,
                "port": p.port,
                "on": p.on,
            }
            for p in circuit.projections
        },
        learned={p.name: bool(p.plasticity) and not p.constant for p in circuit.projections},
        seeded_graph=circuit.seeded_graph,
        readouts=[p.name for p in circuit.populations if p.readout],
        means={name: list(variables) for name, variables in recording.means.items()},
        traces={name: list(variables) for name, variables in recording.trace.items()},
        units={name: _unit_of(circuit, name) for name in recorded},
        stride=recording.strides(circuit.dt)[1],
        weights=weights,
        spikes=recording.spikes if isinstance(recording.spikes, str) else int(recording.spikes),
        spike_window_s=[float(edge) for edge in window] if window else None,
        timeline=[
            {
                "name": phase.name,
                "start_s": timeline.span(phase.name)[0],
                "stop_s": timeline.span(phase.name)[1],
                "settings": {k: {"value": float(v), "text": format_quantity(v)} for k, v in phase.settings.items()},
            }
            for phase in timeline.phases
        ],
        beside=bool(circuit.beside),
        lesions=[str(lesion) for lesion in lesions],
        lesion_windows=[[[float(a), None if b is None else float(b)] for a, b in lesion.windows] for lesion in lesions],
        lesioned_cells=[int(lesioned_cells(circuit, lesion, seeds[0])[1].sum()) for lesion in lesions],
        hit=hit,
    )


def _unit_of(circuit: Circuit, variable: str) -> str:
    if variable.startswith("I_"):
        return "A"
    for population in circuit.populations:
        units = _units_in(population.cell.equations)
        if variable in units:
            return units[variable]
    return "1"


@lru_cache(maxsize=64)
def _units_in(equations: str) -> dict[str, str]:
    """Units of every variable of equations."""
    names = {name: unit_name(Quantity.with_dimensions(1, eq.dim)) for name, eq in parsed(equations).items()}
    return {name: _UNITS.get(unit, unit) for name, unit in names.items()}
