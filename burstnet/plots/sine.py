"""A network in continuous time that follows another one: error over sessions, and both outputs. Imports result, panels and style."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from ..result import Result
from . import style
from .panels import Page, fit

__all__ = ["sine_figure"]

_LEFT, _TOP, _WIDE, _HEIGHT, _BELOW, _BETWEEN = 0.72, 0.42, 2.1, 1.6, 0.5, 1.1


def sine_figure(result: Result) -> Figure:
    """(A) Mean squared error over thousands of steps; (B) output and what it follows in the last steps, of the first seed.

    Parameters
    ----------
    result : Result
        Of the protocol ``sine``.

    Returns
    -------
    Figure
        Axes labelled ``error``, logarithmic and with the training shaded, and ``outputs``.

    References
    ----------
    Published code of BurstCCN (2026).
    """
    data = result.data
    with matplotlib.rc_context(style.RC):
        page = Page(_TOP + _HEIGHT + _BELOW, _LEFT + 2 * (_WIDE + _BETWEEN))
        ax = page.axes("error", _LEFT, _TOP, _WIDE, _HEIGHT, "A", 0.26)
        errors = data["error"].values
        start, stop = result.phases["training"]
        ax.axvspan(start, stop, color=style.TEACHING, linewidth=0, zorder=-10)
        for values in errors:
            ax.semilogy(np.arange(1, 1 + len(values)), values, color=style.OUTPUT, linewidth=0.5, alpha=0.5)
        mean = np.exp(np.log(errors).mean(axis=0))
        ax.semilogy(np.arange(1, 1 + len(mean)), mean, color=style.OUTPUT, label="geometric mean")
        ax.set_xlim(0, errors.shape[1])
        ax.set_xlabel("thousand steps")
        ax.set_ylabel("mean squared error")
        ax = page.axes("outputs", _LEFT + _WIDE + _BETWEEN, _TOP, _WIDE, _HEIGHT, "B", 0.26)
        shown = {"target": (data["target"].values[0], style.QUIET), "output": (data["output"].values[0], style.OUTPUT)}
        for label, (values, colour) in shown.items():
            ax.plot(data["step"].values, values, color=colour, label=label)
        fit(ax, [values for values, _ in shown.values()])
        ax.set_xlim(0, data.sizes["step"])
        ax.set_xlabel("step")
        ax.set_ylabel("event rate")
        style.end_labels(ax, [(float(values[-1]), label, colour) for label, (values, colour) in shown.items()])
        page.seeds(data.sizes["seed"])
        return page.figure
