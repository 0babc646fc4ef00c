"""The arrows of a schematic and their key. Imports analysis and style."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Polygon, Rectangle

from ..analysis.layout import Edge
from . import style

__all__ = ["Arrow", "curve_between", "draw_arrow", "draw_key", "loop", "width_of"]

_COLOURS = {"event": style.SPIKE_COLOURS["event"], "burst": style.SPIKE_COLOURS["burst"], "spike": style.INK}
_WORDS = {"event": "events", "burst": "bursts", "spike": "spikes"}
#: Inches: length and half width of a head, dash and gap.
_HEAD, _HALF, _DASH = 0.085, 0.042, 0.055
_WIDTH, _THIN, _THICK = 1.2, 0.5, 3.2
#: Inches: a letter of the key, the room between its entries.
_LETTER, _BETWEEN = 0.047, 0.16
_CONSTANT = style.QUIET


@dataclass(frozen=True, eq=False)
class Arrow:
    """One projection on its way.

    Attributes
    ----------
    edge : Edge
    path : ndarray, shape (n, 2)
        Inches.
    short_term : {"STF", "STD"} or None
    cut : bool
        Whether a lesion acts on the transmission.
    said : str
        What a lesion does, in a word.
    bulges : bool
        Whether its name stands beside its middle; else above the way, nearer to the source.
    """

    edge: Edge
    path: np.ndarray
    short_term: str | None
    cut: bool
    said: str
    bulges: bool

    @property
    def text(self) -> str:
        """Its name, with what a lesion does."""
        dot = " ●" if self.edge.learns and self.edge.source is None else ""
        return self.edge.name + (f" {self.said}" if self.said else "") + dot

    @property
    def dot(self) -> np.ndarray:
        """Where the dot of a pathway that learns is."""
        return self.path[len(self.path) * (50 if self.bulges else 72) // 100]

    @property
    def side(self) -> int:
        """1 or -1 for a name at the right or left of its place, 0 for one above it."""
        if self.edge.source is None:
            return -1
        return int(np.sign(self.dot[0] - (self.path[0][0] + self.path[-1][0]) / 2)) if self.bulges else 0

    @property
    def name_at(self) -> tuple[float, float]:
        """Where its name is [inch]."""
        if self.edge.source is None:
            return self.path[0][0] - 0.05, self.path[0][1]
        x, y = self.dot if self.bulges else self.path[len(self.path) * 55 // 100]
        return float(x + 0.07 * self.side), float(y + {"center": 0.0, "bottom": 0.05, "top": -0.05}[self.height])

    @property
    def height(self) -> Literal["center", "bottom", "top"]:
        """Names of ways to the right hang below them, so that there and back do not meet."""
        if self.side:
            return "center"
        return "top" if self.path[-1][0] > self.path[0][0] else "bottom"

    @property
    def extent(self) -> tuple[float, float]:
        """Its leftmost and rightmost point, name included."""
        low, high = self.path[:, 0].min(), self.path[:, 0].max()
        end = self.name_at[0] + self.side * (width_of(self.text) + 0.05)
        return float(min(low, end)), float(max(high, end))


def width_of(text: str) -> float:
    """Roughly how wide a name is [inch]."""
    return 0.056 * len(text)


def curve_between(
    start: tuple[float, float], stop: tuple[float, float], out: int, into: int, reach: float
) -> np.ndarray:
    """A cubic Bezier curve that leaves and arrives horizontally, shape (80, 2); `out` and `into` are 1 to the right."""
    a, d = np.array(start), np.array(stop)
    b, c = a + (out * reach * 4 / 3, 0), d + (into * reach * 4 / 3, 0)
    t = np.linspace(0, 1, 80)[:, None]
    return (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d


def loop(at: tuple[float, float], other: tuple[float, float], out: int, reach: float) -> np.ndarray:
    """A way from a side of a box back to the same side, round and not flat, shape (80, 2)."""
    a, d = (np.array(end) for end in sorted((at, other), key=lambda end: -end[1]))
    b, c = a + (out * reach * 4 / 3, 0.22), d + (out * reach * 4 / 3, -0.22)
    t = np.linspace(0, 1, 80)[:, None]
    path = (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d
    return path if at[1] >= other[1] else path[::-1]


def draw_arrow(ax: Axes, arrow: Arrow) -> None:
    """Line, head, dot of learning, and name."""
    edge = arrow.edge
    constant = edge.source is None
    colour = _CONSTANT if constant else _COLOURS[edge.on]
    _line(ax, arrow.path, colour, edge.inhibits, arrow.short_term, arrow.cut, edge.name)
    if edge.learns and not constant:
        ax.plot([arrow.dot[0]], [arrow.dot[1]], "o", color=colour, markersize=4.2, mec="white", mew=0.6, zorder=5)
    ink = style.LESIONED if arrow.said else style.INK if constant else colour
    x, y = arrow.name_at
    aligned = {1: "left", -1: "right", 0: "center"}[arrow.side]
    backing = {"boxstyle": "round,pad=0.1", "facecolor": "white", "linewidth": 0, "alpha": 0.85}
    ax.text(
        x, y, arrow.text, ha=aligned, va=arrow.height, size=6.8, color=ink, zorder=6,
        gid=f"name {edge.name}", bbox=None if arrow.side else backing,
    )  # fmt: skip


def _line(ax: Axes, path: np.ndarray, colour: str, inhibits: bool, short_term: str | None, cut: bool, gid: str) -> None:
    """The way itself: widening for STF, narrowing for STD, dashed where cut; a head, or a bar for inhibition."""
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    along = np.concatenate([[0], np.cumsum(steps)])
    stop = along[-1] - (0.0 if inhibits else _HEAD * 0.8)
    even = np.append(np.arange(0, stop, 0.02), stop)
    points = np.column_stack([np.interp(even, along, path[:, k]) for k in (0, 1)])
    lines, widths = [points], np.array([_WIDTH])
    if short_term is not None:
        pieces = np.stack([points[:-1], points[1:]], axis=1)
        pieces[:-1, 1] += 0.3 * (pieces[:-1, 1] - pieces[:-1, 0])  # they overlap, or hairlines show between them
        widths = np.linspace(*{"STF": (_THIN, _THICK), "STD": (_THICK, _THIN)}[short_term], len(pieces))
        shown = (even[:-1] % (2 * _DASH)) < _DASH if cut else np.full(len(pieces), True)
        lines, widths = list(pieces[shown]), widths[shown]
    dashes: Any = (0, (3.6, 3.2)) if cut and short_term is None else "solid"
    ax.add_collection(
        LineCollection(
            lines, colors=colour, linewidths=widths, linestyles=[dashes], capstyle="butt", snap=False, gid=gid, zorder=4
        )
    )
    tip, before = path[-1], points[max(0, len(points) - 4)]
    direction = (tip - before) / (np.linalg.norm(tip - before) or 1.0)
    normal = np.array([-direction[1], direction[0]])
    if inhibits:
        bar = np.array([tip - 1.5 * _HALF * normal, tip + 1.5 * _HALF * normal]) - 0.02 * direction
        ax.plot(*bar.T, color=colour, linewidth=2, zorder=5)
    else:
        back = tip - _HEAD * direction
        half = _HALF * (1.25 if short_term == "STF" else 1.0)
        ax.add_patch(Polygon([tip, back + half * normal, back - half * normal], color=colour, linewidth=0, zorder=5))


def draw_key(ax: Axes, all_edges: list[Edge], short_term: Mapping[str, str], cut: bool, silenced: bool) -> None:
    """Samples of the styles that occur, in a row below the drawing."""
    between = [edge for edge in all_edges if edge.source is not None]
    entries: list[tuple[str, str, bool, str | None, bool]] = [
        (_WORDS[on], _COLOURS[on], False, None, False) for on in _COLOURS if any(e.on == on for e in between)
    ]
    if any(e.source is None for e in all_edges):
        entries.append(("constant", _CONSTANT, False, None, False))
    if any(e.inhibits for e in between):
        entries.append(("inhibits", style.INK, True, None, False))
    entries += [(kind, style.INK, False, kind, False) for kind in ("STF", "STD") if kind in short_term.values()]
    if cut:
        entries.append(("lesioned", style.LESIONED, False, None, True))
    extra = [word for word, there in (("● learns", any(e.learns for e in all_edges)), ("silenced", silenced)) if there]
    widths = [0.36 + _LETTER * len(entry[0]) for entry in entries]
    widths += [(0.28 if word == "silenced" else 0.02) + _LETTER * len(word) for word in extra]
    left, right = ax.get_xlim()
    rows, row = [[]], 0.0  # type: list[list[int]], float
    for k, width in enumerate(widths):
        if rows[-1] and row + width > right - left - 0.1:
            rows.append([])
            row = 0.0
        rows[-1].append(k)
        row += width + _BETWEEN
    bottom = ax.get_ylim()[0]
    for line, members in enumerate(rows):
        total = sum(widths[k] for k in members) + _BETWEEN * (len(members) - 1)
        x, y = (left + right - total) / 2, bottom + 0.1 + 0.15 * (len(rows) - 1 - line)
        for k in members:
            text = entries[k][0] if k < len(entries) else extra[k - len(entries)]
            if k < len(entries):
                _, colour, inhibits, kind, dashed = entries[k]
                path = np.linspace((x, y), (x + 0.28, y), 40)
                _line(ax, path, colour, inhibits, kind, dashed, f"key {text}")
            elif text == "silenced":
                ax.add_patch(
                    Rectangle(
                        (x, y - 0.045),
                        0.22,
                        0.09,
                        facecolor="none",
                        edgecolor=style.QUIET,
                        hatch="//////",
                        linewidth=0.6,
                    )
                )
            room = 0.33 if k < len(entries) else 0.27 if text == "silenced" else 0.0
            ax.text(x + room, y, text, ha="left", va="center", size=6, color=style.INK)
            x += widths[k] + _BETWEEN
