"""What a recording adds to a circuit's objects: Brian2 monitors. Imports circuit, recording and neurons."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from brian2 import Clock, SpikeMonitor, StateMonitor

from .circuit import Circuit
from .neurons import incoming
from .recording import Recording

if TYPE_CHECKING:
    from .objects import Brian2Objects

__all__ = ["monitors"]


def monitors(circuit: Circuit, recording: Recording, objects: Brian2Objects) -> dict[str, Any]:
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
        sampled += [f"w_{p.name}" for p in incoming(circuit, population) if p.constant and p.name in recording.weights]
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
    with _trusted_indices():
        found |= _weight_monitors(circuit, recording, objects, clocks["states"])
    return found


@contextlib.contextmanager
def _trusted_indices() -> Iterator[None]:
    """Without Brian2's warning that it cannot know how many synapses a seed draws; a run checks what was sampled."""
    logger = logging.getLogger("brian2.monitors.statemonitor.cannot_check_statemonitor_indices")

    def other(record: logging.LogRecord) -> bool:
        return "Cannot check whether the indices" not in record.getMessage()

    logger.addFilter(other)
    try:
        yield
    finally:
        logger.removeFilter(other)


def _weight_monitors(circuit: Circuit, recording: Recording, objects: Brian2Objects, clock: Clock) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for projection in circuit.projections:
        if projection.name in recording.weights and not projection.constant and projection.plasticity:
            synapses = objects.projections[projection.name]
            sizes = (circuit.population(name).n for name in (str(projection.source), projection.target))
            indices = np.arange(min(recording.cells, projection.connect.at_least(*sizes)))
            found[f"{projection.name}_weights"] = StateMonitor(
                synapses,
                [f"w_{projection.name}"],
                record=indices,
                clock=clock,
                when="start",
                order=-1,
                name=f"{projection.name}_weights",
            )
    return found
