"""A pyramidal cell that learns with its interneurons: weight, burst probability, activity. Imports result, panels and style."""

from __future__ import annotations

import matplotlib
from matplotlib.figure import Figure

from ..result import Result
from . import style
from .panels import Page, session_lines, zero_line

__all__ = ["silencing_figure"]

_LEFT, _TOP, _WIDE, _HEIGHT, _BELOW, _BETWEEN = 0.62, 0.42, 1.55, 1.6, 0.5, 1.0


def silencing_figure(result: Result) -> Figure:
    """(A) Weights, (B) burst probability and (C) event rate of the pyramidal cell over updates.

    Parameters
    ----------
    result : Result
        Of the protocol ``silencing``.

    Returns
    -------
    Figure
        Axes labelled ``weights``, ``bursts``, with the baseline as a line, and ``events``.

    References
    ----------
    Published code of BurstCCN (2026).
    """
    data = result.data
    panels = (
        ("weights", {"excitation": "direct_weight", "less PV": "weight"}, "weight", (style.OUTPUT, style.CELL_COLOURS["pv"])),
        ("bursts", {"pyramidal": "burst_probability"}, "burst probability", (style.SPIKE_COLOURS["burst"],)),
        ("events", {"pyramidal": "event_rate", "output": "output"}, "event rate", (style.SPIKE_COLOURS["event"], style.QUIET)),
    )  # fmt: skip
    with matplotlib.rc_context(style.RC):
        page = Page(_TOP + _HEIGHT + _BELOW, _LEFT + 3 * (_WIDE + _BETWEEN))
        for k, (label, names, name, colours) in enumerate(panels):
            ax = page.axes(label, _LEFT + k * (_WIDE + _BETWEEN), _TOP, _WIDE, _HEIGHT, "ABC"[k], 0.26)
            values = {line: data[variable].values for line, variable in names.items()}
            session_lines(ax, values, colours, name, "update", 0.0 if label == "bursts" else None)
            if label == "bursts":
                zero_line(ax, float(data["baseline"].values[0]), "baseline")
        page.seeds(data.sizes["seed"])
        return page.figure
