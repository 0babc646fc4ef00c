"""The grid of a sweep: one metric over two settings. Imports metrics and errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError, unknown_name
from .metrics import Metric

__all__ = ["Grid", "sweep_grid", "varied_settings"]


@dataclass(frozen=True, eq=False)
class Grid:
    """A metric over two settings.

    Attributes
    ----------
    metric, unit : str
    x, y : str
        Names of the settings.
    x_values, y_values : tuple of str
        In the order of the sweep.
    mean, sd : ndarray, shape (y_values, x_values)
        Over seeds; NaN where a point is missing or undefined.
    seeds : ndarray of int, shape (y_values, x_values)
        Seeds with a value.
    """

    metric: str
    unit: str
    x: str
    y: str
    x_values: tuple[str, ...]
    y_values: tuple[str, ...]
    mean: np.ndarray
    sd: np.ndarray
    seeds: np.ndarray


def varied_settings(settings: Mapping[str, Mapping[str, str]]) -> dict[str, tuple[str, ...]]:
    """Every setting that takes more than one value over the points, with its values in their order."""
    names = dict.fromkeys(name for point in settings.values() for name in point)
    values = {name: tuple(dict.fromkeys(p[name] for p in settings.values() if name in p)) for name in names}
    return {name: found for name, found in values.items() if len(found) > 1}


def sweep_grid(
    settings: Mapping[str, Mapping[str, str]],
    points: Mapping[str, Mapping[str, Metric]],
    metric: str,
    *,
    x: str | None = None,
    y: str | None = None,
    where: Mapping[str, str] | None = None,
) -> Grid:
    """A metric of every point of a sweep, as a grid over two settings.

    Parameters
    ----------
    settings : mapping of str to mapping of str to str
        Label of a point to its settings, as text with units.
    points : mapping of str to mapping of str to Metric
        Label to metrics; a point without the metric stays empty.
    metric : str
    x, y : str, optional
        The first two settings that vary, by default.
    where : mapping of str to str, optional
        Values of all further settings that vary.

    Raises
    ------
    ArgumentError
        If a name or value does not exist, fewer than two settings vary, or a further one varies without being fixed.
    """
    where = dict(where or {})
    varied = varied_settings(settings)
    for name, value in where.items():
        if name not in varied:
            raise unknown_name("setting", name, varied)
        if value not in varied[name]:
            raise unknown_name(f"value of {name}", value, varied[name])
    for given in (x, y):
        if given is not None and given not in varied:
            raise unknown_name("setting", given, varied)
    free = [name for name in varied if name not in where and name not in (x, y)]
    x = x or (free.pop(0) if free else None)
    y = y or (free.pop(0) if free else None)
    if x is None or y is None or x == y:
        raise ArgumentError(f"a map needs two settings that vary; this sweep has: {', '.join(varied) or 'none'}.")
    if free:
        raise ArgumentError(
            f"setting {free[0]!r} varies too; fix it with where={{{free[0]!r}: {varied[free[0]][0]!r}}}."
        )
    known = {name for metrics in points.values() for name in metrics}
    if metric not in known:
        raise unknown_name("metric", metric, known)
    shape = (len(varied[y]), len(varied[x]))
    mean, sd, seeds = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, dtype=int)
    unit = next(metrics[metric].unit for metrics in points.values() if metric in metrics)
    for label, point in settings.items():
        inside = x in point and y in point and all(point.get(name) == value for name, value in where.items())
        if inside and metric in points.get(label, {}):
            place, found = (varied[y].index(point[y]), varied[x].index(point[x])), points[label][metric]
            mean[place], sd[place], seeds[place] = found.mean, found.sd, np.isfinite(found.per_seed).sum()
    return Grid(metric, unit, x, y, varied[x], varied[y], mean, sd, seeds)
