"""Spikes of a few cells, coloured by what they are to a burst. Imports result, errors and style."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from ..analysis.bursts import KINDS
from ..analysis.teaching import teaching_windows
from ..errors import unknown_name
from ..result import Result
from . import style

__all__ = ["KEY", "raster", "raster_rows"]

#: What the colours mean.
KEY = {"event": "event", "burst": "burst (its second spike)", "further": "further spike of a burst"}
#: Bursts over events over further spikes; nothing else lies between them, so that they share one image in a PDF.
_ORDER = {"further": 2.1, "event": 2.2, "burst": 2.3}
_GAP = 2


def raster_rows(
    result: Result,
    populations: Sequence[str],
    seed: int,
    window: tuple[float, float],
    cells: int,
    spread: bool = False,
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Times and rows of spikes in a window; some cells of each population, one population above the other.

    Parameters
    ----------
    result : Result
    populations : sequence of str
        From the bottom up.
    seed : int
    window : tuple of two float
        Start and stop [s].
    cells : int
        At most so many of each population, the first ones.
    spread : bool
        Take cells at even distances instead.

    Returns
    -------
    dict of str to tuple of two ndarray, shape (spikes,)
        For ``event``, ``burst`` and ``further`` the times [s] and the rows.

    Raises
    ------
    ArgumentError
        If a population does not exist or its spikes were not recorded.
    """
    bottoms = row_bottoms(result, populations, cells)
    found = {}
    for kind in KINDS:
        times, rows = [], []
        for name, bottom in bottoms.items():
            at, cell = result.spikes(name, seed, kind)
            size = result.populations[name]
            shown = min(cells, size)
            every = size // shown if spread else 1
            row, beside = np.divmod(cell - every // 2, every)
            here = (at >= window[0]) & (at < window[1]) & (beside == 0) & (row >= 0) & (row < shown)
            times.append(at[here])
            rows.append(row[here] + bottom)
        found[kind] = np.concatenate(times), np.concatenate(rows)
    return found


def spiking_populations(result: Result) -> list[str]:
    """Populations whose spikes were recorded, from the lowest area up."""
    return [name for name in result.populations if f"{name}_spike_step" in result.data]


def row_bottoms(result: Result, populations: Sequence[str], cells: int) -> dict[str, int]:
    """Row of the first cell of each population."""
    bottoms, row = {}, 0
    for name in populations:
        if name not in result.populations:
            raise unknown_name("population", name, result.populations)
        bottoms[name] = row
        row += min(cells, result.populations[name]) + _GAP
    return bottoms


def raster(
    result: Result,
    ax: Axes | None = None,
    *,
    populations: Sequence[str] | None = None,
    seed: int | None = None,
    window: tuple[float, float] | None = None,
    cells: int = 25,
    spread: bool = False,
    key: bool = True,
) -> Axes:
    """Raster of spikes, coloured by event, burst and further spikes.

    Parameters
    ----------
    result : Result
    ax : Axes, optional
        A new figure's by default.
    populations : sequence of str, optional
        From the bottom up; all whose spikes were recorded by default.
    seed : int, optional
        The first by default.
    window : tuple of two float, optional
        Start and stop [s]; the first second by default.
    cells : int
        At most so many of each population, the first ones.
    spread : bool
        Take cells at even distances instead, where neighbours do the same, such as pixels of an edge.
    key : bool
        Write what the colours mean above the axes.

    Returns
    -------
    Axes
        A line for each kind, labelled ``event``, ``burst`` and ``further``, of times [s] and rows.

    Raises
    ------
    ArgumentError
        If a population does not exist or its spikes were not recorded.
    """
    names = list(populations or spiking_populations(result) or result.populations)
    seed = result.seeds[0] if seed is None else seed
    start, stop = window or (0.0, min(1.0, float(result.about["simulated_s"])))
    found = raster_rows(result, names, seed, (start, stop), cells, spread)
    bottoms = row_bottoms(result, names, cells)
    ax = ax or style.new_axes(4.4, 2.4, right=0.15)

    shown = {name: min(cells, result.populations[name]) for name in names}
    rows = sum(shown.values()) + _GAP * (len(names) - 1)
    _, points = style.axes_points(ax)
    size = 0.85 * points / (rows + 1)
    for kind, (times, at) in found.items():
        ax.plot(
            times, at, "|", color=style.SPIKE_COLOURS[kind], markersize=size, markeredgewidth=0.7,
            rasterized=True, label=kind, zorder=_ORDER[kind],
        )  # fmt: skip
    ax.set_xlim(start, stop)
    ticks = [start + part * (stop - start) for part in (0.25, 0.5, 0.75)]
    ax.set_xticks(ticks, [f"{round(at, 3):.10g}" for at in ticks])
    ax.set_ylim(-1, rows)
    style.shade_teaching(ax, teaching_windows(result))
    colours = style.population_colours(list(result.populations))
    ax.set_yticks([bottoms[name] + (shown[name] - 1) / 2 for name in names], names, rotation=90, va="center")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    for text, name in zip(ax.get_yticklabels(), names, strict=True):
        text.set_color(colours[name])
    ax.set_xlabel("time (s)")
    if key:
        style.write_words(ax, [(KEY[kind], style.SPIKE_COLOURS[kind]) for kind in KINDS])
    return ax
