"""From raw runs to a `Result`. Imports result, circuit, lesion and timeline."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from brian2.units.fundamentalunits import Quantity

from .checkpoint import state_of
from .circuit import Circuit
from .errors import RunError
from .lesion import Lesion
from .lesion_sites import lesioned_cells
from .quantities import format_quantity, unit_name
from .recording import Recording
from .result import Result
from .targets.program import RawRun, RunRequest, package_version
from .timeline import Timeline

__all__ = ["collect", "provenance"]

_UNITS = {"volt": "V", "amp": "A", "hertz": "Hz", "second": "s", "siemens": "S", "1": "1"}


def collect(
    runs: Sequence[RawRun],
    circuit: Circuit,
    recording: Recording,
    timeline: Timeline,
    about: Mapping[str, Any],
    lesions: Sequence[Lesion] = (),
) -> Result:
    """One result of several seeds of the same program."""
    dt = float(circuit.dt)
    first = runs[0].arrays
    variables: dict[str, tuple] = {}
    coordinates: dict[str, Any] = {"seed": ("seed", [run.request.seed for run in runs])}

    def stacked(name: str) -> np.ndarray:
        return np.stack([run.arrays[name] for run in runs])

    if "statistics.t" in first:
        coordinates["time"] = ("time", first["statistics.t"], {"units": "s"})
        for population in circuit.populations:
            for variable, unit in (
                ("event_total", "1"),
                ("burst_total", "1"),
                ("event_average", "Hz"),
                ("burst_average", "Hz"),
            ):
                if f"statistics.{population.name}_{variable}" in first:
                    variables[f"{population.name}_{variable}"] = (
                        ("seed", "time"),
                        stacked(f"statistics.{population.name}_{variable}")[..., 0],
                        {"units": unit},
                    )
    stride = recording.strides(circuit.dt)[1]
    for population in circuit.populations:
        name = population.name
        if f"{name}_states.t" in first:
            coordinates["state_time"] = ("state_time", first[f"{name}_states.t"], {"units": "s"})
        for mean in recording.means.get(name, ()):
            summed = stacked(f"{name}_states.sum_{mean}").mean(axis=2)
            means = np.diff(summed, axis=1, prepend=np.nan) / stride
            variables[f"{name}_{mean}_mean"] = (("seed", "state_time"), means, {"units": _unit_of(circuit, mean)})
        for trace in recording.trace.get(name, ()):
            times = first[f"{name}_trace.t"]
            coordinates["trace_time"] = ("trace_time", times, {"units": "s"})
            variables[f"{name}_trace_{trace}"] = (
                ("seed", "trace_time"),
                stacked(f"{name}_trace.{trace}")[..., 0],
                {"units": _unit_of(circuit, trace)},
            )
        if f"{name}_spikes.t" in first:
            variables |= _ragged(name, runs, dt)
    for run in runs:
        _check_sampled_synapses(run)
    for projection in circuit.projections:
        owner = f"{projection.target}_states" if projection.constant else f"{projection.name}_weights"
        if projection.name in recording.weights and f"{owner}.w_{projection.name}" in first:
            coordinates["state_time"] = ("state_time", first[f"{owner}.t"], {"units": "s"})
            unit = "1" if projection.constant else "A"
            variables[f"{projection.name}_weight"] = (
                ("seed", "state_time", f"{projection.name}_index"),
                stacked(f"{owner}.w_{projection.name}"),
                {"units": unit},
            )
    variables |= _of_monitors(runs, circuit, recording)
    hurt = _lesions(circuit, lesions, [run.request.seed for run in runs])
    variables |= hurt
    facts = {
        **about,
        "lesions": [str(lesion) for lesion in lesions],
        "lesion_windows": [_windows(lesion, runs[0].request.steps * dt) for lesion in lesions],
        "lesioned_cells": {
            str(lesion): int(lesioned_cells(circuit, lesion, runs[0].request.seed)[1].sum()) for lesion in lesions
        },
        "dt_s": dt,
        "start_s": runs[0].request.start * dt,
        "simulated_s": (runs[0].request.steps - runs[0].request.start) * dt,
        "populations": {p.name: p.n for p in circuit.populations},
        "seeded_graph": circuit.seeded_graph,
        "projections": {
            p.name: {
                "source": p.source if isinstance(p.source, str) else format_quantity(p.source),
                "target": p.target,
                "port": p.port,
                "on": p.on,
            }
            for p in circuit.projections
        },
        "spikes": recording.spikes,
        "spike_window_s": [float(edge) for edge in recording.spike_window] if recording.spike_window else None,
        "all_spikes": recording.spikes == "all" and recording.spike_window is None and not runs[0].request.state,
        "readout_tau_s": {
            p.name: runs[0].request.values[f"control.{p.name}_tau"] for p in circuit.populations if p.readout
        },
        "timeline": [
            {
                "name": phase.name,
                "start_s": _within(timeline.span(phase.name)[0], runs[0].request, dt),
                "stop_s": _within(timeline.span(phase.name)[1], runs[0].request, dt),
                "settings": {k: _plain(v) for k, v in phase.settings.items()},
            }
            for phase in timeline.phases
        ],
    }
    states = {run.request.seed: state_of(run.arrays, run.request.arguments(), circuit) for run in runs}
    return Result(xr.Dataset(variables, coordinates), facts, states)


def _within(time: float, request: RunRequest, dt: float) -> float:
    """A time of the timeline, moved into the part of it that was run."""
    return (
        time
        if request.start * dt <= time <= request.steps * dt
        else min(max(time, request.start * dt), request.steps * dt)
    )


def _of_monitors(runs: Sequence[RawRun], circuit: Circuit, recording: Recording) -> dict[str, tuple]:
    """Records of monitors that the user put beside the circuit: those of all seeds one after the other, in SI."""
    if not circuit.beside:
        return {}
    found: dict[str, tuple] = {}
    for name in runs[0].arrays:
        owner, _, variable = name.partition(".")
        mine = owner == "statistics" or owner.endswith(("_spikes", "_states", "_trace", "_weights"))
        records = [run.arrays[name] for run in runs]
        times = f"{owner}.t" in runs[0].arrays and f"{owner}.N" in runs[0].arrays
        if (
            not mine
            and times
            and variable != "N"
            and all(len(r) == int(run.arrays[f"{owner}.N"].ravel()[0]) for r, run in zip(records, runs, strict=True))
        ):
            columns = [f"{owner}_{variable}_column"] * (records[0].ndim - 1)
            found[f"{owner}_{variable}"] = ((f"{owner}_record", *columns), np.concatenate(records))
            found[f"{owner}_number"] = ("seed", np.array([len(r) for r in records]))
    return found


def _lesions(circuit: Circuit, lesions: Sequence[Lesion], seeds: Sequence[int]) -> dict[str, tuple]:
    """Which cells each lesion of a part of the cells hits, for every seed."""
    found = {}
    for k, lesion in enumerate(lesions):
        if lesion.fraction < 1:
            hit = [lesioned_cells(circuit, lesion, seed) for seed in seeds]
            about = {"lesion": str(lesion), "long_name": "1 where the lesion hits a cell"}
            cells = np.array([cells for _, cells in hit], dtype=np.int8)
            found[f"lesion_{k}_cells"] = (("seed", f"{hit[0][0]}_cell"), cells, about)
    return found


def _windows(lesion: Lesion, end: float) -> list[list[float]]:
    """Start and stop of each window in seconds, within the run."""
    return [[float(start), end if stop is None else min(float(stop), end)] for start, stop in lesion.windows]


def _check_sampled_synapses(run: RawRun) -> None:
    """The graph that a seed drew has every synapse that is sampled."""
    for name, indices in run.arrays.items():
        owner = name.removesuffix("_weights._indices")
        if owner != name and len(indices) and int(indices[-1]) >= int(run.arrays[f"{owner}.N"].ravel()[0]):
            raise RunError(
                f"Seed {run.request.seed} drew fewer synapses of {owner!r} than are sampled; record fewer with Recording(cells=...)."
            )


def _ragged(name: str, runs: Sequence[RawRun], dt: float) -> dict[str, tuple]:
    def joined(variable: str, dtype: type) -> np.ndarray:
        return np.concatenate(
            [run.arrays.get(f"{name}_spikes.{variable}", np.zeros(len(run.arrays[f"{name}_spikes.i"]))) for run in runs]
        ).astype(dtype)

    steps = np.concatenate([np.rint(run.arrays[f"{name}_spikes.t"] / dt) for run in runs]).astype(np.int32)
    kinds = {"flag_values": [0, 1, 2], "flag_meanings": "event burst further"}
    return {
        f"{name}_spike_step": (f"{name}_spike", steps, {"long_name": "step of the spike; times dt_s gives seconds"}),
        f"{name}_spike_cell": (f"{name}_spike", joined("i", np.int32)),
        f"{name}_spike_kind": (f"{name}_spike", joined("spike_kind", np.int8), kinds),
        f"{name}_spike_number": ("seed", np.array([len(run.arrays[f"{name}_spikes.i"]) for run in runs])),
    }


def _unit_of(circuit: Circuit, variable: str) -> str:
    from brian2.equations.equations import Equations

    if variable.startswith("I_"):
        return "A"
    for population in circuit.populations:
        equations = Equations(population.cell.equations)
        if variable in equations:
            unit = unit_name(Quantity.with_dimensions(1, equations[variable].dim))
            return _UNITS.get(unit, unit)
    return "1"


def _plain(value: Any) -> dict[str, Any]:
    return {"value": float(value), "text": format_quantity(value)}


def provenance(target: str, compiler: str, flags: Sequence[str]) -> dict[str, Any]:
    """Versions, machine, time and command: all that a reader needs to do it again."""
    return {
        "burstnet": package_version("burstnet"),
        "commit": _commit(),
        "python": platform.python_version(),
        **{name: package_version(name) for name in ("brian2", "numpy", "xarray")},
        "target": target,
        "compiler": compiler,
        "flags": " ".join(flags),
        "machine": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "command": " ".join(sys.argv),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _commit() -> str | None:
    """The git commit of a checkout that burstnet runs from, if it is one."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None
    done = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or None
