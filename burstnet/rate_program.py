"""A rate model with its protocol, ready to run with any seeds: from arrays to a `Result`. Imports rate_model, collect, lesion and result."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from brian2.units import second
from brian2.units.fundamentalunits import Quantity
from threadpoolctl import threadpool_limits

from .cells.fragment import Parameter, ParameterSet
from .errors import ArgumentError, RunError, unknown_name
from .lesion import Lesion, as_lesions
from .quantities import format_quantity
from .random import check_seed
from .rate_lesions import RateLesions
from .rate_model import RateModel, RateRun, Recorded, sessions_of
from .result import Result
from .timeline import Timeline

__all__ = ["RateProgram", "rate_parameters"]

#: Called with a seed and how much of it is done, 0 to 1.
Report = Callable[[str, float], None]


class RateProgram:
    """A rate model that can be run, as `burstnet.Compiled` is of a circuit; there is nothing to build.

    Parameters
    ----------
    model : RateModel
    protocol : ParameterSet
        With ``timeline()``, in which a session is a second.

    Attributes
    ----------
    target : str
        ``"numpy"``.
    build_s : float
        0.

    Raises
    ------
    ArgumentError
        If protocol and model have a parameter of the same name.
    """

    target = "numpy"
    build_s = 0.0

    def __init__(self, model: RateModel, protocol: Any) -> None:
        for name in protocol.declared():
            if name in model.parameters.declared():
                raise ArgumentError(
                    f"parameter {name!r} is one of the protocol and of {model.name!r}; rename it in one."
                )
        self.model, self.protocol = model, protocol

    def within(self, folder: Path) -> RateProgram:
        """The same program: it writes nothing while it runs."""
        return self

    def stop(self) -> None:
        """Nothing to do: a run is in the hands of whoever called it."""

    def run(
        self,
        seeds: Iterable[int] | int = 1,
        params: Mapping[str, Quantity | float] | None = None,
        *,
        lesions: str | Lesion | Iterable[Lesion | str] = (),
        start_from: Result | None = None,
        continue_from: Result | None = None,
        until: Quantity | None = None,
        jobs: int = 1,
        report: Report | None = None,
    ) -> Result:
        """Run every seed, one after the other.

        Parameters
        ----------
        seeds : int or iterable of int
        params : mapping of str to Quantity
            Values to change: fields of the protocol and of the model's parameters.
        lesions : Lesion, str, or iterable of them
            ``"cerebellum:scale=0@30s.."`` is from session 30 on, where the first is session 0. Random numbers are those
            of a run without them.
        start_from, continue_from : None
            A rate model does not support them.
        until : Quantity [second], optional
            Stop before the end of the timeline.
        jobs : int
            Seeds are run in turn, whatever it is; studies run them side by side.
        report : callable, optional
            Called with ``(seed as str, fraction)``.

        Returns
        -------
        Result
            What the model records, each with ``seed`` as its first axis, and ``session``: the number of each.

        Raises
        ------
        ArgumentError
            Before anything runs, if a name or a value is not allowed.
        RunError
            If what the model leaves is not what it should be.
        """
        numbers = [seeds] if isinstance(seeds, (int, np.integer)) else list(seeds)
        protocol, parameters = self._settings(params or {})
        hurt = as_lesions(lesions)
        runs = self.requests(numbers, protocol, parameters, hurt, start_from, continue_from, until)
        started, cpu = time.perf_counter(), time.process_time()
        found: list[Mapping[str, Recorded]] = []
        # with more, the last digits of sums depend on how many, and small products take many times as long
        with threadpool_limits(1, user_api="blas"):
            for run in runs:
                found.append(self.model.run(_told(run, report)))
                if report:
                    report(str(run.seed), 1.0)
        sessions = runs[0].stop
        timing = {
            "build_s": 0.0,
            "run_cpu_s_per_simulated_s": (time.process_time() - cpu) / sessions / len(runs),
            "simulated_s": float(sessions),
            "run_wall_s": time.perf_counter() - started,
        }
        return self._result(runs, found, hurt, timing)

    def requests(
        self,
        seeds: Sequence[int],
        protocol: Any,
        parameters: ParameterSet,
        lesions: Sequence[Lesion],
        start_from: object = None,
        continue_from: object = None,
        until: Quantity | None = None,
    ) -> list[RateRun]:
        """What the run of each seed is given.

        Raises
        ------
        ArgumentError
            If anything of it is not allowed.
        """
        if not seeds:
            raise ArgumentError("seeds=[] is not allowed; give at least one.")
        if len(set(seeds)) != len(seeds):
            raise ArgumentError(f"seeds={list(seeds)} is not allowed; one is there twice.")
        self.model.check()
        for name, option, given in (
            ("start_from", "--from", start_from),
            ("continue_from", "--continue", continue_from),
        ):
            if given is not None:
                raise ArgumentError(
                    f"{name} ({option}) is not allowed; {self.model.name} is a rate model, which always begins anew: let a lesion or a phase begin at a session."
                )
        timeline: Timeline = protocol.timeline()
        stop = sessions_of(timeline)
        if until is not None:
            last = round(float(Parameter(1 * second, positive=True).checked(until, "until")))
            if not 1 <= last <= stop:
                raise ArgumentError(
                    f"until={format_quantity(until)} is not allowed; the timeline has {stop} sessions, each a second."
                )
            stop = last
        return [
            RateRun(
                check_seed(seed), protocol, parameters, stop, timeline, RateLesions(self.model, lesions, stop, seed)
            )
            for seed in seeds
        ]

    def _settings(self, params: Mapping[str, Quantity | float]) -> tuple[Any, ParameterSet]:
        """Protocol and parameters of the model with some values changed."""
        own, known = self.protocol.declared(), self.model.parameters.declared()
        for name in params:
            if name not in own and name not in known:
                raise unknown_name("parameter", name, [*own, *known])
        mine = {name: value for name, value in params.items() if name in own}
        rest = {name: value for name, value in params.items() if name not in own}
        return self.protocol.replace(**mine), self.model.parameters.replace(**rest)

    def _result(
        self,
        runs: Sequence[RateRun],
        found: Sequence[Mapping[str, Recorded]],
        lesions: Sequence[Lesion],
        timing: Mapping[str, float],
    ) -> Result:
        import xarray as xr

        from .collect import provenance

        seeds = [run.seed for run in runs]
        variables, coordinates = _stacked(found)
        coordinates |= {
            "seed": ("seed", seeds),
            "session": ("session", np.arange(runs[0].stop), {"units": "1", "long_name": "number of the session"}),
        }
        for k, lesion in enumerate(lesions):
            if lesion.fraction < 1:
                population = runs[0].lesions.hit(lesion)[0]
                cells = np.stack([run.lesions.hit(lesion)[1] for run in runs]).astype(np.int8)
                attributes = {"lesion": str(lesion), "long_name": "1 where the lesion hits a cell"}
                variables[f"lesion_{k}_cells"] = (("seed", f"{population}_cell"), cells, attributes)
        about = {
            "protocol": getattr(self.protocol, "NAME", None),
            "target": self.target,
            "clock": "session",
            "parameters": rate_parameters(self.model, runs[0].protocol, runs[0].parameters),
            "timing": dict(timing),
            "provenance": provenance(self.target, "", (), self.model.packages) | self.model.computed_on(),
            **_facts(self.model, runs[0], lesions),
        }
        return Result(xr.Dataset(variables, coordinates), about)


def rate_parameters(model: RateModel, protocol: ParameterSet, parameters: ParameterSet) -> dict[str, str]:
    """Every parameter by its public name, as text with units."""
    found = {f"{name}.n": str(n) for name, n in model.populations.items()} | model.fixed()
    for group in (protocol, parameters):
        found |= {name: format_quantity(parameter.value) for name, parameter in group.parameters().items()}
    return found


def _told(run: RateRun, report: Report | None) -> RateRun:
    """The same run, which says how far it is."""
    if report is None:
        return run
    return RateRun(
        run.seed, run.protocol, run.parameters, run.stop, run.timeline, run.lesions,
        lambda done: report(str(run.seed), done),
    )  # fmt: skip


def _stacked(found: Sequence[Mapping[str, Recorded]]) -> tuple[dict[str, tuple], dict[str, Any]]:
    """Variables with an axis for the seed, and coordinates.

    Raises
    ------
    RunError
        If an array has not as many axes as names, is not of numbers, or is not there for every seed in one shape.
    """
    variables: dict[str, tuple] = {}
    coordinates: dict[str, Any] = {}
    for name, recorded in found[0].items():
        try:
            parts = [np.asarray(one[name].values) for one in found]
            stacked = np.stack(parts)
        except (KeyError, ValueError) as problem:
            raise RunError(f"The model's {name!r} is not there in one shape for every seed ({problem}).") from problem
        if stacked.dtype.kind not in "biuf" or stacked.ndim != len(recorded.dims) + 1:
            raise RunError(
                f"The model's {name!r} is an array of {stacked.dtype} with {stacked.ndim - 1} axes; give numbers with {len(recorded.dims)}: {', '.join(recorded.dims)}."
            )
        if stacked.dtype.kind == "b":
            stacked = stacked.astype(np.int8)
        attributes = {"units": recorded.unit, **({"long_name": recorded.doc} if recorded.doc else {})}
        if recorded.dims == (name,):
            coordinates[name] = (name, stacked[0], attributes)
        else:
            variables[name] = (("seed", *recorded.dims), stacked, attributes)
    return variables, coordinates


def _facts(model: RateModel, run: RateRun, lesions: Sequence[Lesion]) -> dict[str, Any]:
    """What a reader of the result needs to know, under the names that results of circuits have."""
    end = float(run.stop)
    return {
        "lesions": [str(lesion) for lesion in lesions],
        "lesion_windows": [
            [[float(start), end if stop is None else min(float(stop), end)] for start, stop in lesion.windows]
            for lesion in lesions
        ],
        "lesioned_cells": {str(lesion): int(run.lesions.hit(lesion)[1].sum()) for lesion in lesions},
        "dt_s": 1.0,
        "start_s": 0.0,
        "simulated_s": end,
        "populations": {name: int(n) for name, n in model.populations.items()},
        "projections": {name: {"source": a, "target": b} for name, (a, b) in model.projections.items()},
        "spikes": "none",
        "spike_window_s": None,
        "all_spikes": False,
        "timeline": [
            {
                "name": phase.name,
                "start_s": min(start, end),
                "stop_s": min(stop, end),
                "settings": {
                    name: {"value": float(value), "text": format_quantity(value)}
                    for name, value in phase.settings.items()
                },
            }
            for phase, (start, stop) in zip(run.timeline.phases, run.timeline.spans().values(), strict=True)
        ],
    }
