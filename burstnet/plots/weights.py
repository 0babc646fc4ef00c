"""How weights move: mean and quantiles over cells, and a thin line a seed. Imports analysis, result and style."""

from __future__ import annotations

from matplotlib.axes import Axes

from ..analysis.teaching import teaching_windows
from ..analysis.weights import weight_summary
from ..result import Result
from . import style

__all__ = ["weights"]

_SHOWN_UNITS = {"A": (1e12, " (pA)"), "S": (1e9, " (nS)"), "V": (1e3, " (mV)")}


def weights(result: Result, ax: Axes | None = None, *, projection: str | None = None) -> Axes:
    """Weights over time: mean, the range of the middle 80 % of cells, and each seed's mean as a thin line.

    Parameters
    ----------
    result : Result
    ax : Axes, optional
        A new figure's by default.
    projection : str, optional
        The first whose weights were recorded by default.

    Returns
    -------
    Axes
        A line labelled with the projection, a band labelled ``10 to 90 %`` and, with more than one seed, a collection
        of thin lines. Plain numbers, or pA for a weight in ampere.

    Raises
    ------
    ArgumentError
        If the weights were not recorded.

    See Also
    --------
    burstnet.analysis.weights.weight_summary : the numbers.
    """
    found = weight_summary(result, projection, (0.1, 0.9))
    ax = ax or style.new_axes(6, 1.7)
    scale, unit = _SHOWN_UNITS.get(found.unit, (1.0, ""))
    low, high = scale * found.quantiles
    ax.fill_between(found.time, low, high, color=style.INK, alpha=0.13, linewidth=0, label="10 to 90 %", zorder=1)
    style.seed_lines(ax, found.time, scale * found.mean, style.INK, found.projection, thin=True)
    mean = scale * found.mean.mean(axis=0)
    ax.set_xlim(0, float(result.about["simulated_s"]))
    bottom, top = min(0.0, low.min(), scale * found.mean.min()), max(high.max(), scale * found.mean.max())
    ax.set_ylim(bottom, top + 0.06 * (top - bottom) or 1)
    style.shade_teaching(ax, teaching_windows(result))
    ax.set_xlabel("time (s)")
    ax.set_ylabel(f"{found.projection} weight{unit}")
    quantiles = [(end[-1], f"{part} % of cells", style.QUIET) for end, part in ((low, 10), (high, 90))]
    style.end_labels(ax, [quantiles[0], (mean[-1], "mean", style.INK), quantiles[1]])
    return ax
