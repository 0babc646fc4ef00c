"""Tables of a study: values by arm and seed, comparisons, and arms read back from a summary. Imports metrics, paired and errors."""

from __future__ import annotations

import csv
import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ResultError
from .metrics import Curve, Metric, scalars
from .paired import Comparison

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["arms_of_summary", "as_dataset", "as_rows", "tidy_rows", "write_rows"]


def tidy_rows(
    arms: Mapping[str, Mapping[str, Metric]], seeds: Sequence[int] | Mapping[str, Sequence[int]]
) -> list[dict[str, Any]]:
    """One row for each value: arm, seed, metric, unit, value; undefined values are None."""
    return [
        {"arm": arm, "seed": seed, "metric": name, "unit": metric.unit, "value": _plain(float(value))}
        for arm, metrics in arms.items()
        for name, metric in metrics.items()
        for seed, value in zip(seeds[arm] if isinstance(seeds, Mapping) else seeds, metric.per_seed, strict=True)
    ]


def arms_of_summary(summary: Mapping[str, Any]) -> tuple[dict[str, dict[str, Metric]], dict[str, list[int]]]:
    """Metrics and seeds of every arm of a ``summary.json``; that of a single run has one arm, ``control``.

    Parameters
    ----------
    summary : mapping
        As read from JSON. Values of an arm belong to the summary's seeds, or to those of them that did not fail.

    Returns
    -------
    arms : dict of str to dict of str to Metric
    seeds : dict of str to list of int

    Raises
    ------
    ResultError
        If the summary is not one, or numbers of seeds and values differ.
    """
    try:
        parts = summary["arms"] if "arms" in summary else {"control": summary}
        arms, seeds = {}, {}
        for label, part in parts.items():
            arms[label] = scalars({name: _metric(m) for name, m in part["metrics"].items()})
            failed = {int(seed) for seed in part.get("failed", ())}
            every = [int(seed) for seed in part.get("seeds", summary["seeds"])]
            numbers = {len(m.per_seed) for m in arms[label].values()}
            seeds[label] = every if numbers <= {len(every)} else [s for s in every if s not in failed]
            if not numbers <= {len(seeds[label])}:
                raise ResultError(f"The summary's arm {label!r} has {len(every)} seeds, but another number of values.")
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise ResultError(
            f"This is not the summary of a run or study ({type(problem).__name__}: {problem})."
        ) from problem
    return arms, seeds


def _metric(plain: Mapping[str, Any]) -> Metric | Curve:
    """A metric or a curve out of JSON."""
    values = np.array(plain["per_seed"], dtype=float)
    if "over" not in plain:
        return Metric(str(plain["unit"]), values)
    ((axis, at),) = plain["over"].items()
    return Curve(str(plain["unit"]), values, str(axis), np.array(at, dtype=float))


def as_rows(comparisons: Iterable[Comparison]) -> list[dict[str, Any]]:
    """Comparisons as plain data, one dict each; undefined numbers are None."""
    rows = []
    for one in comparisons:
        row = dataclasses.asdict(one) | {"equivalent": one.equivalent}
        row["note"] = row.pop("note")  # last
        rows.append({name: _plain(value) for name, value in row.items()})
    return rows


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows with the same keys as CSV with a header; None becomes an empty field."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def as_dataset(comparisons: Sequence[Comparison]) -> xr.Dataset:
    """Every number of comparisons as a variable over (metric, arm); NaN and empty texts where there is no comparison."""
    import xarray as xr

    metrics, arms = (list(dict.fromkeys(getattr(c, what) for c in comparisons)) for what in ("metric", "arm"))
    places = [(metrics.index(c.metric), arms.index(c.arm)) for c in comparisons]
    data: dict[str, Any] = {}
    for field in dataclasses.fields(Comparison):
        if field.name not in ("metric", "arm", "unit", "control", "test", "level"):
            missing: Any = "" if field.name == "note" else np.nan
            table = np.full((len(metrics), len(arms)), missing, dtype=object if field.name == "note" else float)
            for place, comparison in zip(places, comparisons, strict=True):
                table[place] = getattr(comparison, field.name)
            data[field.name] = (("metric", "arm"), table.astype(str) if field.name == "note" else table)
    units = {c.metric: c.unit for c in comparisons}
    one = {name: getattr(comparisons[0], name) for name in ("control", "test", "level")} if comparisons else {}
    coordinates = {"metric": metrics, "arm": arms, "unit": ("metric", [units[m] for m in metrics])}
    return xr.Dataset(data, coordinates, attrs=one)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
