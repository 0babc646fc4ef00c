"""Images learned by areas that errors reach: error, angles of updates, angles of feedback. Imports result, panels and style."""

from __future__ import annotations

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..result import Result
from . import style
from .panels import Page, session_lines, zero_line

__all__ = ["digits_figure"]

_LEFT, _TOP, _WIDE, _HEIGHT, _BELOW, _BETWEEN = 0.62, 0.42, 1.55, 1.6, 0.5, 1.1


def digits_figure(result: Result) -> Figure:
    """(A) Error over epochs, (B) angle between updates and back-propagation's by area, (C) angles of feedback weights.

    Parameters
    ----------
    result : Result
        Of the protocol ``digits``; all that is drawn are its variables ``error``, ``train_error``, ``angle_bp``,
        ``angle_wy`` and ``angle_qy``, the latter two as means over areas.

    Returns
    -------
    Figure
        Axes labelled ``error``, ``updates`` with a line for every area, and ``feedback`` with ``W, Y`` and ``Q, Y``.

    References
    ----------
    Greedy et al. (2022), Figs. 3 and 4.
    """
    data = result.data
    with matplotlib.rc_context(style.RC):
        page = Page(_TOP + _HEIGHT + _BELOW, _LEFT + 3 * (_WIDE + _BETWEEN))
        places = [_LEFT + k * (_WIDE + _BETWEEN) for k in range(3)]
        errors = {"unseen": 100 * data["error"].values, "training": 100 * data["train_error"].values}
        ax = page.axes("error", places[0], _TOP, _WIDE, _HEIGHT, "A", 0.26)
        session_lines(ax, errors, (style.OUTPUT, style.QUIET), "wrong (%)")
        areas = {f"area {k}": data["angle_bp"].values[..., i] for i, k in enumerate(data["area"].values)}
        ax = page.axes("updates", places[1], _TOP, _WIDE, _HEIGHT, "B", 0.26)
        session_lines(ax, areas, style.ARMS, "angle to backprop (deg)")
        _right_angle(ax)
        weights = {name: data[key].values.mean(axis=2) for name, key in (("W, Y", "angle_wy"), ("-Q, Y", "angle_qy"))}
        ax = page.axes("feedback", places[2], _TOP, _WIDE, _HEIGHT, "C", 0.26)
        session_lines(ax, weights, (style.ARMS[0], style.ARMS[1]), "angle of weights (deg)")
        _right_angle(ax)
        page.seeds(data.sizes["seed"])
        return page.figure


def _right_angle(ax: Axes) -> None:
    """A line where two directions have nothing in common, if an axis comes near it; from 0 to 1 degree at least."""
    top = max(1.0, ax.get_ylim()[1])
    ax.set_ylim(0, top)
    if top > 60:
        ax.set_ylim(0, max(95.0, top))
        zero_line(ax, 90.0, "right angle")
