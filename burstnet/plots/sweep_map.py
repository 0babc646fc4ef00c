"""A metric of a two-parameter sweep as a heat map. Imports analysis, errors and style."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ..analysis.metrics import Metric
from ..analysis.sweeps import Grid, sweep_grid
from . import style

__all__ = ["sweep_map"]

#: Even in lightness and readable by colour-blind readers and in grey.
_COLOURS = "cividis"


def sweep_map(
    settings: Mapping[str, Mapping[str, str]],
    points: Mapping[str, Mapping[str, Metric]],
    metric: str,
    ax: Axes | None = None,
    *,
    x: str | None = None,
    y: str | None = None,
    where: Mapping[str, str] | None = None,
) -> Axes:
    """Mean of a metric at every point of a grid, as colour and as number, with its SD over seeds.

    Parameters
    ----------
    settings, points, metric, x, y, where
        See `burstnet.analysis.sweeps.sweep_grid`.
    ax : Axes, optional
        A new figure's by default.

    Returns
    -------
    Axes
        An image, a text in every cell, and a hatched patch with the gid ``missing`` where a point has no value.

    Raises
    ------
    ArgumentError
        As `sweep_grid`.

    See Also
    --------
    burstnet.analysis.sweeps.sweep_grid : the numbers.
    """
    grid = sweep_grid(settings, points, metric, x=x, y=y, where=where)
    rows, columns = grid.mean.shape
    ax = ax or style.new_axes(1.7 + 0.62 * columns, 0.95 + 0.42 * rows, right=0.75)
    low, high = _range(grid)
    image = ax.imshow(grid.mean, cmap=_COLOURS, origin="lower", aspect="auto", vmin=low, vmax=high)
    ax.set_xticks(range(columns), list(grid.x_values))
    ax.set_yticks(range(rows), list(grid.y_values))
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    ax.set_xticks(np.arange(1, columns) - 0.5, minor=True)
    ax.set_yticks(np.arange(1, rows) - 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=1.2)
    ax.tick_params(which="minor", length=0)
    ax.set_xlabel(grid.x)
    ax.set_ylabel(grid.y)
    _write_cells(ax, grid)
    with matplotlib.rc_context(style.RC):
        inset = ax.inset_axes((1.03, 0.0, 0.035 * 6 / max(columns, 3), 1.0))
        bar = ax.figure.colorbar(image, cax=inset)
    bar.outline.set_visible(False)
    if grid.unit != "1":
        bar.set_label(grid.unit, size=style.label_size(ax))
    style.write_words(ax, [(metric, style.INK)])
    bar.ax.tick_params(labelsize=style.label_size(ax) - 0.5, width=0.6, length=2.5)
    return ax


def _range(grid: Grid) -> tuple[float, float]:
    """Limits of the colours, apart even where all points are alike."""
    known = grid.mean[np.isfinite(grid.mean)]
    if not known.size:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    room = 0.0 if high > low else abs(high) * 0.1 or 1.0
    return low - room, high + room


def _write_cells(ax: Axes, grid: Grid) -> None:
    """Mean and SD in every cell, dark on light and light on dark; a hatch where there is nothing."""
    (low, high), size = _range(grid), style.label_size(ax)
    for (row, column), mean in np.ndenumerate(grid.mean):
        if not np.isfinite(mean):
            ax.add_patch(
                Rectangle(
                    (column - 0.5, row - 0.5), 1, 1, facecolor="#F4F4F4", edgecolor="#C8C8C8", hatch="////", linewidth=0,
                    gid="missing",
                )
            )  # fmt: skip
            continue
        part = (mean - low) / (high - low)
        text = f"{mean:.3g}" + (f"\n±{grid.sd[row, column]:.2g}" if np.isfinite(grid.sd[row, column]) else "")
        ax.text(
            column, row, text, ha="center", va="center", size=size - 0.5, linespacing=1.05,
            color="white" if part < 0.5 else style.INK,
        )  # fmt: skip
