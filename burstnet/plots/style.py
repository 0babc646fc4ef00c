"""The one palette, safe for colour-blind readers, and what every figure draws alike. Imports only analysis."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

from ..analysis.rates import mean_and_sd
from ..analysis.teaching import TeachingWindow

__all__ = [
    "ARMS",
    "BASELINE",
    "CELL_COLOURS",
    "COMPARTMENT_COLOURS",
    "CONTROL",
    "INK",
    "LESION",
    "RC",
    "SPIKE_COLOURS",
    "TARGET",
    "TEACHING",
    "arm_colours",
    "end_labels",
    "new_axes",
    "note",
    "population_colours",
    "save_figure",
    "seed_lines",
    "shade_lesions",
    "shade_teaching",
    "spread",
    "write_words",
]

#: Text and frames; quiet text.
INK, QUIET = "#222222", "#6B6B6B"
#: Okabe and Ito's colours, which differ in lightness too: isolated spikes recede, bursts stand out.
SPIKE_COLOURS = {"event": "#5F6B76", "burst": "#D55E00", "further": "#F0A830"}
#: The lowest area, the areas between, the output.
LOWEST, BETWEEN, OUTPUT = "#009E73", ("#CC79A7", "#8C6BB1", "#A6761D", "#666666"), "#0072B2"
#: Types of cells (Tol's muted colours), where a population is named after one.
CELL_COLOURS = {"pv": "#882255", "sst": "#44AA99", "ndnf": "#999933", "vip": "#DDAA33"}
COMPARTMENT_COLOURS = {"V_s": "#222222", "V_d": "#AA4499"}
#: The control among the arms of a study, and the other arms (Okabe and Ito's, dark enough for thin lines on white).
CONTROL, ARMS = "#4D4D4D", ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#B8860B", "#56B4E9", "#882255")
#: The windows of lesions; what is lesioned in a schematic, and what a protocol steers there.
LESION, LESIONED, STEERED = "#E9E6F0", "#B2182B", "#8A6D00"
#: The window in which a teacher is on, its target, the baseline burst probability.
TEACHING, TARGET, BASELINE = "#F8F1DA", "#222222", "#6B6B6B"

#: Settings of a printed figure; used inside a context, so that nothing of the user's changes.
RC: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["Arial", "Helvetica", "Liberation Sans", "DejaVu Sans"],
    "font.size": 7,
    "axes.labelsize": 7,
    "axes.titlesize": 7,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelpad": 3,
    "axes.unicode_minus": True,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.pad": 2,
    "ytick.major.pad": 2,
    "lines.linewidth": 1.1,
    "lines.solid_capstyle": "butt",
}
#: From so many seeds on, a band of one standard deviation says more than a line a seed.
_SEEDS_FOR_BAND = 5


def new_axes(width: float, height: float, right: float = 0.88) -> Axes:
    """Axes of a new pyplot figure of this size [inch], with so much room for labels at the right."""
    from matplotlib import pyplot

    with matplotlib.rc_context(RC):
        _, ax = pyplot.subplots(figsize=(width, height), dpi=150)
        sides = {"left": 0.62 / width, "right": 1 - right / width}
        ax.figure.subplots_adjust(bottom=0.42 / height, top=1 - 0.36 / height, **sides)
    return ax


def save_figure(figure: Figure, path: str | os.PathLike[str], dpi: float | None = None) -> Path:
    """Write a figure; the ending of `path` is the format.

    Parameters
    ----------
    figure : Figure
    path : path
        Its folder must exist.
    dpi : float, optional
        180 for pixels by default, 300 for the pixels inside a PDF or SVG.
    """
    target = Path(path)
    vector = target.suffix.lower() in (".pdf", ".svg")
    quick: dict[str, Any] = {"pil_kwargs": {"compress_level": 3}} if target.suffix.lower() == ".png" else {}
    figure.savefig(target, dpi=dpi or (300 if vector else 180), **quick)
    return target


def population_colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each population: by type where it is named after one, else by place from lowest area to output."""
    colours, between = {}, 0
    for k, name in enumerate(names):
        kind = next((kind for kind in CELL_COLOURS if kind in name.lower().split("_")), None)
        if kind:
            colours[name] = CELL_COLOURS[kind]
        elif k == len(names) - 1:
            colours[name] = OUTPUT
        elif k == 0:
            colours[name] = LOWEST
        else:
            colours[name] = BETWEEN[between % len(BETWEEN)]
            between += 1
    return colours


def arm_colours(labels: Iterable[str], control: str = "control") -> dict[str, str]:
    """A colour for each arm of a study: grey for the control, then the palette in turn."""
    others = [label for label in labels if label != control]
    return {control: CONTROL} | {label: ARMS[k % len(ARMS)] for k, label in enumerate(others)}


def shade_lesions(ax: Axes, windows: Iterable[tuple[float, float]]) -> None:
    """Shade the windows of lesions, in seconds, behind everything; the limits of the axes stay."""
    limits = ax.get_xlim()
    for start, stop in windows:
        if start < limits[1] and stop > limits[0]:
            left, right = max(start, limits[0]), min(stop, limits[1])
            ax.axvspan(left, right, color=LESION, linewidth=0, zorder=-9, gid="lesion")
    ax.set_xlim(limits)


def shade_teaching(ax: Axes, windows: Iterable[TeachingWindow]) -> None:
    """Shade the windows in which a teacher is on, behind everything; the limits of the axes stay."""
    limits = ax.get_xlim()
    for window in windows:
        if window.on and window.start < limits[1] and window.stop > limits[0]:
            left, right = max(window.start, limits[0]), min(window.stop, limits[1])
            ax.axvspan(left, right, color=TEACHING, linewidth=0, zorder=-10, gid=f"teaching {window.phase}")
    ax.set_xlim(limits)


