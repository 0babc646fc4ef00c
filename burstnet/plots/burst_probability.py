"""Burst probability of all populations, with the baseline. Imports analysis, result, errors and style."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from ..analysis.rates import baseline_burst_probability, binned_burst_probability, counted_populations
from ..analysis.teaching import teaching_windows
from ..result import Result
from . import style

__all__ = ["burst_probability"]


def burst_probability(
    result: Result, ax: Axes | None = None, *, populations: Sequence[str] | None = None, width: float = 0.5
) -> Axes:
    """Bursts over events in bins of time: mean over seeds and their spread, with the baseline p_b.

    Parameters
    ----------
    result : Result
    ax : Axes, optional
        A new figure's by default.
    populations : sequence of str, optional
        All whose counts were recorded by default.
    width : float
        Width of a bin [s].

    Returns
    -------
    Axes
        A line for each population with its name as label, and one labelled ``baseline`` if the result's parameters
        have one value of ``p_b``.

    Raises
    ------
    ArgumentError
        If a population does not exist or its counts were not recorded.

    See Also
    --------
    burstnet.analysis.rates.binned_burst_probability : the numbers.
    """
    names = list(populations or counted_populations(result) or result.populations)
    found = {name: binned_burst_probability(result, name, width) for name in names}
    baseline = baseline_burst_probability(result)
    ax = ax or style.new_axes(6, 1.7)
    colours = style.population_colours(list(result.populations))
    if baseline is not None:
        ax.axhline(baseline, color=style.BASELINE, linestyle=(0, (1, 1.5)), linewidth=0.9, label="baseline", zorder=2.5)
    for name, (time, probability) in found.items():
        style.seed_lines(ax, time, probability, colours[name], name)
    ax.set_xlim(0, float(result.about["simulated_s"]))
    ax.set_ylim(0, 1)
    style.shade_teaching(ax, teaching_windows(result))
    ax.set_xlabel("time (s)")
    ax.set_ylabel("burst probability")
    ends = [(style.end_value(p), name, colours[name]) for name, (_, p) in found.items()]
    if baseline is not None:
        ends.append((baseline, f"baseline {baseline:g}", style.BASELINE))
    style.end_labels(ax, ends)
    return ax
