"""Reads the folder of a run, study or sweep as plain data. Imports result, analysis and errors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..analysis.health import Saturation, Silence, saturated_weights, silent_phases
from ..analysis.metrics import Metric
from ..analysis.sweeps import varied_settings
from ..analysis.tables import arms_of_summary
from ..errors import ResultError
from ..result import Result, spent

__all__ = ["Arm", "Outcome", "read_folder"]

CONTROL = "control"
#: What figures over time need; all else of a result is let go as soon as it was looked at.
_KEPT = ("_event_total", "_burst_total", "_weight")


@dataclass
class Arm:
    """One arm of a study, or point of a sweep, or the whole of a run.

    Attributes
    ----------
    lesions : list of str
    settings : dict of str to str
        What differs from the study's own settings.
    metrics : dict of str to Metric
    seeds : list of int
        In the order of the metrics.
    failed : dict of int to str
        Seed to reason.
    parameters : dict of str to str
    places : list of Path
        Files of results, of all seeds together.
    results : list of Result
        What figures need of them; filled by `Outcome.load`.
    silent, saturated : list
        What is to be warned of.
    said : list of str
        Warnings that the runs left themselves.
    """

    lesions: list[str]
    settings: dict[str, str]
    metrics: dict[str, Metric]
    seeds: list[int]
    failed: dict[int, str]
    parameters: dict[str, str]
    places: list[Path]
    results: list[Result] = field(default_factory=list)
    silent: list[Silence] = field(default_factory=list)
    saturated: list[Saturation] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def missing(self) -> list[int]:
        """Seeds without a single value that are not known to have failed."""
        return [
            seed
            for k, seed in enumerate(self.seeds)
            if seed not in self.failed and all(m.per_seed[k] != m.per_seed[k] for m in self.metrics.values())
        ]


@dataclass
class Outcome:
    """A folder as it was read.

    Attributes
    ----------
    path : Path
    kind : {"run", "study", "sweep"}
    protocol, target : str
    seeds : list of int
    settings : dict of str to str
        What was set for all arms.
    arms : dict of str to Arm
    statistics : list of dict
        Rows of comparisons with the control, as in ``summary.json``.
    timing, provenance : dict
    """

    path: Path
    kind: str
    protocol: str
    target: str
    seeds: list[int]
    settings: dict[str, str]
    arms: dict[str, Arm]
    statistics: list[dict[str, Any]]
    timing: dict[str, Any]
    provenance: dict[str, Any]

    @property
    def simulated(self) -> str:
        """Length of a run, as text; empty if no result could be read."""
        results = [result for arm in self.arms.values() for result in arm.results]
        longest = max(results, key=lambda result: float(result.about["simulated_s"]), default=None)
        return "" if longest is None else spent(float(longest.about["simulated_s"]), longest.clock)

    def load(self) -> None:
        """Read every result once: look for what must be warned of, and keep what figures need."""
        for arm in self.arms.values():
            for result in _results(arm):
                arm.silent += silent_phases(result)
                arm.saturated += saturated_weights(result)
                arm.said += [str(text) for text in result.about.get("warnings", [])]
                arm.results.append(_thin(result))
                arm.parameters = arm.parameters or dict(result.about.get("parameters", {}))


def read_folder(path: Path) -> Outcome:
    """What a folder holds.

    Raises
    ------
    ResultError
        If it holds no finished run or study, or one that is broken.
    """
    summary = _json(path / "summary.json")
    if summary is None:
        raise ResultError(f"{path} holds no finished run or study (no summary.json); give the folder of one.")
    try:
        metrics, seeds = arms_of_summary(summary)
        manifest = _json(path / "manifest.json") or {}
        known = manifest.get("arms", {})
        parts: Mapping[str, Any] = summary.get("arms") or {CONTROL: summary}
        arms = {
            label: Arm(
                lesions=[str(lesion) for lesion in part.get("lesions", [])],
                settings={str(k): str(v) for k, v in part.get("settings", {}).items()},
                metrics=metrics[label],
                seeds=seeds[label],
                failed={int(seed): str(reason) for seed, reason in part.get("failed", {}).items()},
                parameters=_parameters(part) or _parameters(known.get(label, {})),
                places=_places(path, known.get(label, {}), seeds[label]),
            )
            for label, part in parts.items()
        }
        varied = varied_settings({label: arm.settings for label, arm in arms.items()})
        kind = "run" if "arms" not in summary else "sweep" if CONTROL not in arms and varied else "study"
        return Outcome(
            path,
            kind,
            str(summary.get("protocol") or "circuit"),
            str(summary.get("target", "")),
            [int(seed) for seed in summary["seeds"]],
            {str(k): str(v) for k, v in summary.get("settings", {}).items()},
            arms,
            [_comparison(row) for row in summary.get("statistics", [])],
            dict(summary.get("timing", {})),
            dict(summary.get("provenance", {})),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise ResultError(f"{path / 'summary.json'} is broken ({type(problem).__name__}: {problem}).") from problem


def _comparison(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of statistics whose numbers are numbers or None."""
    found: dict[str, Any] = {name: str(row[name]) for name in ("metric", "arm")}
    found |= {name: str(row.get(name) or "") for name in ("control", "test", "note")}
    for name in ("n", "dropped", "difference", "low", "high", "level", "d_z", "p_holm", "margin"):
        value = row.get(name)
        found[name] = None if value is None else float(value)
    equivalent = row.get("equivalent")
    return found | {"equivalent": None if equivalent is None else bool(equivalent)}


def _json(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as problem:
        raise ResultError(f"{path} cannot be read ({problem}).") from problem
    if not isinstance(found, dict):
        raise ResultError(f"{path} is broken: it does not hold an object.")
    return found


def _parameters(part: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in part.get("parameters", {}).items()}


def _places(path: Path, known: Mapping[str, Any], seeds: list[int]) -> list[Path]:
    """Files of results that are there: one of a run, one a seed of an arm."""
    slug = str(known.get("slug", ""))
    # a name of a folder from a file must not lead out of this one
    inside = [path / "runs" / slug / str(seed) / "result.nc" for seed in seeds] if slug and "/" not in slug else []
    found = [place for place in inside if place.is_file()]
    return found or [place for place in [path / "result.nc"] if place.is_file()]


def _results(arm: Arm) -> Iterator[Result]:
    for place in arm.places:
        try:
            yield Result.load(place)
        except ResultError as problem:
            arm.unreadable.append(str(problem))


def _thin(result: Result) -> Result:
    """Without spikes and states, and with the mean of weights in the place of each."""
    if result.clock == "session":
        dropped = [name for name, found in result.data.data_vars.items() if found.dims != ("seed", "session")]
        return Result(result.data.drop_vars(dropped), result.about)
    data = result.data.drop_vars([name for name in result.data.data_vars if not str(name).endswith(_KEPT)])
    for name in list(data.data_vars):
        if str(name).endswith("_weight"):
            index = str(data[name].dims[2])
            mean = data[name].mean(index, keep_attrs=True).drop_vars(index, errors="ignore")
            data = data.drop_dims(index).assign({name: mean.expand_dims({index: 1}, axis=2)})
    return Result(data, result.about)
