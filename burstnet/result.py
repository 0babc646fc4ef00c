"""What a run leaves behind: arrays, metrics' raw material and provenance; save and load. Never imports Brian2."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import ArgumentError, ResultError, unknown_name
from .netcdf import read_dataset, write_dataset
from .state_file import read_states, write_states

if TYPE_CHECKING:
    import xarray as xr  # half a second that a build need not wait for

__all__ = ["SCHEMA", "Result", "concatenate", "load", "spent", "write_atomically"]

#: Version of the layout of result files.
SCHEMA = 1
_KINDS = {"event": 0, "burst": 1, "further": 2}


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Call ``write(scratch_path)`` and move the outcome to `path` when it is whole.

    Raises
    ------
    ResultError
        If the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(prefix=f".{path.name}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
    except OSError as problem:
        raise ResultError(f"Cannot write {path}: {problem.strerror}.") from problem
    try:
        write(Path(scratch))
        os.chmod(scratch, 0o666 & ~_umask())
        os.replace(scratch, path)
    except OSError as problem:
        raise ResultError(f"Cannot write {path}: {problem.strerror or problem}.") from problem
    finally:
        Path(scratch).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


class Result:
    """All seeds of one experiment.

    Parameters
    ----------
    data : xarray.Dataset
        Variables in SI with their unit in the attribute ``units``. For a population ``output``:
        ``output_event_total`` (seed, time) counts events of all cells since the start, ``output_event_average`` [Hz]
        is the moving average, the same for ``burst``; ``output_spike_step``, ``output_spike_cell`` and
        ``output_spike_kind`` hold the spikes of all seeds one after the other, ``output_spike_number`` (seed) how many
        each has; ``output_V_d_mean`` [V] (seed, state_time) averages cells and steps of the interval that ends there;
        ``drive_weight`` (seed, state_time, drive_index) samples weights; ``output_trace_V_s`` (seed, trace_time) is one cell's.

    Attributes
    ----------
    about : dict
        Protocol, parameters, timeline, provenance and timing as plain data.
    """

    def __init__(
        self, data: xr.Dataset, about: dict, states: Mapping[int, Mapping[str, np.ndarray]] | None = None
    ) -> None:
        self.data, self.about = data, about
        self._states, self._path = dict(states or {}), None  # type: dict[int, Mapping[str, np.ndarray]], Path | None

    def state(self, seed: int) -> Mapping[str, np.ndarray]:
        """What the run of a seed knew at its end, see `burstnet.checkpoint`.

        Raises
        ------
        ArgumentError
            If the seed is not in this result.
        ResultError
            If its state was not kept.
        """
        self._seed_index(seed)
        if seed not in self._states and self._path is not None:
            self._states |= read_states(self._path, [seed])
        if seed not in self._states:
            raise ResultError(f"This result does not hold the final state of seed {seed}; run it again.")
        return self._states[seed]

    @property
    def has_states(self) -> bool:
        """Whether final states were kept; a rate model has none."""
        return bool(self._states) or (self._path is not None and self.clock == "s")

    @property
    def end_step(self) -> int:
        """The first step that was not run."""
        return round((self.about.get("start_s", 0.0) + self.about["simulated_s"]) / self.dt)

    @property
    def seeds(self) -> list[int]:
        """Seeds in the order of the arrays."""
        return [int(seed) for seed in self.data["seed"].values]

    @property
    def populations(self) -> dict[str, int]:
        """Name to number of cells."""
        return dict(self.about["populations"])

    @property
    def dt(self) -> float:
        """Time step in seconds."""
        return float(self.about["dt_s"])

    @property
    def clock(self) -> str:
        """What a second of its timeline stands for: ``"s"``, or ``"session"`` of a rate model."""
        return str(self.about.get("clock", "s"))

    @property
    def phases(self) -> dict[str, tuple[float, float]]:
        """Phase to start and stop in seconds."""
        return {
            name: (start, stop)
            for name, start, stop in ((p["name"], p["start_s"], p["stop_s"]) for p in self.about["timeline"])
        }

    @property
    def lesions(self) -> list[str]:
        """Every lesion of this run, as text."""
        return list(self.about.get("lesions", ()))

    @property
    def windows(self) -> list[tuple[float, float]]:
        """Start and stop [s] of every window of every lesion, each once, in order."""
        spans = {(start, stop) for lesion in self.about.get("lesion_windows", ()) for start, stop in lesion}
        return sorted(spans)

    def _population(self, name: str) -> int:
        if name not in self.populations:
            raise unknown_name("population", name, self.populations)
        return self.populations[name]

    def _seed_index(self, seed: int) -> int:
        if seed not in self.seeds:
            raise ArgumentError(f"seed={seed} is not in this result; it has {', '.join(map(str, self.seeds))}.")
        return self.seeds.index(seed)

    def count(self, population: str, event: str, start: float, stop: float) -> np.ndarray:
        """Events or bursts of all cells in [start, stop), per seed.

        Parameters
        ----------
        population : str
        event : {"event", "burst"}
        start, stop : float
            Seconds; rounded to the sampling interval.
        """
        self._population(population)
        # not self.data[...], which takes a hundred times as long and is called a hundred times
        total = self.data.variables[f"{population}_{event}_total"].values
        time = self.data.variables["time"].values
        first, last = (int(np.argmin(np.abs(time - edge))) for edge in (start, stop))
        return total[:, last] - total[:, first]

    def rate(self, population: str, event: str, start: float, stop: float) -> np.ndarray:
        """Events or bursts per cell and second [Hz] in [start, stop), per seed; NaN for an empty window."""
        return _divide(self.count(population, event, start, stop), self._population(population) * (stop - start))

    def burst_probability(self, population: str, start: float, stop: float) -> np.ndarray:
        """Bursts over events counted in [start, stop), per seed; NaN where there is no event."""
        return _divide(self.count(population, "burst", start, stop), self.count(population, "event", start, stop))

    def average_burst_probability(self, population: str) -> np.ndarray:
        """Ratio of the moving averages of burst and event rate, shape (seed, time); NaN before the first event."""
        return _divide(self.data[f"{population}_burst_average"].values, self.data[f"{population}_event_average"].values)

    def spikes(self, population: str, seed: int, kind: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Times [s] and cells of recorded spikes.

        Parameters
        ----------
        population : str
        seed : int
        kind : {"event", "burst", "further"}, optional
            Only isolated spikes and firsts of a burst, only seconds of a burst, or only the rest.
        """
        self._population(population)
        if f"{population}_spike_step" not in self.data:
            raise ArgumentError(f"The spikes of {population!r} were not recorded; run with spikes='all'.")
        if kind is not None and kind not in _KINDS:
            raise unknown_name("kind", kind, _KINDS)
        k = self._seed_index(seed)
        numbers = self.data[f"{population}_spike_number"].values
        here = slice(int(numbers[:k].sum()), int(numbers[: k + 1].sum()))
        steps, cells, kinds = (
            self.data[f"{population}_spike_{what}"].values[here] for what in ("step", "cell", "kind")
        )
        chosen = slice(None) if kind is None else kinds == _KINDS[kind]
        return steps[chosen] * self.dt, cells[chosen]

    def save(self, path: str | os.PathLike) -> Path:
        """Write netCDF, whole or not at all.

        Raises
        ------
        ResultError
            If the file cannot be written.
        """
        target = Path(path)
        data = self.data.assign_attrs(burstnet_schema=SCHEMA, about=json.dumps(self.about, allow_nan=False))
        states = {seed: self.state(seed) for seed in self.seeds} if self.has_states else {}

        def write(scratch: Path) -> None:
            write_dataset(scratch, data)
            write_states(scratch, states)

        write_atomically(target, write)
        return target

    @classmethod
    def load(cls, path: str | os.PathLike, *, spikes: bool = True) -> Result:
        """Open a saved result; needs neither Brian2 nor a compiler.

        Parameters
        ----------
        path : path
            The file, or the folder that holds it as ``result.nc``.
        spikes : bool
            Read the spikes, which are most of a file, too.

        Raises
        ------
        ResultError
            If the file is missing, broken or of a newer schema.
        """
        source = Path(path)
        if source.is_dir():
            source = source / "result.nc"
        if not source.is_file():
            raise ResultError(f"No result at {source}.")
        try:
            data = read_dataset(source, lambda name: spikes or "_spike_" not in name)
            schema, about = int(data.attrs["burstnet_schema"]), json.loads(data.attrs["about"])
        except (OSError, LookupError, ValueError, TypeError, AttributeError, RuntimeError) as problem:
            raise ResultError(f"{source} is not a burstnet result or is broken ({problem}).") from problem
        if schema > SCHEMA:
            raise ResultError(
                f"{source} has schema {schema}, newer than {SCHEMA} that this burstnet reads; update burstnet."
            )
        found = cls(data, about)
        found._path = source
        return found

    def __repr__(self) -> str:
        what = self.about.get("protocol") or "circuit"
        return f"<Result of {what}: {len(self.seeds)} seeds, {spent(self.about['simulated_s'], self.clock)}, {', '.join(self.populations)}>"


