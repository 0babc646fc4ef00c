"""Areas with few or many SST cells: error, directions of apical potentials, their angle. Imports result, panels and style."""

from __future__ import annotations

import matplotlib
from matplotlib.figure import Figure

from ..result import Result
from . import style
from .panels import Page, session_lines

__all__ = ["feedback_rank_figure"]

_LEFT, _TOP, _WIDE, _HEIGHT, _BELOW, _BETWEEN = 0.62, 0.42, 1.55, 1.6, 0.5, 1.1


def feedback_rank_figure(result: Result) -> Figure:
    """(A) Error over epochs, (B) directions of apical potentials and (C) their angle to back-propagation's errors, by area.

    Parameters
    ----------
    result : Result
        Of the protocol ``feedback-rank``.

    Returns
    -------
    Figure
        Axes labelled ``error``, and ``directions`` and ``angles`` with a line for every area.

    References
    ----------
    Published code of BurstCCN (2026).
    """
    data = result.data
    with matplotlib.rc_context(style.RC):
        page = Page(_TOP + _HEIGHT + _BELOW, _LEFT + 3 * (_WIDE + _BETWEEN))
        places = [_LEFT + k * (_WIDE + _BETWEEN) for k in range(3)]
        errors = {"unseen": 100 * data["error"].values, "training": 100 * data["train_error"].values}
        ax = page.axes("error", places[0], _TOP, _WIDE, _HEIGHT, "A", 0.26)
        session_lines(ax, errors, (style.OUTPUT, style.QUIET), "wrong (%)")
        for k, (label, variable, name) in enumerate(
            (
                ("directions", "participation", "participation ratio"),
                ("angles", "apical_angle", "angle to backprop (deg)"),
            )
        ):
            areas = {f"area {area}": data[variable].values[..., i] for i, area in enumerate(data["area"].values)}
            ax = page.axes(label, places[k + 1], _TOP, _WIDE, _HEIGHT, "BC"[k], 0.26)
            session_lines(ax, areas, style.ARMS, name)
        page.seeds(data.sizes["seed"])
        return page.figure
