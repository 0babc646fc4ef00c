"""A printed page of lettered panels, placed in inches. Imports style."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from . import style

__all__ = ["WIDTH", "Page", "fit", "session_lines", "zero_line"]

#: Inches: two columns of a paper.
WIDTH = 7.2


class Page:
    """A figure bound to no backend and unknown to pyplot.

    Parameters
    ----------
    height, width : float
        Inches.
    """

    def __init__(self, height: float, width: float = WIDTH) -> None:
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width, height), facecolor="white")

    def axes(
        self, label: str, left: float, top: float, width: float, height: float, letter: str = "", above: float = 0.06
    ) -> Axes:
        """New axes.

        Parameters
        ----------
        label : str
            Of the axes, by which they are found again.
        left, top : float
            Place of their upper left corner, from that of the page [inch].
        width, height : float
            Inches.
        letter : str
            Of the panel, at its upper left, beside the label of its vertical axis.
        above : float
            How far above the axes the letter is [inch].
        """
        box = (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        ax = self.figure.add_axes(box, label=label)
        if letter:
            x, y = max(0.06, left - 0.52), top - above
            at = (x / self.width, 1 - y / self.height)
            self.figure.text(*at, letter, weight="bold", size=9, va="center", ha="left")
        return ax

    def seeds(self, count: int) -> None:
        """How many seeds are drawn, at the lower right."""
        at = (1 - 0.14 / self.width, 0.02)
        self.figure.text(*at, style.seeds_text(count), ha="right", va="bottom", size=6.5, color=style.QUIET)


def session_lines(
    ax: Axes,
    values: Mapping[str, np.ndarray],
    colours: Sequence[str],
    name: str,
    along: str = "epoch",
    bottom: float | None = 0.0,
    top: float | None = None,
) -> None:
    """Lines over sessions, labelled at their ends.

    Parameters
    ----------
    ax : Axes
    values : mapping of str to ndarray, shape (seeds, sessions)
        Label to values.
    colours : sequence of str
        Used in turn.
    name, along : str
        Labels of the axes.
    bottom : float, optional
        Lower end of the vertical axis; the data's if it is None.
    top : float, optional
        Upper end; by default it holds all that is drawn.
    """
    chosen = {label: colours[k % len(colours)] for k, label in enumerate(values)}
    for label, per_seed in values.items():
        at = np.arange(1, 1 + per_seed.shape[1])
        style.seed_lines(ax, at, per_seed, chosen[label], label)
    ax.set_xlim(1, max(2, per_seed.shape[1]))
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    fit(ax, list(values.values()), bottom)
    if top is not None:
        ax.set_ylim(top=top)
    ax.set_xlabel(along)
    ax.set_ylabel(name)
    style.end_labels(ax, [(style.end_value(v), label, chosen[label]) for label, v in values.items()])


def fit(ax: Axes, drawn: Iterable[np.ndarray], bottom: float | None = None) -> None:
    """Vertical limits that hold what is drawn, and start at `bottom` if it is given; as they are if there is nothing."""
    joined = np.concatenate([np.ravel(values) for values in drawn])
    joined = joined[np.isfinite(joined)]
    if not joined.size:
        return
    low, high = float(joined.min()), float(joined.max())
    low = low if bottom is None else bottom
    room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    ax.set_ylim(low - room if bottom is None else bottom, high + room)


def zero_line(ax: Axes, value: float = 0.0, label: str = "zero") -> None:
    """A quiet horizontal line behind the data."""
    ax.axhline(value, color=style.QUIET, linewidth=0.6, zorder=0.5, label=label)