def spent(seconds: float, clock: str) -> str:
    """The length of a run for a person: ``"20 s"``, ``"12 sessions"``."""
    return f"{seconds:g} s" if clock == "s" else f"{seconds:g} {clock}{'s' * (seconds != 1)}"


def concatenate(results: Sequence[Result]) -> Result:
    """One result out of results of other seeds of the same experiment.

    Parameters
    ----------
    results : sequence of Result
        With the same circuit, timeline and lesions. Facts are those of the first; times of runs are averaged.

    Raises
    ------
    ArgumentError
        If there is none, a seed is in two of them, or they are of different experiments.
    """
    if not results:
        raise ArgumentError("results=[] is not allowed; give at least one.")
    import xarray as xr

    seeds = [seed for result in results for seed in result.seeds]
    if len(set(seeds)) != len(seeds):
        raise ArgumentError(f"results hold seeds {seeds}; one is there twice.")
    first = results[0]
    for other in results[1:]:
        for fact in ("protocol", "populations", "dt_s", "start_s", "simulated_s", "lesions", "timeline"):
            if other.about.get(fact) != first.about.get(fact):
                raise ArgumentError(
                    f"results differ in {fact}: {first.about.get(fact)!r} and {other.about.get(fact)!r}; they are of different experiments."
                )
    variables: dict[Any, tuple] = {}
    for name, found in first.data.data_vars.items():
        parts = [result.data[name] for result in results]
        axis = found.dims.index("seed") if "seed" in found.dims else 0
        variables[name] = (found.dims, np.concatenate([part.values for part in parts], axis=axis), found.attrs)
    coordinates = {n: (c.dims, c.values, c.attrs) for n, c in first.data.coords.items() if n != "seed"}
    timing = first.about["timing"] | {"run_cpu_s_per_simulated_s": float(np.average(
        [result.about["timing"]["run_cpu_s_per_simulated_s"] for result in results],
        weights=[len(result.seeds) for result in results],
    ))}  # fmt: skip
    states = {seed: r.state(seed) for r in results for seed in r.seeds if r.has_states}
    return Result(
        xr.Dataset(variables, coordinates | {"seed": ("seed", seeds)}), first.about | {"timing": timing}, states
    )


#: `Result.load`, for ``burstnet.load(path)``.
load = Result.load


def _divide(one: np.ndarray, other: Any) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.asarray(one, dtype=float) / other
    return np.where(np.isfinite(found), found, np.nan)
