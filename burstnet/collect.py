"""From raw runs to a `Result`. Imports result, layout, circuit, lesion and timeline."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .checkpoint import state_of
from .circuit import Circuit
from .errors import RunError
from .layout import Layout, layout_of
from .lesion import Lesion
from .recording import Recording
from .result import Result
from .targets.program import RawRun, package_version
from .timeline import Timeline

__all__ = ["assemble", "collect", "provenance"]


def collect(
    runs: Sequence[RawRun],
    circuit: Circuit,
    recording: Recording,
    timeline: Timeline,
    about: Mapping[str, Any],
    lesions: Sequence[Lesion] = (),
) -> Result:
    """One result of several seeds of the same program."""
    seeds = [run.request.seed for run in runs]
    return assemble(runs, layout_of(circuit, recording, timeline, lesions, seeds), about)


def assemble(runs: Sequence[RawRun], layout: Layout, about: Mapping[str, Any]) -> Result:
    """One result of several seeds of the same program, from its layout alone.

    Parameters
    ----------
    runs : sequence of RawRun
    layout : Layout
        Of the program; a generated project carries it, so that this needs no circuit.
    about : mapping
        Further facts: protocol, target, parameters, timing, provenance.

    Raises
    ------
    RunError
        If a run lacks what was to be sampled.
    """
    dt, first = layout.dt_s, runs[0].arrays
    variables: dict[str, tuple] = {}
    coordinates: dict[str, Any] = {"seed": ("seed", [run.request.seed for run in runs])}

    def stacked(name: str) -> np.ndarray:
        return np.stack([run.arrays[name] for run in runs])

    if "statistics.t" in first:
        coordinates["time"] = ("time", first["statistics.t"], {"units": "s"})
        for population in layout.populations:
            for variable, unit in (
                ("event_total", "1"),
                ("burst_total", "1"),
                ("event_average", "Hz"),
                ("burst_average", "Hz"),
            ):
                if f"statistics.{population}_{variable}" in first:
                    variables[f"{population}_{variable}"] = (
                        ("seed", "time"),
                        stacked(f"statistics.{population}_{variable}")[..., 0],
                        {"units": unit},
                    )
    for name in layout.populations:
        if f"{name}_states.t" in first:
            coordinates["state_time"] = ("state_time", first[f"{name}_states.t"], {"units": "s"})
        for mean in layout.means.get(name, ()):
            summed = stacked(f"{name}_states.sum_{mean}").mean(axis=2)
            means = np.diff(summed, axis=1, prepend=np.nan) / layout.stride
            variables[f"{name}_{mean}_mean"] = (("seed", "state_time"), means, {"units": layout.units[mean]})
        for trace in layout.traces.get(name, ()):
            times = first[f"{name}_trace.t"]
            coordinates["trace_time"] = ("trace_time", times, {"units": "s"})
            variables[f"{name}_trace_{trace}"] = (
                ("seed", "trace_time"),
                stacked(f"{name}_trace.{trace}")[..., 0],
                {"units": layout.units[trace]},
            )
        if f"{name}_spikes.t" in first:
            variables |= _ragged(name, runs, dt)
    for run in runs:
        _check_sampled_synapses(run)
    for name, (owner, unit) in layout.weights.items():
        if f"{owner}.w_{name}" in first:
            coordinates["state_time"] = ("state_time", first[f"{owner}.t"], {"units": "s"})
            variables[f"{name}_weight"] = (
                ("seed", "state_time", f"{name}_index"),
                stacked(f"{owner}.w_{name}"),
                {"units": unit},
            )
    if layout.beside:
        variables |= _of_monitors(runs)
    variables |= _lesions(layout, [run.request.seed for run in runs])
    states = {run.request.seed: state_of(run.arrays, run.request.arguments(), layout.learned) for run in runs}
    return Result(xr.Dataset(variables, coordinates), {**about, **_facts(layout, runs)}, states)


def _facts(layout: Layout, runs: Sequence[RawRun]) -> dict[str, Any]:
    """What a reader of the result needs to know of the circuit and of the part of the timeline that was run."""
    request, dt = runs[0].request, layout.dt_s
    end = request.steps * dt

    def within(time: float) -> float:
        return time if request.start * dt <= time <= end else min(max(time, request.start * dt), end)

    return {
        "lesions": list(layout.lesions),
        "lesion_windows": [
            [[start, end if stop is None else min(stop, end)] for start, stop in windows]
            for windows in layout.lesion_windows
        ],
        "lesioned_cells": dict(zip(layout.lesions, layout.lesioned_cells, strict=True)),
        "dt_s": dt,
        "start_s": request.start * dt,
        "simulated_s": (request.steps - request.start) * dt,
        "populations": dict(layout.populations),
        "seeded_graph": layout.seeded_graph,
        "projections": dict(layout.projections),
        "spikes": layout.spikes,
        "spike_window_s": layout.spike_window_s,
        "all_spikes": layout.spikes == "all" and layout.spike_window_s is None and not request.state,
        "readout_tau_s": {name: request.values[f"control.{name}_tau"] for name in layout.readouts},
        "timeline": [
            phase | {"start_s": within(phase["start_s"]), "stop_s": within(phase["stop_s"])}
            for phase in layout.timeline
        ],
    }


def _of_monitors(runs: Sequence[RawRun]) -> dict[str, tuple]:
    """Records of monitors that the user put beside the circuit: those of all seeds one after the other, in SI."""
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


def _lesions(layout: Layout, seeds: Sequence[int]) -> dict[str, tuple]:
    """Which cells each lesion of a part of the cells hits, for every seed."""
    found = {}
    for k, hit in layout.hit.items():
        cells = np.zeros((len(seeds), layout.populations[hit["population"]]), dtype=np.int8)
        for row, seed in zip(cells, seeds, strict=True):
            row[hit["cells"][str(seed)]] = 1
        about = {"lesion": layout.lesions[int(k)], "long_name": "1 where the lesion hits a cell"}
        found[f"lesion_{k}_cells"] = (("seed", f"{hit['population']}_cell"), cells, about)
    return found


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


#: Packages that every result depends on.
_PACKAGES = ("brian2", "numpy", "xarray")


def provenance(target: str, compiler: str, flags: Sequence[str], packages: Sequence[str] = ()) -> dict[str, Any]:
    """Versions, machine, time and command: all that a reader needs to do it again; of more packages too, where they compute."""
    computed_with = list(dict.fromkeys((*_PACKAGES, *packages)))
    return {
        "burstnet": package_version("burstnet"),
        "commit": _commit(),
        "python": platform.python_version(),
        "packages": computed_with,
        **{name: package_version(name) for name in computed_with},
        "target": target,
        "compiler": compiler,
        "flags": " ".join(flags),
        "machine": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "command": " ".join(sys.argv),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


@lru_cache
def _commit() -> str | None:
    """The git commit of a checkout that burstnet runs from, if it is one."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None
    done = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or None
