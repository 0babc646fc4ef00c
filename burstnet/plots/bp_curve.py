"""Burst probability and event rate against dendritic current. Imports analysis, result, errors, panels and style."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.burst_curves import BurstCurve, burst_curve
from ..analysis.rates import counted_populations, mean_and_sd
from ..errors import ArgumentError
from ..result import Result
from . import style
from .panels import Page

__all__ = ["bp_curve_figure", "draw_bp_curves"]

_LEFT, _WIDTH, _GAP = 0.62, 2.3, 0.8
#: A letter of a label in the margin [inch].
_LETTER = 0.055


def bp_curve_figure(
    results: Result | Mapping[str, Result],
    current: str | Mapping[str, float] = "dendritic_current",
    *,
    population: str | None = None,
    settle: float = 0.5,
    colours: Mapping[str, str] | None = None,
    dashed: Collection[str] = (),
) -> Figure:
    """The figure of `draw_bp_curves` of runs.

    Parameters
    ----------
    results : Result or mapping of str to Result
        Name to condition; a single result is named after its population.
    current, population, settle
        See `burstnet.analysis.burst_curves.burst_curve`.
    colours, dashed
        See `draw_bp_curves`.

    Raises
    ------
    ArgumentError
        As `burst_curve`.
    """
    if isinstance(results, Result):
        population = population or next(iter(counted_populations(results)), None)
        results = {population or "": results}
    curves = {
        name: burst_curve(result, current, population=population, settle=settle) for name, result in results.items()
    }
    return draw_bp_curves(curves, colours=colours, dashed=dashed)


def draw_bp_curves(
    curves: Mapping[str, BurstCurve],
    *,
    colours: Mapping[str, str] | None = None,
    dashed: Collection[str] = (),
    current: str = "dendritic current (pA)",
) -> Figure:
    """(A) Burst probability and (B) event rate against current, a line a condition.

    Parameters
    ----------
    curves : mapping of str to BurstCurve
        Condition to its curve; at least one.
    colours : mapping of str to str, optional
        Condition to colour; one after the other from the palette by default.
    dashed : collection of str
        Conditions that are drawn dashed.
    current : str
        Name of the horizontal axis.

    Returns
    -------
    Figure
        Axes labelled ``burst_probability`` [%] and ``event_rate`` [Hz] against pA, in each a line for every condition.

    Raises
    ------
    ArgumentError
        If there is no curve.

    See Also
    --------
    burstnet.analysis.burst_curves.burst_curve : the numbers.

    References
    ----------
    Payeur et al. (2021), supplementary figures on burst probability with dendritic inhibition.
    """
    if not curves:
        raise ArgumentError("curves={} is not allowed; give at least one.")
    own = style.arm_colours(curves, control=next(iter(curves))) | dict(colours or {})
    longest = max(len(name) for name in curves)
    with matplotlib.rc_context(style.RC):
        page = Page(2.3, max(6.0, _LEFT + 2 * _WIDTH + _GAP + _LETTER * longest + 0.2))
        left = page.axes("burst_probability", _LEFT, 0.36, _WIDTH, 1.45, "A", 0.14)
        right = page.axes("event_rate", _LEFT + _WIDTH + _GAP, 0.36, _WIDTH, 1.45, "B", 0.14)
        for name, curve in curves.items():
            line = (0, (3, 1.5)) if name in dashed else "-"
            _draw(left, 1e12 * curve.current, 100 * curve.burst_probability, own[name], name, line)
            _draw(right, 1e12 * curve.current, curve.event_rate, own[name], name, line)
        for ax, label in ((left, "burst probability (%)"), (right, "event rate (Hz)")):
            ax.set_xlabel(current)
            ax.set_ylabel(label)
            ax.margins(x=0.02)
        left.set_ylim(0, 103)
        right.set_ylim(0, right.get_ylim()[1])
        ends = [(mean_and_sd(curve.event_rate)[0][-1], name, own[name]) for name, curve in curves.items()]
        style.end_labels(right, ends)
        numbers = {len(curve.event_rate) for curve in curves.values()}
        if len(numbers) == 1:
            style.caption(right, style.seeds_text(numbers.pop()), 6)
        return page.figure


def _draw(ax: Axes, x: np.ndarray, values: np.ndarray, colour: str, label: str, line: str | tuple) -> None:
    style.seed_lines(ax, x, values, colour, label)
    mean = ax.get_lines()[-1]
    mean.set(linestyle=line, marker="o", markersize=2.5)
