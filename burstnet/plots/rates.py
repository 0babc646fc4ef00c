"""Event rates of all populations, with target and teaching windows. Imports analysis, result, errors and style."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from ..analysis.rates import binned_rate, counted_populations, mean_and_sd
from ..analysis.teaching import TeachingWindow, teaching_windows
from ..result import Result
from . import style

__all__ = ["rates"]

#: Points that the name of a window needs.
_WIDE = 47


def rates(
    result: Result,
    ax: Axes | None = None,
    *,
    populations: Sequence[str] | None = None,
    width: float = 0.5,
    targets: bool = True,
) -> Axes:
    """Event rate over time, counted in bins: mean over seeds and their spread, with the target.

    Parameters
    ----------
    result : Result
    ax : Axes, optional
        A new figure's by default.
    populations : sequence of str, optional
        All whose counts were recorded by default.
    width : float
        Width of a bin [s].
    targets : bool
        Draw the target rates of teaching windows, and name these above.

    Returns
    -------
    Axes
        A line for each population with its name as label [Hz against s], and one for each target, labelled
        ``target PHASE``.

    Raises
    ------
    ArgumentError
        If a population does not exist or its counts were not recorded.

    See Also
    --------
    burstnet.analysis.rates.binned_rate : the numbers.
    """
    names = list(populations or counted_populations(result) or result.populations)
    found = {name: binned_rate(result, name, "event", width) for name in names}
    ax = ax or style.new_axes(6, 1.9)
    colours = style.population_colours(list(result.populations))
    windows = teaching_windows(result)
    top = 0.0
    for name, (time, rate) in found.items():
        style.seed_lines(ax, time, rate, colours[name], name)
        top = max(top, _highest(rate))
    for window in windows:
        if targets and window.target is not None:
            ax.plot(
                [window.start, window.stop], [window.target] * 2, color=style.TARGET, linestyle=(0, (4, 2)),
                linewidth=0.9, label=f"target {window.phase}", zorder=4,
            )  # fmt: skip
            top = max(top, window.target)
    ax.set_xlim(0, float(result.about["simulated_s"]))
    ax.set_ylim(0, 1.06 * top or 1)
    style.shade_teaching(ax, windows)
    if targets:
        _name_windows(ax, windows)
    ax.set_xlabel("time (s)")
    ax.set_ylabel("event rate (Hz)")
    style.end_labels(ax, [(style.end_value(rate), name, colours[name]) for name, (_, rate) in found.items()])
    return ax


def _highest(values: np.ndarray) -> float:
    """What the axes must show: the mean's and band's highest value, or that of any of few seeds."""
    mean, sd = mean_and_sd(values)
    drawn = np.concatenate([mean, mean + sd] if len(values) > 4 else values)
    return float(np.max(drawn[np.isfinite(drawn)], initial=0.0))


def _name_windows(ax: Axes, windows: list[TeachingWindow]) -> None:
    """Write above each window what is asked for in it, where it is wide enough."""
    low, high = ax.get_xlim()
    width, _ = style.axes_points(ax)
    for window in windows:
        text = "teacher on" if window.on else "no teacher"
        if window.target is not None:
            text += f"\ntarget {window.target:g} Hz"
        if (window.stop - window.start) / (high - low) * width > _WIDE:
            ax.annotate(
                text, ((window.start + window.stop) / 2, 1), (0, 2), ("data", "axes fraction"), "offset points",
                ha="center", va="bottom", size=style.label_size(ax) - 0.5, linespacing=1.1,
            )  # fmt: skip