def seed_lines(ax: Axes, time: np.ndarray, values: np.ndarray, colour: str, label: str, thin: bool = False) -> None:
    """Mean over seeds as a line, and their spread: a band of one SD, or a thin line a seed where there are few.

    Parameters
    ----------
    ax : Axes
    time : ndarray, shape (n,)
    values : ndarray, shape (seeds, n)
    colour, label : str
    thin : bool
        Draw a thin line a seed whatever their number, and no band.
    """
    mean, sd = mean_and_sd(values)
    if len(values) >= _SEEDS_FOR_BAND and not thin:
        ax.fill_between(time, mean - sd, mean + sd, color=colour, alpha=0.25, lw=0, label=f"{label} SD", zorder=1)
    elif len(values) > 1:
        lines = [np.column_stack([time, one]) for one in values]
        alpha = float(np.clip(2.5 / len(values), 0.12, 0.45))
        thin_lines = LineCollection(lines, colors=colour, linewidths=0.4, alpha=alpha, label=f"{label} seeds", zorder=2)
        ax.add_collection(thin_lines)
    ax.plot(time, mean, color=colour, label=label, zorder=3)


def seeds_text(seeds: int) -> str:
    """What `seed_lines` draws, in words."""
    if seeds >= _SEEDS_FOR_BAND:
        return f"mean ± SD over {seeds} seeds"
    return f"mean and each of {seeds} seeds" if seeds > 1 else "one seed"


def note(ax: Axes, text: str) -> None:
    """Say in empty axes what is missing."""
    ax.set_axis_off()
    ax.text(0.0, 0.5, text, transform=ax.transAxes, ha="left", va="center", color=QUIET, style="italic")


def caption(ax: Axes, text: str, offset: float = 3) -> None:
    """A quiet line so many points above the right end of axes."""
    place: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "ha": "right", "va": "bottom"}
    ax.annotate(text, (1, 1), (0, offset), color=QUIET, size=label_size(ax) - 0.5, **place)


def label_size(ax: Axes) -> float:
    """Size of the axes' own labels [points], for what is written beside them."""
    return float(ax.xaxis.label.get_fontsize())


def axes_points(ax: Axes) -> tuple[float, float]:
    """Width and height of axes [points], in a figure or a part of one."""
    return 72 * ax.bbox.width / ax.figure.dpi, 72 * ax.bbox.height / ax.figure.dpi


def end_value(values: np.ndarray) -> float:
    """Where a line's right end is to the eye: the mean over seeds and the last twentieth; NaN if undefined there.

    Parameters
    ----------
    values : ndarray, shape (seeds, n)
    """
    mean, _ = mean_and_sd(values)
    last = mean[-max(1, len(mean) // 20) :]
    last = last[np.isfinite(last)]
    return float(last.mean()) if last.size else float("nan")


def end_labels(ax: Axes, labels: Sequence[tuple[float, str, str]]) -> list[Text]:
    """Label lines at their right ends, pushed apart where they would touch.

    Parameters
    ----------
    ax : Axes
        With its final limits and place.
    labels : sequence of tuple of (float, str, str)
        Value at the end, text, colour. A value that is not finite gets no label.
    """
    labels = [label for label in labels if np.isfinite(label[0])]
    if not labels:
        return []
    size = label_size(ax)
    low, high = ax.get_ylim()
    _, points = axes_points(ax)
    places = spread([(value - low) / (high - low) * points for value, _, _ in labels], 1.15 * size, 0, points)
    return [
        ax.annotate(
            text, (1, place / points), (4, 0), "axes fraction", "offset points",
            ha="left", va="center", color=colour, size=size, annotation_clip=False,
        )
        for place, (_, text, colour) in zip(places, labels, strict=True)
    ]  # fmt: skip


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """The places nearest to those given, in the same order, that are `gap` apart and lie within `low` and `high`.

    If there is no room for all, they start at `low` and go beyond `high`.
    """
    order = sorted(range(len(places)), key=lambda k: places[k])
    blocks: list[list[float]] = []
    for k in order:
        blocks.append([float(np.clip(places[k], low, high)), 1])
        while len(blocks) > 1 and _top(blocks[-2], gap) + gap > _bottom(blocks[-1], gap):
            (a, m), (b, n) = blocks[-2:]
            blocks[-2:] = [[(a * m + b * n) / (m + n), m + n]]
            half = (blocks[-1][1] - 1) / 2 * gap
            blocks[-1][0] = max(low + half, min(high - half, blocks[-1][0]))
    found = [0.0] * len(places)
    rest = iter(order)
    for block in blocks:
        for step in range(int(block[1])):
            found[next(rest)] = _bottom(block, gap) + step * gap
    return found


def _bottom(block: list[float], gap: float) -> float:
    return block[0] - (block[1] - 1) / 2 * gap


def _top(block: list[float], gap: float) -> float:
    return block[0] + (block[1] - 1) / 2 * gap


def write_words(ax: Axes, words: Sequence[tuple[str, str]], offset: float = 3) -> None:
    """Words in their own colours one after the other, above the left end of axes: a legend that needs no box.

    Parameters
    ----------
    ax : Axes
    words : sequence of tuple of (str, str)
        Text and colour.
    offset : float
        Points above the axes.
    """
    before, size = None, label_size(ax)
    for text, colour in words:
        at: dict[str, Any] = {"xy": (0, 1), "xycoords": "axes fraction", "xytext": (0, offset)}
        if before is not None:
            at = {"xy": (1, 0), "xycoords": before, "xytext": (7, 0)}
        before = ax.annotate(text, textcoords="offset points", ha="left", va="bottom", color=colour, size=size, **at)
